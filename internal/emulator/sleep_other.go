//go:build !linux

package emulator

import "time"

// pause waits with the runtime's timers.
func pause(d time.Duration) { time.Sleep(d) }
