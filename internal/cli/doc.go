// Package cli is the command layer: commands and their flags, the session that
// a command works in, views, prompts and exit statuses. It is the only place
// that prints, reads the environment and knows the clock and the terminal; all
// of those are fields of [App], so that a command can be run inside a test or
// by another command (the demo does).
package cli
