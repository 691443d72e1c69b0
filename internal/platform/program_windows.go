package platform

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// SameVariable reports whether two names are one variable of the environment:
// their case does not count here.
func SameVariable(a, b string) bool { return strings.EqualFold(a, b) }

// IsPath reports whether the name of a program says where it is, so that it is
// not looked up.
func IsPath(program string) bool { return strings.ContainsAny(program, `/\:`) }

// SystemVariables are those without which hardly a program works here: where the
// system is, and the places that stand for HOME and TMPDIR.
func SystemVariables() []string {
	return []string{"SystemRoot", "WinDir", "ProgramData", "UserProfile", "UserName", "AppData", "LocalAppData", "Temp", "Tmp"}
}

const programEnd = ".exe"

func programSuffix(name string) string {
	if strings.EqualFold(filepath.Ext(name), programEnd) {
		return ""
	}
	return programEnd
}

// executable knows programs by their names, because modes do not tell. Batch
// files are none: they would be run by a shell, which reads more in an argument
// than what it says.
func executable(info fs.FileInfo) bool {
	return strings.EqualFold(filepath.Ext(info.Name()), programEnd)
}
