package emulator

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// store keeps the rows that survive a restart. The server holds everything in
// memory and writes through: it loads once, and reads never reach the store.
type store interface {
	// load returns all rows, sorted by project, kind and id.
	load(ctx context.Context) ([]row, error)
	// apply makes all writes or none. When it returns nil they are durable, as
	// far as the store is.
	apply(ctx context.Context, writes []write) error
	// close releases the store. It may be called more than once.
	close() error
}

// row is one stored object, as JSON.
type row struct {
	project, kind, id string
	value             []byte
}

type operation int

const (
	opPut   operation = iota // add or replace one row
	opDrop                   // remove one row, if it is there
	opClear                  // remove all rows of the project but the project's own
)

// write is one change of the store; kind and id are empty for opClear, value
// for all but opPut.
type write struct {
	op                operation
	project, kind, id string
	value             []byte
}

// memoryStore forgets everything when the process ends.
type memoryStore struct {
	mu   sync.Mutex
	rows map[rowKey][]byte
}

type rowKey struct{ project, kind, id string }

func newMemoryStore() *memoryStore { return &memoryStore{rows: map[rowKey][]byte{}} }

func (m *memoryStore) load(ctx context.Context) ([]row, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := make([]row, 0, len(m.rows))
	for key, value := range m.rows {
		rows = append(rows, row{key.project, key.kind, key.id, slices.Clone(value)})
	}
	slices.SortFunc(rows, compareRows)
	return rows, nil
}

func (m *memoryStore) apply(ctx context.Context, writes []write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range writes {
		switch w.op {
		case opPut:
			m.rows[rowKey{w.project, w.kind, w.id}] = slices.Clone(w.value)
		case opDrop:
			delete(m.rows, rowKey{w.project, w.kind, w.id})
		case opClear:
			maps.DeleteFunc(m.rows, func(key rowKey, _ []byte) bool {
				return key.project == w.project && key.kind != storeProject
			})
		}
	}
	return nil
}

func (m *memoryStore) close() error { return nil }

func compareRows(a, b row) int {
	for _, pair := range [][2]string{{a.project, b.project}, {a.kind, b.kind}, {a.id, b.id}} {
		if order := strings.Compare(pair[0], pair[1]); order != 0 {
			return order
		}
	}
	return 0
}
