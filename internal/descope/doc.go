// Package descope is the client of Descope's management API: our own, on
// net/http, because the official SDKs drop fields that they do not know, turn
// numbers into floats and repeat writes without being asked.
//
// What is read is kept as raw JSON, so that unknown fields and exact numbers
// survive. Reading and writing are different types. Every failure is an
// [Error] with method, path, status, code and a hint, and with the answer to
// whether a write may have taken effect all the same.
//
// A call that fails is repeated, read back or given up by the rules of one
// table, and nothing else repeats anything; each attempt passes the [Gate] that
// paces the process. docs/retry.md shows the table.
//
// The package prints nothing, reads no configuration and no clock of its own
// (both come with [Options]), follows no redirect, and shows the management key
// to nobody but the endpoint it was made for.
package descope
