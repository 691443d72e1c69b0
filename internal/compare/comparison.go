package compare

import (
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Place says which of two projects has an object.
type Place string

// The places.
const (
	PlaceA    Place = "only_in_a"
	PlaceB    Place = "only_in_b"
	PlaceBoth Place = "differs" // both have it, and differ
)

// Side is one of the two projects.
type Side struct {
	Environment string `json:"environment"`
	ProjectID   string `json:"project_id"`
	Host        string `json:"host"`
}

// Difference is one object that is not the same on both sides.
type Difference struct {
	// Name is the object's address, or, where its id differs between the
	// environments, its kind and logical name ("tenant/acme").
	Name string `json:"name"`
	// A and B are the object's addresses on the two sides; empty where it is not there.
	A      resource.Address `json:"a"`
	B      resource.Address `json:"b"`
	Kind   resource.Kind    `json:"kind"`
	Place  Place            `json:"place"`
	Fields []Field          `json:"fields"`
}

// Field is one value that differs, or one operation between two flows.
type Field struct {
	Path      string         `json:"path"`
	A         resource.Value `json:"a"`
	B         resource.Value `json:"b"`
	Sensitive bool           `json:"sensitive"`
}

// Comparison is what differs between two projects, sorted by name. Its JSON form is
// the document of env diff.
type Comparison struct {
	FormatVersion string          `json:"format_version"`
	ToolVersion   string          `json:"tool_version"`
	CreatedAt     time.Time       `json:"created_at"`
	A             Side            `json:"a"`
	B             Side            `json:"b"`
	Differences   []Difference    `json:"differences"`
	Notes         []resource.Note `json:"notes"`
	Summary       Summary         `json:"summary"`
}

// Summary counts the objects.
type Summary struct {
	OnlyInA int `json:"only_in_a"`
	OnlyInB int `json:"only_in_b"`
	Differ  int `json:"differs"`
	Same    int `json:"same"`
}

// Differences is the number of objects that are not the same.
func (s Summary) Differences() int { return s.OnlyInA + s.OnlyInB + s.Differ }
