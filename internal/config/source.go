package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// source is one file of the configuration.
type source struct {
	name   string // as positions show it
	path   string // absolute; empty for what is no file
	folder string // that it is in, absolute
	json   bool
	open   func() (io.ReadCloser, error)
}

// schemaFile is what "schema" writes beside the configuration; a folder's scan
// leaves it out.
const schemaFile = "descope.schema.json"

// discover finds the files to read.
func discover(opts Options) ([]source, error) {
	if len(opts.Paths) == 0 {
		return discoverDefault(opts)
	}
	var sources []source
	seen := map[string]bool{}
	for _, given := range opts.Paths {
		path := opts.absolute(given)
		found, err := filesOf(given, path)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if !seen[file] {
				seen[file] = true
				sources = append(sources, opts.source(file))
			}
		}
	}
	return sources, nil
}

// filesOf lists the files that one given path stands for: a file, those in a folder, or
// those that match a pattern.
func filesOf(given, path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !isPattern(given) || exists(path) {
			return nil, &NotFoundError{Searched: []string{given}, Missing: true}
		}
		found, err := matching(path)
		if errors.Is(err, filepath.ErrBadPattern) {
			return nil, &NotFoundError{Searched: []string{given}, Malformed: true}
		}
		if err != nil {
			return nil, fmt.Errorf("configuration %s: %w", given, err)
		}
		if len(found) == 0 {
			return nil, &NotFoundError{Searched: []string{given}, Pattern: true}
		}
		return found, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", given, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	found, err := filesIn(path)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", given, err)
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Searched: []string{filepath.Join(given, "*.yaml"), filepath.Join(given, "*.yml"), filepath.Join(given, "*.json")}}
	}
	return found, nil
}

// discoverDefault looks in the usual places, the first of which wins.
func discoverDefault(opts Options) ([]source, error) {
	searched := []string{"./descope.yaml", "./.descope/config.yaml"}
	for _, place := range searched {
		path := filepath.Join(opts.WorkDir, place)
		if exists(path) {
			return []source{opts.source(path)}, nil
		}
	}
	notFound := &NotFoundError{
		Searched: searched,
		Misnamed: firstThere(opts, "descope.yml", "descope.json", ".descope/config.yml", ".descope/config.json"),
		Above:    firstThere(opts, "../descope.yaml", "../.descope/config.yaml"),
	}
	if opts.Home == "" {
		return nil, notFound
	}
	const homePlace = "~/.descope/config.yaml"
	own := filepath.Join(opts.Home, ".descope", "config.yaml")
	if opts.Reading {
		notFound.Searched = append(notFound.Searched, homePlace)
	}
	if exists(own) {
		if opts.Reading {
			return []source{opts.source(own)}, nil
		}
		notFound.HomeOnly = homePlace
	}
	return nil, notFound
}

// firstThere is the first of the places that is a file; empty for none. The user's own
// configuration is no project's.
func firstThere(opts Options, places ...string) string {
	for _, place := range places {
		path := filepath.Join(opts.WorkDir, place)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && path != filepath.Join(opts.Home, ".descope", "config.yaml") {
			return place
		}
	}
	return ""
}

// exists also holds for what cannot be read, so that it is reported and not passed over.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil || (!errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR))
}

// filesIn lists the configuration files directly in a folder, sorted.
func filesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, ".") && isConfigurationFile(name) {
			files = append(files, filepath.Join(folder, name))
		}
	}
	slices.Sort(files)
	return files, nil
}

// isConfigurationFile judges a file in a folder by its name.
func isConfigurationFile(name string) bool {
	return name != schemaFile && slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(name)))
}

func (o Options) absolute(path string) string {
	if rest, found := strings.CutPrefix(path, "~/"); found && o.Home != "" {
		return filepath.Join(o.Home, rest)
	}
	if !filepath.IsAbs(path) {
		return filepath.Join(o.WorkDir, path)
	}
	return filepath.Clean(path)
}

// source names a file as its user would: relative to the working folder when
// it is inside of it.
func (o Options) source(path string) source {
	name := path
	if relative, err := filepath.Rel(o.WorkDir, path); err == nil && filepath.IsLocal(relative) {
		name = relative
	}
	return source{
		name: neutralise(filepath.ToSlash(name)), path: path, folder: filepath.Dir(path),
		json: strings.EqualFold(filepath.Ext(path), ".json"),
		open: func() (io.ReadCloser, error) {
			if text, replaced := o.Replaced[path]; replaced {
				return io.NopCloser(bytes.NewReader(text)), nil
			}
			return openRegular(path, name)
		},
	}
}

// openRegular opens a regular file, or a link to one. It does not wait for the
// other end of a pipe, and decides by the opened file, not by its name.
func openRegular(path, name string) (io.ReadCloser, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", name, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("not a regular file but %s", fileType(info.Mode()))
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("configuration %s: %w", name, err)
	}
	return file, nil
}

func fileType(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeDevice != 0:
		return "a device"
	default:
		return "something else"
	}
}
