//go:build !linux && !windows

package store

// machine is not known here: the host's name alone says which machine it is.
func machine() string { return "" }

// processStart is not known here.
func processStart(int) (start string, ended bool) { return "", false }
