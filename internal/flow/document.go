package flow

import (
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Shape is one of the three forms in which a flow is given out.
type Shape int

// The shapes.
const (
	Management Shape = iota + 1 // {flowId, metadata, contents, screens, references}: the management API, version 2
	Console                     // {flow, screens}: the console's download, and version 1 of the API
	Snapshot                    // a folder with metadata.json, contents.json and one file per screen
)

// String is the shape's name in sentences.
func (s Shape) String() string {
	switch s {
	case Management:
		return "management export"
	case Console:
		return "console export"
	case Snapshot:
		return "snapshot folder"
	default:
		return "no flow"
	}
}

// Document is one flow as it was read, in its own shape, with every field and
// with exact numbers. It is immutable and safe for concurrent use; the zero
// Document holds no flow. Make one with [Parse], [ParseSnapshot] or [FromValue].
type Document struct {
	shape Shape
	root  resource.Value            // Management and Console: the whole document
	files map[string]resource.Value // Snapshot: the JSON files by path
	other map[string][]byte         // Snapshot: what is no JSON, by path
}

// Shape is the form in which the document was read.
func (d Document) Shape() Shape { return d.shape }

// ID is the flow's id as the document gives it; a snapshot folder gives none,
// and the answer is "".
func (d Document) ID() string {
	if d.shape == Console {
		return text(d.root.Get("flow").Get("id"))
	}
	return text(d.root.Get("flowId"))
}

// Name is the flow's name for people, which may be "".
func (d Document) Name() string { return text(d.metadata().Get("name")) }

// Disabled reports whether the flow is switched off; a document that does not say is on.
func (d Document) Disabled() bool { return d.metadata().Get("disabled") == resource.BoolValue(true) }

// Value is the management export as one JSON value, as the API takes it. Other
// shapes are converted; [Document.ToExport] names what that loses.
func (d Document) Value() resource.Value {
	export, _ := d.ToExport()
	return export.root
}

// WithID is the management export under another flow id.
func (d Document) WithID(id string) Document {
	return d.with([]string{"flowId"}, resource.StringValue(id))
}

// WithMetadata is the management export with one key of its metadata set, such
// as name or disabled; an absent value removes the key.
func (d Document) WithMetadata(key string, value resource.Value) Document {
	if d.shape == Management && d.metadata().Get(key) == value {
		return d
	}
	return d.with([]string{"metadata", key}, value)
}

func (d Document) with(path []string, value resource.Value) Document {
	return Document{shape: Management, root: withValue(d.Value(), path, value)}
}

// metadata is where the shape keeps name, description and switches.
func (d Document) metadata() resource.Value {
	switch d.shape {
	case Console:
		return d.root.Get("flow")
	case Snapshot:
		return d.files[metadataFile]
	default:
		return d.root.Get("metadata")
	}
}
