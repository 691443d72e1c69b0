//go:build unix

package audit_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
)

// TestAPipeInPlaceOfTheLogIsABreak, also where somebody holds its other end and says
// nothing: nobody may wait for ever.
func TestAPipeInPlaceOfTheLogIsABreak(t *testing.T) {
	for _, suffix := range []string{".jsonl", ".head.json"} {
		t.Run(suffix, func(t *testing.T) {
			log := open(t.TempDir())
			record(t, log, 0, 3)
			path := strings.TrimSuffix(log.Path(), ".jsonl") + suffix
			must(t, errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)))
			held, err := os.OpenFile(path, os.O_RDWR, 0)
			must(t, err)
			defer func() { _ = held.Close() }()
			_, err = log.Head(t.Context())
			if damage, ok := errors.AsType[*audit.BreakError](err); !ok || damage.File != path || !strings.Contains(damage.Reason, "not a regular file") {
				t.Errorf("got %v", err)
			}
		})
	}
}
