package config

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// TestTheFileBeyondTheLimitIsTheSame: which file is one too many depends on the order of
// the entries, and not on how many are prepared at a time.
func TestTheFileBeyondTheLimitIsTheSame(t *testing.T) {
	folder, export := t.TempDir(), exported(t, "magic-link", nil)
	writeFile(t, folder, "a.json", export.Encode())
	writeFile(t, folder, "templates/own/flow.json", export.Encode())
	writeFile(t, folder, "templates/own/template.yaml", []byte("version: \"1\"\ntitle: Own\n"))
	writeFile(t, folder, "descope.yaml", []byte(flows("  - { id: a, file: a.json }\n  - { id: b, template: own }\n")))
	said := func(workers int) (lines []string) {
		opts := Options{WorkDir: folder, Lookup: variables{}.lookup, Workers: workers}
		sources, err := discover(opts)
		if err != nil {
			t.Fatal(err)
		}
		l := newLoader(opts)
		l.flowLimit = 3 * len(export.Value()) / 2
		cfg, err := l.load(context.Background(), sources)
		for _, d := range diagnosticsOf(t, cfg, err) {
			lines = append(lines, d.String())
		}
		return lines
	}
	if diff := cmp.Diff(said(1), said(4)); diff != "" {
		t.Errorf("one after the other, and four at a time (-one +four):\n%s", diff)
	}
}

// TestAFileIsPreparedOnce: entries that name one file do not read it each while the
// first of them is still being prepared.
func TestAFileIsPreparedOnce(t *testing.T) {
	folder := t.TempDir()
	writeFile(t, folder, "a.json", exported(t, "magic-link", nil).Encode())
	l := newLoader(Options{})
	reads := 0
	var works []func() *rawFlow
	for range 8 {
		raw := &rawFlow{origin: origin{file: "descope.yaml", folder: folder}, file: text{value: "a.json", given: true, at: resource.Position{}}}
		works = append(works, l.prepareFlow(raw))
	}
	for _, work := range works {
		if work().prepared.file != nil {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("the file was read %d times", reads)
	}
}
