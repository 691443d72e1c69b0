package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// differences are the pages of a folder that are not as they should be: by name, the text
// that each should have, nil where there should be none.
type differences map[string][]byte

func (d differences) names() []string { return slices.Sorted(maps.Keys(d)) }

// compare holds the Markdown files of a folder, which need not exist, against pages.
func compare(dir string, pages map[string]string) (differences, error) {
	stale := differences{}
	for name, page := range pages {
		have, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read a page: %w", err)
		}
		if err != nil || !bytes.Equal(have, []byte(page)) {
			stale[name] = []byte(page)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if _, wanted := pages[name]; !wanted {
			stale[name] = nil
		}
	}
	return stale, nil
}

// mend writes the pages that differ, and removes those that should not be.
func (d differences) mend(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // documentation, for everybody to read
		return fmt.Errorf("make the folder: %w", err)
	}
	for _, name := range d.names() {
		path := filepath.Join(dir, name)
		err := error(nil)
		if text := d[name]; text == nil {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, text, 0o644) //nolint:gosec // documentation, for everybody to read
		}
		if err != nil {
			return fmt.Errorf("bring %s up to date: %w", name, err)
		}
	}
	return nil
}
