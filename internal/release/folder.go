package release

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// WriteFolder writes the files of a release into a folder, and makes it where
// there is none. The files of a release before it are removed, signatures too;
// anything else stays.
func WriteFolder(folder string, files map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // what is published is for everybody to read
		return err
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, Program+"_") || strings.HasPrefix(name, ChecksumsName) {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				return err
			}
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil { //nolint:gosec // for everybody to read
			return err
		}
	}
	return nil
}

// WriteStage writes the files of an archive into a folder, in place of what was
// there, which must be the same kind of files.
func WriteStage(folder string, files []File) error {
	_, err := os.Stat(folder)
	if _, failure := os.Stat(filepath.Join(folder, versionName)); err == nil && failure != nil {
		return fmt.Errorf("%s is there and holds something else: name another folder", folder)
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for _, file := range files {
		path := filepath.Join(folder, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // for everybody to read
			return err
		}
		if err := os.WriteFile(path, file.Data, os.FileMode(file.mode())); err != nil { //nolint:gosec // modes are small
			return err
		}
	}
	return nil
}
