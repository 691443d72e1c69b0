//go:build unix

package platform

import (
	"io/fs"
	"strings"
)

// SameVariable reports whether two names are one variable of the environment.
func SameVariable(a, b string) bool { return a == b }

// IsPath reports whether the name of a program says where it is, so that it is
// not looked up.
func IsPath(program string) bool { return strings.Contains(program, "/") }

// SystemVariables are those without which no program works here.
func SystemVariables() []string { return nil }

func programSuffix(string) string { return "" }

func executable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }
