package cli

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// collectAt is by how many percent memory may grow before garbage is collected:
	// half of what Go does by itself. Our garbage is that of parsing, of which there is
	// much at the beginning, and collecting it more often costs little.
	collectAt = 50
	// firstCollectAt holds until it is collected for the first time, at 32 MiB: most
	// commands never need more.
	firstCollectAt = 800
	// softLimit is from which size on garbage is collected more eagerly yet, for a
	// project with 100,000 tenants. It refuses nothing: whoever needs more gets it, and
	// spends up to half of the time on collecting.
	softLimit = 350 << 20
)

// saveMemory is what the program does about its memory before it reads a project.
// GOGC and GOMEMLIMIT, Go's own variables, win.
func saveMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(firstCollectAt)
		first := new([64]byte) // garbage at once, so that the first collection finds it
		runtime.AddCleanup(first, func(percent int) { debug.SetGCPercent(percent) }, collectAt)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
}
