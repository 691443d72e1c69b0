package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

// brokenOutput is a standard output that nothing can be written to.
type brokenOutput struct{ err error }

func (o brokenOutput) Write([]byte) (int, error) { return 0, o.err }

// TestWhatIsNotShownIsNoSuccess: help and scripts for shells are output like any other.
func TestWhatIsNotShownIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		"help", "help plan", "--help", "plan --help", "tenant", "", "version", "--version",
		"completion bash", "completion zsh", "completion fish", "completion powershell",
	} {
		for _, one := range []struct {
			err  error
			want Status
			said string
		}{{errors.New("no space left"), StatusError, "no space left"}, {syscall.EPIPE, StatusOK, ""}} {
			if words == "--version" && one.want == StatusOK {
				continue // cobra writes it, and its errors are all alike
			}
			var errs bytes.Buffer
			app := &App{In: strings.NewReader(""), Out: brokenOutput{one.err}, Err: &errs, WorkDir: t.TempDir(), Home: t.TempDir(), Now: time.Now, Random: rand.Reader}
			if got := app.Run(t.Context(), strings.Fields(words)); got != one.want || !strings.Contains(errs.String(), one.said) {
				t.Errorf("%q with %v: status %d, said %q", words, one.err, got, errs.String())
			}
		}
	}
}
