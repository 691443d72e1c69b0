// Package yamledit changes single values in the text of a YAML or JSON file and
// leaves every other byte as it is: comments, order, quotes and blank lines. It
// is pure: it takes text and gives text. It does not know what the keys mean, but
// for one thing: ${NAME} in a value is a reference, and $${ a literal ${.
//
// [Format] writes a whole text anew, in one canonical form.
//
// Every edit is checked before it is given out: the new text is parsed again, and
// must say exactly what the old one said, and the wanted value in the wanted place.
package yamledit
