package platform

import "io/fs"

// Permissions are those bits of a mode that say what the owner may do. What Go
// shows for the group and others is made up: access lists decide here, and nobody
// looks at them.
func Permissions(mode fs.FileMode) fs.FileMode { return mode & 0o700 }
