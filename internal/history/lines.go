package history

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

const (
	linesFile = "history.jsonl"
	// format is the version of a line: minor additions are allowed, a new major is
	// refused by readers.
	format = "1.0"
	// maxNumber is more versions than a flow can have.
	maxNumber = 1 << 30
)

// line is one version as it stands in the file. It names its flow: a folder's
// name does not always tell it, and some file systems take "A" for "a".
type line struct {
	FormatVersion string `json:"format_version"`
	FlowID        string `json:"flow_id"`
	Entry
}

func newLine(id string, entry Entry) line {
	return line{FormatVersion: format, FlowID: id, Entry: entry}
}

// Entries are the versions of a flow, oldest first; none for one that nobody has
// recorded. A last line that was not written to its end is ignored, anything
// else that cannot be read is a *[store.DamagedError].
func (h *History) Entries(id string) ([]Entry, error) {
	var entries []Entry
	err := readLines(h.of(id), func(l line) {
		if l.FlowID == id {
			l.N = numberAfter(entries, l.N)
			entries = append(entries, l.Entry)
		}
	})
	return entries, err
}

// Known reports whether there is any version of the flow.
func (h *History) Known(id string) (bool, error) {
	entries, err := h.Entries(id)
	return len(entries) > 0, err
}

// Flows are the ids of all flows that have a version, sorted.
func (h *History) Flows() ([]string, error) {
	folders, err := h.folder.Folders()
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, folder := range folders {
		if err := readLines(folder, func(l line) { ids = append(ids, l.FlowID) }); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// numberAfter is the number of the entry after others: the one that its line
// says, or the next one where another process has taken that number at the same
// moment.
func numberAfter(entries []Entry, said int) int { return max(said, last(entries)+1) }

func readLines(folder store.Folder, take func(line)) error {
	return folder.EachLine(linesFile, func(number int, text []byte) error {
		l, damage := parseLine(text)
		if damage != nil {
			damage.File, damage.Line = folder.Path(linesFile), number
			return damage
		}
		take(l)
		return nil
	})
}

// parseLine reads one line. The error lacks its place.
func parseLine(text []byte) (line, *store.DamagedError) {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return l, damagedLine(err.Error())
	}
	if major, _, _ := strings.Cut(l.FormatVersion, "."); l.FormatVersion != "" && major != "1" {
		return l, &store.DamagedError{
			Reason: fmt.Sprintf("the history has the format %q, and this version reads 1.x", l.FormatVersion),
			Hint:   "use the version of descope-mgmt that wrote it, or a newer one",
		}
	}
	switch {
	case l.FormatVersion == "":
		return l, damagedLine("it does not say which format it has")
	case l.FlowID == "":
		return l, damagedLine("it does not say which flow it is about")
	case l.N < 1 || l.N > maxNumber:
		return l, damagedLine(fmt.Sprintf("%d is no number of a version", l.N))
	case l.Origin == "":
		return l, damagedLine("it does not say where the version comes from")
	case l.Digest != "" && !isDigest(l.Digest), l.Digest == "" && l.Origin != OriginDeleted:
		return l, damagedLine(fmt.Sprintf("%q is no digest of a document", l.Digest))
	}
	return l, nil
}

const digestPrefix = "sha256:"

// isDigest reports whether a text is a digest, and so makes a harmless file name.
func isDigest(text string) bool {
	digits, found := strings.CutPrefix(text, digestPrefix)
	return found && len(digits) == len(resource.Absent.Digest())-len(digestPrefix) && strings.Trim(digits, "0123456789abcdef") == ""
}

// fileOf is the file of the document that has the digest.
func fileOf(digest string) string { return strings.TrimPrefix(digest, digestPrefix) + ".json" }
