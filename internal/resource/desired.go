package resource

// Desired is one object as configuration (or a command's flags) wants it. Only
// the fields that are listed are managed; everything else is left alone.
type Desired struct {
	Kind    Kind
	ID      string
	Absent  bool // state: absent, a declared delete
	Protect bool // no plan deletes or disables it
	// Restored says that the object is to be as it was before: the rules for new
	// ids and names do not hold for it.
	Restored bool
	Fields   []DesiredField // sorted by path; a flow has none
	Flow     *DesiredFlow   // of a flow that is not absent; nil otherwise
	Source   Position       // where the object stands; zero when it comes from flags
}

// Address is the object's address.
func (d Desired) Address() Address { return NewAddress(d.Kind, d.ID) }

// Field returns the desired value of a path.
func (d Desired) Field(path Path) (DesiredField, bool) {
	for _, field := range d.Fields {
		if field.Path == path {
			return field, true
		}
	}
	return DesiredField{}, false
}

// DesiredField is one managed value.
type DesiredField struct {
	Path   Path
	Value  Value    // absent exactly when Remove is true
	Remove bool     // the key of a map field is to be deleted (remove_attributes)
	Secret bool     // the value is marked as secret; it must not be shown or kept
	Source Position // where the value stands
}

// Manage is the scope of one kind: what is planned and reported at all.
type Manage struct {
	// Configured is false when the kind's top-level key is absent: then nothing
	// of the kind is read, planned, reported or pruned.
	Configured bool
	Include    []Glob // over ids; empty means all
	Exclude    []Glob // over ids; wins over Include
	// Elsewhere are ids that the configuration names for other environments
	// only: unmanaged here, and never orphans.
	Elsewhere []string
	Orphans   OrphanPolicy
}

// InScope reports whether an id is planned and reported. What lies outside is
// settled before the comparison, never inside it.
func (m Manage) InScope(id string) bool {
	if MatchAny(m.Exclude, id) {
		return false
	}
	return len(m.Include) == 0 || MatchAny(m.Include, id)
}

// OrphanPolicy says what to do about live objects that are not in the configuration.
type OrphanPolicy string

// The orphan policies; the empty string means report.
const (
	OrphansIgnore OrphanPolicy = "ignore"
	OrphansReport OrphanPolicy = "report"
	OrphansError  OrphanPolicy = "error"
)
