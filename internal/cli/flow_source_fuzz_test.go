package cli

import "testing"

// FuzzFlowSource: every text is refused, or says where a flow is, with all of its
// parts.
func FuzzFlowSource(f *testing.F) {
	for _, seed := range []string{"git:HEAD:flows/a.json", "git::", "history:a:1", "history:a:-1", "backup:latest:x", "live:", "::", "./x", "backup:../../x:../y", "git:--output=x:y"} {
		f.Add(seed)
	}
	app := &App{WorkDir: f.TempDir()}
	f.Fuzz(func(t *testing.T, text string) {
		source, err := app.parseFlowSource(text)
		if err != nil {
			return
		}
		needsPart := source.kind == sourceGit || source.kind == sourceBackup
		if source.place == "" || needsPart && source.part == "" || source.kind == sourceHistory && source.n < 1 {
			t.Errorf("%q was read as %+v", text, source)
		}
	})
}
