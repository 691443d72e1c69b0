//go:build unix

package platform

import "io/fs"

// Permissions are those bits of a mode that say what the owner, the group and
// others may do, and the sticky one.
func Permissions(mode fs.FileMode) fs.FileMode { return mode & (fs.ModePerm | fs.ModeSticky) }
