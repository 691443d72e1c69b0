// Package report makes reports for people out of plans, drift and comparisons: a
// matrix of objects and environments, and what differs. A [Document] is the report as
// a value; renderers write it as Markdown for pull requests and as annotations for
// workflows. The package is pure: it reads no file, calls nobody and knows no clock.
//
// Names and values come from outside and may be hostile. A document holds them as
// they are; each renderer makes them harmless in what it writes.
package report
