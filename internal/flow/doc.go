// Package flow knows the documents of authentication flows: it reads the three
// shapes in which Descope gives them out, checks them, matches two of them by
// their structure, says what differs and which differences break a login, and
// sets single values in them.
//
// It is pure: it reads no files, knows no network, no clock and no chance, and
// the same input gives the same output byte for byte. A document keeps every
// field, also those that nobody knew when this was written; only [Document.ToExport]
// may lose some, and it names them.
package flow
