// Package applied keeps what was applied last to each project, object by object, so
// that a difference can be told apart: the code has changed, or what is live has. It
// also keeps when each difference was first seen. It knows folders and values, and
// nobody who writes them.
//
// The folder of a project's records holds
//
//	applied.jsonl       a header, and one line for each object, sorted by address
//	flows/DIGEST.json   the documents of flows, named by the 64 digits of their digests
//
// A line carries the digest of its own content, and changes only when what is
// recorded of its object changes: a folder in a repository gives small diffs, and
// what git has merged without a conflict can be read. The file is replaced as a
// whole. A document is on disk before the line that names it, and goes after the
// line that named it.
//
// A second folder, which always lies in the user's state, holds
//
//	applied.lock   who changes the records
//	seen.jsonl     when each difference was first seen
//
// and a third the key of the hashes that stand in place of secret values
// (applied.key). The records are a convenience, and never in the way of a write:
// without them nobody knows where a difference comes from, and the next apply makes
// them anew.
package applied
