// Package compare puts two live projects side by side: which objects only one of
// them has, and in what the others differ. It is pure: it reads no file, calls nobody
// and knows no clock.
package compare
