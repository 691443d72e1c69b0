package platform

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

var (
	errNoFolder      = errors.New("no folder of PATH holds it")
	errNotRegular    = errors.New("not a regular file")
	errNotExecutable = errors.New("not executable")
)

// FindProgram looks a program up in the PATH of an environment, given as
// NAME=VALUE. Entries of PATH that are not absolute do not count: no program may
// come from the folder that somebody happens to be in.
func FindProgram(env []string, name string) (string, error) {
	path := ""
	for _, variable := range env {
		if key, value, found := strings.Cut(variable, "="); found && SameVariable(key, "PATH") {
			path = value
		}
	}
	for _, folder := range filepath.SplitList(path) {
		program := filepath.Join(folder, name+programSuffix(name))
		if filepath.IsAbs(program) && Runnable(program) == nil {
			return program, nil
		}
	}
	return "", errNoFolder
}

// Runnable says why a file cannot be run as a program; nil where it can.
func Runnable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errNotRegular
	case !executable(info):
		return errNotExecutable
	default:
		return nil
	}
}
