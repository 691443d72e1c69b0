// Package drift says in what a live project differs from the configuration, and
// from what this tool has last applied: what is pending, what was changed outside
// of the tool, and how grave each difference is. It is pure: it reads no file, calls
// nobody and knows no clock.
package drift
