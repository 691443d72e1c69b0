package emulator

import (
	"iter"
	"slices"
)

// table holds the objects of one kind by id, and lists them in the order of
// their ids. It is not safe for concurrent use.
type table[T any] struct {
	byID   map[string]T
	ids    []string // every key of byID
	sorted bool     // whether ids are in order
}

func newTable[T any]() *table[T] {
	return &table[T]{byID: map[string]T{}, sorted: true}
}

func (t *table[T]) len() int { return len(t.ids) }

func (t *table[T]) get(id string) (T, bool) {
	value, found := t.byID[id]
	return value, found
}

// put adds or replaces an object.
func (t *table[T]) put(id string, value T) {
	if _, found := t.byID[id]; !found {
		t.sorted = t.sorted && (len(t.ids) == 0 || t.ids[len(t.ids)-1] < id)
		t.ids = append(t.ids, id)
	}
	t.byID[id] = value
}

// drop removes an object if it is there.
func (t *table[T]) drop(id string) {
	if _, found := t.byID[id]; !found {
		return
	}
	delete(t.byID, id)
	t.sort()
	at, _ := slices.BinarySearch(t.ids, id)
	t.ids = slices.Delete(t.ids, at, at+1)
}

// all yields the objects in the order of their ids.
func (t *table[T]) all() iter.Seq[T] {
	t.sort()
	return func(yield func(T) bool) {
		for _, id := range t.ids {
			if !yield(t.byID[id]) {
				return
			}
		}
	}
}

func (t *table[T]) sort() {
	if !t.sorted {
		slices.Sort(t.ids)
		t.sorted = true
	}
}
