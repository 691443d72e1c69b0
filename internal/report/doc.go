// Package report renders what commands have found, for one environment or several,
// as Markdown for pull requests and as annotations for GitHub. A report is a value
// that renderers read. The package is pure: whoever calls it reads and writes.
package report
