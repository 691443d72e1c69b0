package live

import (
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// MarkerAttribute is the tenant attribute, of type text, that carries the
// marker. A project has to define it before the suite can run.
const MarkerAttribute = "descopeMgmtTest"

// markerWords begin every marker; the moment when the run began follows.
const markerWords = "descope-mgmt live test "

// named is the form of every id that a run makes.
var named = regexp.MustCompile(`^test-[0-9a-f]{8}-`)

// Run is one run of the suite: what its objects are called, and how they are marked.
type Run struct {
	Prefix string // "test-" and 8 hexadecimal digits
	Marker string // of every object that it makes
}

// NewRun draws the prefix of a run that begins now.
func NewRun(random io.Reader, now time.Time) (Run, error) {
	var drawn [4]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return Run{}, fmt.Errorf("draw the prefix of the run: %w", err)
	}
	return Run{Prefix: "test-" + hex.EncodeToString(drawn[:]), Marker: markerWords + now.UTC().Format(time.RFC3339)}, nil
}

// ID is the id of an object of this run.
func (r Run) ID(name string) string { return r.Prefix + "-" + name }

// Domain is a name of this run below a domain that is reserved for examples
// (RFC 2606), so that nobody else can have it.
func (r Run) Domain(name string) string { return name + "." + r.Prefix + ".example.com" }

// Owns reports whether an id is one of this run.
func (r Run) Owns(id string) bool {
	return named.MatchString(id) && strings.HasPrefix(id, r.Prefix+"-")
}

// begun is the moment that a marker names; false where the text is no marker.
func begun(marker string) (time.Time, bool) {
	text, found := strings.CutPrefix(marker, markerWords)
	at, err := time.Parse(time.RFC3339, text)
	return at, found && err == nil
}
