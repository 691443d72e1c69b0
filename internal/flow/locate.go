package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// maxDepth bounds the nesting of a document.
const maxDepth = 100

// level is one open object or array while a text is walked.
type level struct {
	object bool
	keys   map[string]bool
	key    string // the key whose value comes next, or came last
	value  bool   // in an object: a value comes next
	index  int
}

// locate finds where a JSON text is not as it must be. It is called only for
// text that was refused already, so it may be slow; the path is "" where it finds
// nothing wrong itself. The cause is "" where the reader knows it better.
func locate(data []byte) (path, cause string) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var open []level
	for {
		token, err := decoder.Token()
		if err != nil { // also at the end of the text
			return jsonPath(open), ""
		}
		if top := len(open) - 1; top >= 0 && open[top].object && !open[top].value {
			if key, isKey := token.(string); isKey {
				if open[top].keys[key] {
					return jsonPath(open[:top]), fmt.Sprintf("the key %q stands twice in one object", key)
				}
				open[top].keys[key] = true
				open[top].key, open[top].value = key, true
				continue
			}
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open = append(open, level{object: token == json.Delim('{'), keys: map[string]bool{}})
			if len(open) > maxDepth+1 {
				return shortened(jsonPath(open)), fmt.Sprintf("nested deeper than %d levels", maxDepth)
			}
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if top := len(open) - 1; top >= 0 {
			open[top].value = false
			open[top].index++
		}
	}
}

// jsonPath is where the walk stands.
func jsonPath(open []level) string {
	var out strings.Builder
	for _, l := range open {
		switch {
		case !l.object:
			out.WriteString("[" + strconv.Itoa(l.index) + "]")
		case l.key != "":
			out.WriteString(segment(l.key, out.Len() == 0))
		}
	}
	return out.String()
}

// segment is one key of a path: ".key" or `["a key"]`.
func segment(key string, first bool) string {
	if !resource.IsPlainWord(key) {
		return "[" + strconv.Quote(key) + "]"
	}
	if first {
		return key
	}
	return "." + key
}

// shortened keeps the beginning of a path that is too long to help.
func shortened(path string) string {
	const most = 80
	if len(path) <= most {
		return path
	}
	return strings.ToValidUTF8(path[:most], "") + "…"
}
