// Package platform is what differs between operating systems: opening a file
// without being led elsewhere, locks, durable folders, process groups, and what
// the mode of a file says.
//
// Files that end in _unix.go are for Linux and macOS, those in _windows.go say
// in their comments what is weaker there. It knows nothing of what the files and
// programs are for, and no other package has files for one system only, except
// where it reads what just one system tells (/proc, statfs, the owner of a file).
package platform
