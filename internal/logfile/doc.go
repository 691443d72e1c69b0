// Package logfile keeps the log of a run in a file: whole lines, of a bounded
// size, for one user's eyes.
//
// It knows nothing of what the lines say. A log that cannot be written never
// fails a run: the first failure is told, and the lines are counted.
package logfile
