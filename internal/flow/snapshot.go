package flow

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The files of a snapshot folder.
const (
	metadataFile = "metadata.json"
	contentsFile = "contents.json"
	screenPrefix = "screen-"
	jsonSuffix   = ".json"
)

// ParseSnapshot reads one flow's folder of a project snapshot. The keys are paths
// below that folder with slashes; one that is absolute or climbs out of the
// folder is refused. metadata.json, contents.json and each screen that the
// metadata lists must be there; other files are kept for [Document.Files]. Limits and
// errors are those of [Parse], the size being that of all files.
func ParseSnapshot(files map[string][]byte) (Document, error) {
	d := Document{shape: Snapshot, files: map[string]resource.Value{}, other: map[string][]byte{}}
	size := 0
	for _, name := range sortedKeys(files) {
		if err := checkPath(name); err != nil {
			return Document{}, err
		}
		if size += len(files[name]); size > MaxSize {
			return Document{}, &DocumentError{File: name, Err: fmt.Errorf("the folder has more than the %d bytes that a flow may have", MaxSize)}
		}
		if !isSnapshotFile(name) {
			d.other[name] = append([]byte{}, files[name]...)
			continue
		}
		value, err := parseValue(files[name])
		if err != nil {
			return Document{}, inFile(name, err)
		}
		d.files[name] = value
	}
	if err := d.checkSnapshot(); err != nil {
		return Document{}, err
	}
	return d, nil
}

// checkPath refuses a path that could lead out of the folder.
func checkPath(name string) error {
	switch {
	case name == "" || path.Clean(name) != name || strings.ContainsAny(name, "\\:\x00"),
		path.IsAbs(name), name == ".", name == "..", strings.HasPrefix(name, "../"):
		return &DocumentError{File: name, Err: errors.New("this path does not stay below the snapshot folder")}
	}
	return nil
}

func isSnapshotFile(name string) bool {
	return name == metadataFile || name == contentsFile ||
		strings.HasPrefix(name, screenPrefix) && strings.HasSuffix(name, jsonSuffix) && !strings.Contains(name, "/")
}

func inFile(name string, err error) error {
	if failure, ok := errors.AsType[*DocumentError](err); ok {
		return &DocumentError{File: name, Path: failure.Path, Err: failure.Err}
	}
	return err
}

func (d Document) checkSnapshot() error {
	for _, name := range []string{metadataFile, contentsFile} {
		if _, there := d.files[name]; !there {
			return &DocumentError{File: name, Err: errors.New("the file is missing in the snapshot folder")}
		}
	}
	if err := expectObject(d.files[metadataFile], ""); err != nil {
		return inFile(metadataFile, err)
	}
	if err := checkContents(d.files[contentsFile], ""); err != nil {
		return inFile(contentsFile, err)
	}
	for _, name := range sortedKeys(d.files) {
		if !strings.HasPrefix(name, screenPrefix) {
			continue
		}
		if err := cmp.Or(expectObject(d.files[name], ""), checkScreens(arrayValue([]resource.Value{d.files[name]}), "", "contents")); err != nil {
			return inFile(name, err)
		}
	}
	listed, err := d.listedScreens()
	if err != nil {
		return err
	}
	for _, name := range listed {
		if _, there := d.files[screenFile(name)]; !there {
			return &DocumentError{File: metadataFile, Path: "screens", Err: fmt.Errorf("the screen %q is listed, but %s is missing", name, screenFile(name))}
		}
	}
	return nil
}

// listedScreens are the screens that the metadata names, in its order.
func (d Document) listedScreens() ([]string, error) {
	list := d.files[metadataFile].Get("screens")
	if list.IsAbsent() || list == "null" {
		return nil, nil
	}
	names, ok := list.AsStrings()
	if !ok {
		return nil, &DocumentError{File: metadataFile, Path: "screens", Err: errors.New("a list of screen ids is expected here")}
	}
	return names, nil
}

func screenFile(name string) string { return screenPrefix + name + jsonSuffix }
