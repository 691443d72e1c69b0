package flow

import (
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Same reports whether two documents mean the same. What is no flow is compared
// as a value.
func Same(a, b resource.Value) bool {
	first, firstErr := FromValue(a)
	second, secondErr := FromValue(b)
	if firstErr != nil || secondErr != nil {
		return a.Equal(b)
	}
	return first.Same(second)
}

// Same reports whether two flows mean the same: whether [Diff] finds nothing. It
// is quick where the tasks have kept their numbers.
func (d Document) Same(other Document) bool {
	return sameNumbered(d, other) || Diff(d, other).IsEmpty()
}

// sameNumbered reports whether two management exports mean the same, task by task
// under one number and screen by screen. So looks a flow that was imported and
// exported again: its screens have new ids and another order, versions have moved,
// and what was left out is filled in. False says nothing yet.
func sameNumbered(a, b Document) bool {
	if a.shape != Management || b.shape != Management {
		return false
	}
	p := &numbered{screens: map[string]string{}, back: map[string]string{}}
	return a.root == b.root || eachPair(a.root, b.root, p.part) && p.sameScreens()
}

// numbered compares two flows whose tasks have the same numbers.
type numbered struct {
	listA, listB  []resource.Value  // the screens
	screens, back map[string]string // ids of screens that the same task shows, in both directions
}

// part compares one member of the whole document.
func (p *numbered) part(key string, a, b resource.Value) bool {
	switch key {
	case "flowId":
		return true
	case "metadata":
		return eachPair(a, b, sameMetadata)
	case "contents":
		return eachPair(a, b, p.content)
	case "screens":
		p.listA, p.listB = items(a), items(b)
		return true
	case "references":
		return eachPair(a, b, sameReferences)
	default:
		return slices.Contains(ignoredMetadata, key) || sameField(key, a, b)
	}
}

func sameMetadata(key string, a, b resource.Value) bool {
	return slices.Contains(ignoredMetadata, key) || isDigestOfService(key, a) || isDigestOfService(key, b) || sameField(key, a, b)
}

// sameReferences compares the references of one kind; a kind without any is none.
func sameReferences(_ string, a, b resource.Value) bool { return a == b || isZero(a) && isZero(b) }

func (p *numbered) content(key string, a, b resource.Value) bool {
	if key == "tasks" {
		return eachPair(a, b, p.task)
	}
	return slices.Contains(ignoredMetadata, key) || sameField(key, a, b)
}

func (p *numbered) task(_ string, a, b resource.Value) bool {
	if a == b && !hasText(a, "screenId") {
		return true
	}
	return !a.IsAbsent() && !b.IsAbsent() && eachPair(a, b, p.field)
}

// field compares one member of a task.
func (p *numbered) field(key string, a, b resource.Value) bool {
	switch {
	case key == "view":
		return true
	case key == "id":
		return a == b || (a.IsAbsent() || isString(a)) && (b.IsAbsent() || isString(b))
	case key == "screenId" && text(a) != "" && text(b) != "":
		return p.pair(text(a), text(b))
	default:
		return sameField(key, a, b)
	}
}

// pair notes that two screens are shown by the same task; one has one counterpart.
func (p *numbered) pair(a, b string) bool {
	before, known := p.screens[a]
	owner, taken := p.back[b]
	p.screens[a], p.back[b] = b, a
	return (!known || before == b) && (!taken || owner == a)
}

// sameScreens compares the screens, each with the one that the same tasks show. A
// screen that no task shows has kept its id.
func (p *numbered) sameScreens() bool {
	byIDA, byIDB := screensByID(p.listA), screensByID(p.listB)
	if byIDA == nil || byIDB == nil || len(byIDA) != len(byIDB) {
		return false
	}
	for a, b := range p.screens {
		if a != b && byIDA[a].IsAbsent() {
			return false // screens that are not there are told apart by their ids
		}
	}
	for id, screen := range byIDA {
		counterpart, shown := p.screens[id]
		if _, taken := p.back[id]; !shown && !taken {
			counterpart = id
		}
		if other := byIDB[counterpart]; other.IsAbsent() || !eachPair(screen, other, sameScreen) {
			return false
		}
	}
	return true
}

// screensByID is nil where one has no id, or that of another.
func screensByID(list []resource.Value) map[string]resource.Value {
	byID := make(map[string]resource.Value, len(list))
	for _, screen := range list {
		byID[text(screen.Get("screenId"))] = screen
	}
	if _, nameless := byID[""]; nameless || len(byID) != len(list) {
		return nil
	}
	return byID
}

// sameScreen compares one member of two screens.
func sameScreen(key string, a, b resource.Value) bool {
	switch key {
	case "screenId", "componentsVersion":
		return true
	case "contents":
		return a == b || isZero(a) && isZero(b) && (a.IsAbsent() || b.IsAbsent())
	default:
		return sameField(key, a, b)
	}
}

// sameField reports whether two values that stand under one key have no difference
// in [compareFields] once they are cleaned.
func sameField(key string, a, b resource.Value) bool {
	switch {
	case a == b:
		return true
	case a.IsAbsent():
		return isZero(cleaned(b, key))
	case b.IsAbsent():
		return isZero(cleaned(a, key))
	default:
		return sameCleaned(key, a, b)
	}
}

// sameCleaned reports whether two values are one value once they are cleaned,
// without making it. Where numbers or the order of items differ it says no.
func sameCleaned(key string, a, b resource.Value) bool {
	switch {
	case a == b:
		return true
	case isObject(a) && isObject(b):
		return eachPair(a, b, func(name string, a, b resource.Value) bool {
			if !a.IsAbsent() && !b.IsAbsent() && sameCleaned(name, a, b) {
				return true
			}
			return isDropped(key, name, cleaned(a, name)) && isDropped(key, name, cleaned(b, name))
		})
	case isArray(a) && isArray(b):
		listA, listB := items(a), items(b)
		return slices.EqualFunc(listA, listB, func(a, b resource.Value) bool { return sameCleaned(key, a, b) })
	default:
		return false
	}
}

// eachPair walks the members of two objects side by side, in order, until one pair
// is not the same. What only one of them has stands beside an absent value; what is
// no object has no members.
func eachPair(a, b resource.Value, same func(key string, a, b resource.Value) bool) bool {
	listA, listB := a.Members(), b.Members()
	for len(listA)+len(listB) > 0 {
		key, x, y := "", resource.Absent, resource.Absent
		fromA := len(listB) == 0 || len(listA) > 0 && listA[0].Key <= listB[0].Key
		fromB := len(listA) == 0 || len(listB) > 0 && listB[0].Key <= listA[0].Key
		if fromA {
			key, x, listA = listA[0].Key, listA[0].Value, listA[1:]
		}
		if fromB {
			key, y, listB = listB[0].Key, listB[0].Value, listB[1:]
		}
		if !same(key, x, y) {
			return false
		}
	}
	return true
}
