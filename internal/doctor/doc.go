// Package doctor is the vocabulary of the doctor command, and the questions that it
// asks of the machine: what is checked (checks.go), what a check has found
// (result.go), who may replace a file (exposure.go), and how a folder is
// (folder.go).
//
// It reads metadata of files and nothing else: it opens no file, writes none, knows
// no network, no environment and no clock, and prints nothing. What it is told to
// look at may change while it looks; it says what it saw.
package doctor
