// Package plan compares what is wanted with what is live and says exactly what
// an apply would do: which objects it creates, updates and deletes, in which
// order, at what price, and why it would be refused.
//
// It is pure: no files, no network, no clock, no randomness. The same inputs
// give the same plan, byte for byte, whatever order they come in.
package plan
