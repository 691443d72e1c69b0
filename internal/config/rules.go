package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The rules for tenants that this tool creates.
const (
	minIDLength   = 3
	maxIDLength   = 50
	maxNameLength = 100
)

func newIDProblem(id string) string {
	for i := range len(id) {
		if c := id[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "may hold lower-case letters, digits and hyphens only"
		}
	}
	if len(id) < minIDLength || len(id) > maxIDLength {
		return fmt.Sprintf("must have %d to %d characters", minIDLength, maxIDLength)
	}
	return ""
}

func newNameProblem(name string) string {
	if length := utf8.RuneCountInString(name); length < 1 || length > maxNameLength {
		return fmt.Sprintf("must have 1 to %d characters", maxNameLength)
	}
	return ""
}

// impossible says why a text can be no identifier at all.
func impossible(text, forbidden string) string {
	switch {
	case text == "":
		return "is empty"
	case strings.ContainsFunc(text, unicode.IsSpace):
		return "holds white space"
	case strings.ContainsFunc(text, isInvisible):
		return "holds a control character"
	case strings.ContainsAny(text, forbidden):
		return "holds a " + forbidden
	default:
		return ""
	}
}

func isInvisible(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// checkTenant applies the rules that one entry can be judged by alone.
func (l *loader) checkTenant(raw *rawTenant) {
	if !raw.hasID {
		l.reportAt(raw.at, SeverityError, codeID, "a tenant has no id", "add id: with the tenant's id at Descope")
	}
	l.checkID(raw.id)
	l.checkKey(raw.key)
	l.checkName(raw.name)
	if raw.parent.given && raw.parent.value != "" {
		if problem := impossible(raw.parent.value, "/"); problem != "" {
			l.reportAt(raw.parent.at, SeverityError, codeParent, "the parent "+show(raw.parent.source)+" "+problem, "write the id of a tenant")
		} else if raw.id.given && raw.parent.value == raw.id.value {
			l.reportAt(raw.parent.at, SeverityError, codeParent, "the tenant "+show(raw.id.source)+" is its own parent", "write the id of the tenant above it, or drop parent")
			raw.parent = text{}
		}
	}
	if raw.only.given && raw.except.given {
		l.reportAt(raw.except.at, SeverityError, codeSelection, fmt.Sprintf("except stands beside only (%s)", raw.only.at), "keep one of the two")
	}
}

func (l *loader) checkKey(key text) {
	if problem := impossible(key.value, ""); key.given && problem != "" {
		l.reportAt(key.at, SeverityError, codeValue, "the key "+show(key.source)+" "+problem, "")
	}
}

func (l *loader) checkID(id text) {
	if !id.given {
		return
	}
	if problem := impossible(id.value, "/"); problem != "" {
		l.reportAt(id.at, SeverityError, codeID, "the id "+show(id.source)+" "+problem, "write the tenant's id at Descope")
	} else if problem := newIDProblem(id.value); problem != "" {
		l.reportAt(id.at, SeverityWarning, codeIDRule, "the id "+show(id.source)+" "+problem+" where this tool creates the tenant", "fine for a tenant that exists already")
	}
}

func (l *loader) checkName(name text) {
	if !name.given {
		return
	}
	switch {
	case strings.TrimSpace(name.value) == "":
		l.reportAt(name.at, SeverityError, codeName, "the name is empty", "write a name, or drop the key to leave it unmanaged")
	case strings.ContainsFunc(name.value, unicode.IsControl):
		l.reportAt(name.at, SeverityError, codeName, "the name "+show(name.source)+" holds a control character", "")
	case newNameProblem(name.value) != "":
		l.reportAt(name.at, SeverityWarning, codeNameRule, "the name "+newNameProblem(name.value)+" where this tool creates the tenant, not "+strconv.Itoa(utf8.RuneCountInString(name.value)), "")
	case strings.TrimSpace(name.value) != name.value:
		l.reportAt(name.at, SeverityWarning, codeNameRule, "the name "+show(name.source)+" starts or ends with white space", "")
	}
}

// selector reads only or except.
func (l *loader) selector(n *yaml.Node, what string) selector {
	names, ok := l.texts(n, what)
	if !ok {
		return selector{}
	}
	if len(n.Content) == 0 {
		l.errorAt(n, codeSelection, what+" names no environment", "name one, or drop the key")
	}
	return selector{given: true, at: l.position(n), names: names}
}

// noteSelection notes which environments entries belong to, unless all of them are
// known already.
func (l *loader) noteSelection(selectors ...selector) {
	for _, s := range selectors {
		unknown := func(name text) bool { return l.all.byName[name.value] == nil }
		if s.given && slices.ContainsFunc(s.names, unknown) {
			l.all.selections = append(l.all.selections, s)
		}
	}
}

// checkAttributeKey refuses keys that cannot be used.
func (l *loader) checkAttributeKey(name string, at resource.Position) bool {
	if name != "" && strings.TrimSpace(name) == name && !strings.ContainsFunc(name, isInvisible) {
		return true
	}
	l.reportAt(at, SeverityError, codeAttribute, "the attribute key "+show(name)+" is empty, starts or ends with white space, or holds a control character", "")
	return false
}

// checkItems refuses empty items in a list of names.
func (l *loader) checkItems(items []text, what string) {
	for _, item := range items {
		if strings.TrimSpace(item.value) == "" {
			l.reportAt(item.at, SeverityError, codeValue, "an item of "+what+" is empty", "drop it")
		}
	}
}

// occurrence is one use of an id, key, name or domain.
type occurrence struct {
	tenant int32
	at     resource.Position
}

// index finds values that two tenants have. Nearly all values have one
// occurrence, so only the others cost a list.
type index struct {
	first  map[string]occurrence
	others map[string][]occurrence
}

func newIndex() index {
	return index{first: map[string]occurrence{}, others: map[string][]occurrence{}}
}

// add stores an occurrence and returns an earlier one that clashes with it.
func (x index) add(value string, o occurrence, clashes func(earlier occurrence) bool) (occurrence, bool) {
	first, found := x.first[value]
	if !found {
		x.first[value] = o
		return occurrence{}, false
	}
	if clashes(first) {
		return first, true
	}
	at := slices.IndexFunc(x.others[value], clashes)
	if at < 0 {
		x.others[value] = append(x.others[value], o)
		return occurrence{}, false
	}
	return x.others[value][at], true
}

// checkTwice applies the rules that need the tenants before this one. An entry
// is known by its id and key everywhere; names and domains may come again in
// entries that no environment selects together.
func (l *loader) checkTwice(raw *rawTenant, at int32) {
	always := func(occurrence) bool { return true }
	if first, twice := l.all.ids.add(raw.id.value, occurrence{at, raw.id.at}, always); twice {
		l.reportAt(raw.id.at, SeverityError, codeTwice, fmt.Sprintf("the id %s already stands at %s", show(raw.id.source), first.at), "keep one of the two entries")
	}
	if raw.key.given {
		if first, twice := l.all.keys.add(raw.key.value, occurrence{at, raw.key.at}, always); twice {
			l.reportAt(raw.key.at, SeverityError, codeTwice, fmt.Sprintf("the key %s already stands at %s", show(raw.key.source), first.at), "give each entry a key of its own")
		}
	}
	if raw.absent {
		return
	}
	together := func(earlier occurrence) bool {
		return earlier.tenant != at && overlap(l.all.tenants[earlier.tenant], l.all.tenants[at])
	}
	if raw.name.given {
		if first, twice := l.all.names.add(raw.name.value, occurrence{at, raw.name.at}, together); twice {
			l.reportAt(raw.name.at, SeverityError, codeTwice, fmt.Sprintf("the name %s already stands at %s", show(raw.name.source), first.at), "names are unique in a project")
		}
	}
	for _, domain := range raw.domains {
		if first, twice := l.all.domains.add(domain.value, occurrence{at, domain.at}, together); twice {
			l.reportAt(domain.at, SeverityError, codeDomainTwice, fmt.Sprintf("the domain %s already stands at %s, with the tenant %s", show(domain.source), first.at, show(l.all.tenants[first.tenant].desired.ID)), "a domain belongs to one tenant")
		}
	}
}

// selectedIn reports whether the entry belongs to an environment; the empty
// name stands for none.
func (e entry) selectedIn(environment string) bool {
	if e.only != nil && !slices.Contains(e.only, environment) {
		return false
	}
	return !slices.Contains(e.except, environment)
}

// overlap reports whether some environment selects both entries. What is not
// limited by only is also selected where no environment is.
func overlap(a, b entry) bool {
	switch {
	case a.only == nil && b.only == nil:
		return true
	case a.only != nil:
		return slices.ContainsFunc(a.only, func(name string) bool { return a.selectedIn(name) && b.selectedIn(name) })
	default:
		return overlap(b, a)
	}
}
