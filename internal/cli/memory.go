package cli

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// collectAt is by how many percent memory may grow before garbage is collected:
	// half of what Go does by itself. Our garbage is that of parsing, and collecting it
	// more often costs little.
	collectAt = 50
	// smallHeap is what memory may grow to in any case. Collecting below it would save
	// nothing, since the first answers and the configuration have needed as much.
	smallHeap = 16 << 20
	// startHeap is what Go takes for the heap's size before the first collection, at 100 %.
	startHeap = 4 << 20
	// softLimit is from which size on garbage is collected more eagerly yet, for a
	// project with 100,000 tenants. It refuses nothing: whoever needs more gets it, and
	// spends up to half of the time on collecting.
	softLimit = 350 << 20
)

// saveMemory is what the program does about its memory before it reads a project.
// GOGC and GOMEMLIMIT, Go's own variables, win.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(100 * smallHeap / startHeap)
		afterEachCollection(func() { debug.SetGCPercent(growth(liveHeap())) })
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
}

// growth is by how many percent a heap may grow of which so many bytes were in use.
func growth(live uint64) int {
	used := max(int(min(live, 1<<40)), 1<<20)
	// Of a very small heap Go takes startHeap for the size.
	return max(collectAt, min(100*smallHeap/used-100, 100*smallHeap/startHeap))
}

// liveHeap is what is in use: directly after a collection hardly more than it has found.
func liveHeap() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// afterEachCollection calls a function after each collection from now on: an object that
// nobody refers to is found by the next one.
func afterEachCollection(do func()) {
	runtime.AddCleanup(new([64]byte), func(do func()) {
		do()
		afterEachCollection(do)
	}, do)
}
