package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden: what each kind of report looks like, with values and without.
func TestGolden(t *testing.T) {
	for name, document := range withCanaries() {
		for suffix, got := range map[string]string{
			".md":      markdown(t, document, report.Options{}),
			".none.md": markdown(t, document, report.Options{Values: report.ValuesNone}),
			".txt":     github(t, document, report.Options{}),
		} {
			path := filepath.Join("testdata", name+suffix)
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s: %s", path, diff)
			}
		}
	}
}
