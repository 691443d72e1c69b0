//go:build !linux && !darwin

package pace

// networkFileSystem cannot tell here.
func networkFileSystem(string) string { return "" }
