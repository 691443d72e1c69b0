package emulator

import (
	"syscall"
	"time"
)

// pause waits in the system, whose timers are exact.
func pause(d time.Duration) {
	for d > 0 {
		rest := syscall.Timespec{}
		wait := syscall.NsecToTimespec(d.Nanoseconds())
		if syscall.Nanosleep(&wait, &rest) == nil {
			return
		}
		d = time.Duration(rest.Nano()) // a signal came
	}
}
