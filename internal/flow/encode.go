package flow

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// SingleFile is the name under which [Document.Files] gives a document that is
// one file.
const SingleFile = "flow.json"

// Encode writes the management export as it stands in git: keys sorted, two
// spaces of indent, a newline at the end. Other shapes are converted;
// [Document.ToExport] names what that loses.
func (d Document) Encode() []byte { return indented(d.Value()) }

// Files writes the document in its own shape, without any loss: the files of a
// snapshot folder by their paths, or the one file under [SingleFile]. JSON is laid
// out as by [Document.Encode].
func (d Document) Files() map[string][]byte {
	if d.shape != Snapshot {
		return map[string][]byte{SingleFile: indented(d.root)}
	}
	files := make(map[string][]byte, len(d.files)+len(d.other))
	for name, value := range d.files {
		files[name] = indented(value)
	}
	for name, data := range d.other {
		files[name] = slices.Clone(data)
	}
	return files
}

// indented lays canonical text out for people. Text that is no value, which only
// the zero Document has, stays empty.
func indented(v resource.Value) []byte {
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(v), "", "  "); err != nil {
		return nil
	}
	out.WriteByte('\n')
	return out.Bytes()
}
