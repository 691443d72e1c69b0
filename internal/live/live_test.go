//go:build live

package live_test

import (
	"flag"
	"os"
	"testing"
)

var reportPath = flag.String("report", "", "record what the project answers to the questions that nobody outside knows, into this `FILE`")

// TestLive runs the suite on the project that the variables name.
func TestLive(t *testing.T) { play(t, named(t, os.Getenv)) }

// TestLiveReport is "make live-report".
func TestLiveReport(t *testing.T) {
	if *reportPath == "" {
		t.Skip("it records answers only when it is asked for: make live-report")
	}
	report(t, os.Getenv, *reportPath, os.Stdout)
}
