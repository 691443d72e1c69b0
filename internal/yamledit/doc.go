// Package yamledit changes single values in the text of a YAML or JSON file and
// leaves every other byte as it is: comments, order, quotes and blank lines. It
// is pure: it takes text and gives text.
package yamledit
