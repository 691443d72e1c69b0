// Package audit keeps the record of every write: who, when, what, from which
// commit, with which result. Each host and project has a log of its own, a file
// of JSON lines in which each line carries the digest of the line before it, so
// that a line which is changed, taken out or put in later shows.
//
// The state folder's "audit" folder holds, for each project and host:
//
//	PROJECT@HOST.jsonl       the records, one a line, only ever appended to (record.go)
//	PROJECT@HOST.head.json   where the log ends, so that a cut off end shows (head.go)
//	PROJECT@HOST.lock        a lock for the time of one append; it is never removed (lock.go)
//
// An append writes first into the head what is about to come, then the lines,
// then the head as it is from now on. Whatever a killed process leaves on the way
// can so be told from what somebody has done to the files (append.go).
//
// A chain cannot find that both files were written anew, or are gone: the
// witnesses of that are elsewhere, see docs/audit.md.
//
// The package knows records, and neither who makes them nor why: no network, no
// environment, no clock. It never writes a value that is marked as sensitive.
package audit
