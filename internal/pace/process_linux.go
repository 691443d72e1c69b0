package pace

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// processStart is when a process was started, in clock ticks since the machine
// was: with its number it names a process until the next boot. A process that is
// gone, or is only waiting for its parent to look, has zero; known is false where
// the system does not say.
func processStart(pid int) (start uint64, known bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Stat("/proc/self/stat") // is there a /proc at all?
		return 0, err == nil
	}
	// The second field is the program's name, in parentheses, and may hold anything.
	const state, startTime = 0, 19 // counted from behind it
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if err != nil || len(fields) <= startTime {
		return 0, false
	}
	if fields[state] == "Z" || fields[state] == "X" {
		return 0, true
	}
	start, err = strconv.ParseUint(fields[startTime], 10, 64)
	return start, err == nil
}
