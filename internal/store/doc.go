// Package store keeps the tool's own state on disk: which objects of which
// project it has created or updated, and files that are either whole or not
// there.
//
// Everything is kept per host and project, so that a rehearsal on the emulator
// never touches the records of the real project. Folders are made when
// something is first written, with mode 0700, files with 0600. A reading command
// leaves no trace.
//
// The package knows values, and neither who writes them nor why: no network, no
// environment, no clock.
package store
