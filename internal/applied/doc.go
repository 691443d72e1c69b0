// Package applied keeps what was applied last to each project, object by object, so
// that a difference can be told apart: the code has changed, or what is live has. It
// also keeps when each difference was first seen. It knows folders and values, and
// nobody who writes them.
package applied
