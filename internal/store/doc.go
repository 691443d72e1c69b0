// Package store keeps the tool's own state on disk: which objects of which
// project it has created or updated, who is writing to it now, what a run has
// begun and how that ended, and files that are either whole or not there.
//
// Everything is kept per host and project, so that a rehearsal on the emulator
// never touches the records of the real project. Folders are made when
// something is first written, with mode 0700, files with 0600; in a folder that
// a team shares, with 2770 and 0660. A reading command leaves no trace.
//
// A project's folder holds:
//
//	ownership.jsonl          the objects of ours, a log of lines (ownership.go)
//	lock/N.json              who writes, or wrote last; N counts the holders (lock.go)
//	journals/RUN.jsonl       what a finished run did (journal.go)
//	journals/RUN.open.jsonl  the same of a run that goes on, or was killed
//
// The package knows values, and neither who writes them nor why: no network, no
// environment, no clock.
package store
