package release

import (
	"fmt"
	"slices"
	"strings"
)

// Program is the name of the binary.
const Program = "descope-mgmt"

// Target is a platform that a release is made for, in Go's terms.
type Target struct{ OS, Arch string }

// Targets are the platforms of a release.
func Targets() []Target {
	return []Target{
		{"darwin", "amd64"},
		{"darwin", "arm64"},
		{"linux", "amd64"},
		{"linux", "arm64"},
		{"windows", "amd64"},
		{"windows", "arm64"},
	}
}

// ParseTargets reads platforms as "linux/amd64,windows/arm64"; "all" are all.
func ParseTargets(text string) ([]Target, error) {
	if text == "all" {
		return Targets(), nil
	}
	var targets []Target
	for word := range strings.SplitSeq(text, ",") {
		system, architecture, _ := strings.Cut(word, "/")
		target := Target{system, architecture}
		if !slices.Contains(Targets(), target) {
			return nil, fmt.Errorf("%q is none of the platforms of a release", word)
		}
		targets = append(targets, target)
	}
	return targets, nil
}

// String is "linux/amd64".
func (t Target) String() string { return t.OS + "/" + t.Arch }

// Name is what the files of a release for this platform are called, without an
// ending.
func (t Target) Name(version string) string {
	return strings.Join([]string{Program, version, t.OS, t.Arch}, "_")
}

// Archive is the name of the archive: a ZIP file for Windows.
func (t Target) Archive(version string) string {
	if t.OS == "windows" {
		return t.Name(version) + ".zip"
	}
	return t.Name(version) + ".tar.gz"
}

// Binary is the name of the program in the archive.
func (t Target) Binary() string {
	if t.OS == "windows" {
		return Program + ".exe"
	}
	return Program
}
