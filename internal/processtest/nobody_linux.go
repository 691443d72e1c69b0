package processtest

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// nobody is a user who owns nothing.
const nobody = 65534

// AsNobody runs f with the file permissions of a user who owns nothing, also where
// the tests run as root, whom no permission stops. Only the thread that runs f is
// changed, and it ends with the goroutine.
func AsNobody(t *testing.T, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked
		var err error
		if os.Geteuid() == 0 {
			err = syscall.Setfsuid(nobody)
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		t.Skipf("cannot become another user: %v", err)
	}
}
