package flow

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// MaxSize is the most bytes that a document, or a snapshot folder, may have.
const MaxSize = 16 << 20

var errNoFlow = errors.New("this is no flow: a management export has the keys contents and metadata, a console export flow and screens")

// Parse reads a management export or a console export, whichever it is. Text
// over [MaxSize], nesting over 100 levels, the same key twice in an object, and
// parts of another JSON type than every flow has are a [DocumentError] that names
// the place. Whether the flow makes sense is for [Check].
func Parse(data []byte) (Document, error) {
	if len(data) > MaxSize {
		return Document{}, &DocumentError{Err: fmt.Errorf("%d bytes are more than the %d that a flow may have", len(data), MaxSize)}
	}
	root, err := parseValue(data)
	if err != nil {
		return Document{}, err
	}
	return FromValue(root)
}

// FromValue is [Parse] for a value that was read already, such as the flow in an
// answer of the API.
func FromValue(root resource.Value) (Document, error) {
	if !isObject(root) {
		return Document{}, &DocumentError{Err: errNoFlow}
	}
	var contents, metadata, flow, screens resource.Value
	for _, part := range root.Members() {
		switch part.Key {
		case "contents":
			contents = part.Value
		case "metadata":
			metadata = part.Value
		case "flow":
			flow = part.Value
		case "screens":
			screens = part.Value
		}
	}
	d := Document{root: root}
	var err error
	switch {
	case !contents.IsAbsent() && !metadata.IsAbsent():
		d.shape = Management
		err = cmp.Or(
			checkContents(contents, "contents"),
			expectObject(metadata, "metadata"),
			checkScreens(screens, "screens", "contents"),
		)
	case !flow.IsAbsent() && !screens.IsAbsent():
		d.shape = Console
		err = cmp.Or(
			expectObject(flow, "flow"),
			checkContents(flow.Get("dsl"), "flow.dsl"),
			checkScreens(screens, "screens", "htmlTemplate"),
		)
	default:
		err = &DocumentError{Err: errNoFlow}
	}
	if err != nil {
		return Document{}, err
	}
	return d, nil
}

// parseValue reads JSON; an error names the place in it.
func parseValue(data []byte) (resource.Value, error) {
	value, err := resource.ParseValue(data)
	if err == nil {
		return value, nil
	}
	path, cause := locate(data)
	if cause != "" {
		err = errors.New(cause)
	}
	return resource.Absent, &DocumentError{Path: path, Err: err}
}

// checkContents makes sure of the JSON types on which everything else relies.
func checkContents(contents resource.Value, path string) error {
	if err := expectObject(contents, path); err != nil {
		return err
	}
	tasks := contents.Get("tasks")
	if tasks.IsAbsent() || tasks == "null" {
		return nil
	}
	if err := expectObject(tasks, path+".tasks"); err != nil {
		return err
	}
	for _, task := range tasks.Members() {
		if err := checkTask(task.Value, path+".tasks"+segment(task.Key, false)); err != nil {
			return err
		}
	}
	return nil
}

func checkTask(task resource.Value, path string) error {
	if err := expectObject(task, path); err != nil {
		return err
	}
	rules := task.Get("next").Get("rules")
	if rules.IsAbsent() || rules == "null" {
		return nil
	}
	return expectObjects(rules, path+".next.rules")
}

func checkScreens(screens resource.Value, path, contentsKey string) error {
	if screens.IsAbsent() || screens == "null" {
		return nil
	}
	if err := expectObjects(screens, path); err != nil {
		return err
	}
	for i, screen := range items(screens) {
		contents := screen.Get(contentsKey)
		if contents.IsAbsent() || contents == "null" || isObject(contents) {
			continue
		}
		if err := expectObject(contents, fmt.Sprintf("%s[%d].%s", path, i, contentsKey)); err != nil {
			return err
		}
	}
	return nil
}

func expectObject(v resource.Value, path string) error {
	if isObject(v) {
		return nil
	}
	return wrong(path, "an object is expected here, not %s", typeName(v))
}

func expectObjects(v resource.Value, path string) error {
	if !isArray(v) {
		return wrong(path, "an array is expected here, not %s", typeName(v))
	}
	for i, item := range items(v) {
		if !isObject(item) {
			return expectObject(item, fmt.Sprintf("%s[%d]", path, i))
		}
	}
	return nil
}
