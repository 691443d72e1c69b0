// Package archtest holds the rules of the house as data and checks the
// repository against them: which package may import which, what is banned
// where, and how large files and functions may grow. Every message carries the
// reason for its rule.
//
// It is no part of the shipped binary. It reads source text and asks the go
// command one question; it changes nothing.
package archtest
