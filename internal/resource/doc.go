// Package resource holds the values and the vocabulary that every other
// package speaks: kinds and addresses, exact JSON values, field tables,
// desired and observed objects, plans, reports and secrets.
//
// It imports nothing of ours and does no I/O: no files, no network, no clock.
package resource
