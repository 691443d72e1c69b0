package emulator_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also is the emulator process of the kill test, see kill_test.go.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDataDir); dir != "" {
		os.Exit(serveChild(dir))
	}
	goleak.VerifyTestMain(m)
}
