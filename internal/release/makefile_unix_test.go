//go:build unix

package release_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// makeIn returns a call of make in the repository, which makes no release, but takes
// the one that is staged.
func makeIn(t *testing.T, staged string, arguments ...string) []string {
	t.Helper()
	for _, name := range []string{"make", "bash"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	script := filepath.Join(t.TempDir(), "release.sh")
	// Called with: -stage -out FOLDER.
	if err := os.WriteFile(script, []byte("cp -R '"+staged+"' \"$3\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return append([]string{"make", "-s", "--no-print-directory", "-C", "../..", "RELEASE=sh " + script}, arguments...)
}

// TestMakeInstall: whatever stands in PREFIX, DESTDIR and VERSION, the shell takes it
// as it is.
func TestMakeInstall(t *testing.T) {
	for _, name := range []string{"plain", "it's", "a blank", `"quoted"; exit 3 #`, "back`tick"} {
		t.Run(name, func(t *testing.T) {
			destination := filepath.Join(t.TempDir(), name)
			prefix := destination + "/opt/" + name
			arguments := []string{"DESTDIR=" + destination, "PREFIX=/opt/" + name}
			one, two := stage(t, "1.0.0", false), stage(t, "1.1.0", false)
			must(t, makeIn(t, one, append(arguments, "install")...)...)
			must(t, makeIn(t, two, append(arguments, "install")...)...)
			expect(t, "installed", current(t, prefix), "1.1.0")
			must(t, makeIn(t, two, append(arguments, "rollback")...)...)
			expect(t, "rolled back", current(t, prefix), "1.0.0")
			must(t, makeIn(t, two, append(arguments, "rollback", "VERSION=1.1.0")...)...)
			expect(t, "to a version", current(t, prefix), "1.1.0")
			refused(t, "is no version", makeIn(t, two, append(arguments, "rollback", "VERSION="+`it's $$(exit)`)...)...)
			must(t, makeIn(t, two, append(arguments, "uninstall")...)...)
			if _, err := os.Lstat(prefix + "/bin/descope-mgmt"); err == nil {
				t.Error("it is still installed")
			}
		})
	}
}

// TestMakeWantsPREFIX says what is missing before anything is built.
func TestMakeWantsPREFIX(t *testing.T) {
	for _, target := range []string{"install", "rollback", "uninstall"} {
		call := append([]string{"env", "-u", "PREFIX"}, makeIn(t, "/nowhere", target)...)
		refused(t, "error: say where: make "+target+" PREFIX=/some/folder", call...)
		call = makeIn(t, "/nowhere", target, "PREFIX=./some/it's")
		refused(t, `error: PREFIX must be an absolute path, not "./some/it's"`, call...)
		repository, err := filepath.Abs("../..")
		if err != nil {
			t.Fatal(err)
		}
		out, _ := sh(t, "022", call...) // refused above
		if want := `hint: make ` + target + ` PREFIX="` + repository + `/some/it's"`; !strings.Contains(out, want) || strings.Contains(out, "nowhere") {
			t.Errorf("want %q, and nothing made, in\n%s", want, out)
		}
	}
}
