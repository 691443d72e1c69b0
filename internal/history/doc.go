// Package history keeps every version of a flow that was deployed, rolled back
// to, exported, or found changed: who, when, from which commit, by which run, and
// the document itself.
//
// A flow has a folder below flows/ in the project's state. It holds
//
//	history.jsonl   one line for each version, only ever appended to
//	DIGEST.json     the documents, named by the 64 digits of their digests
//
// A document is on disk before the line that names it, is whole or not there,
// and is checked against its digest whenever it is read.
//
// The package knows values, and neither flows nor who writes them: no network,
// no environment, no clock.
package history
