package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// pattern finds the configuration files that a path with *, ?, [a-z] or ** stands for.
// Shells do that too, but not in quotes, and with a limit on the length of a command.
type pattern struct{ found []string }

// isPattern reports whether a path that is not there may be meant as a pattern.
func isPattern(path string) bool { return strings.ContainsAny(path, "*?[") }

// matching lists the files, sorted. No file is no error here; a pattern that is not well
// formed is [filepath.ErrBadPattern].
func matching(path string) ([]string, error) {
	elements := strings.Split(filepath.ToSlash(path), "/")
	for _, element := range elements {
		if _, err := filepath.Match(element, ""); err != nil {
			return nil, err
		}
	}
	p := &pattern{}
	if err := p.below(string(filepath.Separator), elements[1:]); err != nil {
		return nil, err
	}
	slices.Sort(p.found)
	return slices.Compact(p.found), nil
}

// below takes what matches the elements below a folder; without elements, what was
// reached itself.
func (p *pattern) below(folder string, elements []string) error {
	if len(elements) == 0 {
		return p.take(folder)
	}
	first, rest := elements[0], elements[1:]
	literal := filepath.Join(folder, first)
	switch {
	case first == "**" && len(rest) == 0:
		return p.below(folder, []string{"**", "*"})
	case first == "**":
		if err := p.below(folder, rest); err != nil {
			return err
		}
	case !isPattern(first) || exists(literal): // a name may hold a bracket
		return p.below(literal, rest)
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := p.within(folder, entry, first, elements, rest); err != nil {
			return err
		}
	}
	return nil
}

// within goes on with one entry of a folder. Hidden ones want their dot written, and **
// follows no links, so that it ends.
func (p *pattern) within(folder string, entry fs.DirEntry, first string, elements, rest []string) error {
	name := entry.Name()
	path := filepath.Join(folder, name)
	if strings.HasPrefix(name, ".") && !strings.HasPrefix(first, ".") {
		return nil
	}
	if first == "**" {
		if entry.IsDir() {
			return p.below(path, elements)
		}
		return nil
	}
	if matched, _ := filepath.Match(first, name); !matched { // it is well formed
		return nil
	}
	return p.below(path, rest)
}

// take adds a configuration file. Folders are left out, and so is what is none by its
// name: a pattern catches much.
func (p *pattern) take(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() || !isConfigurationFile(filepath.Base(path)) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, causeOf(err))
	}
	p.found = append(p.found, path)
	return nil
}
