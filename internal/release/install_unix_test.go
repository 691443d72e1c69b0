//go:build unix

package release_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/release"
)

// stage makes what an archive holds. The program is a script that prints its
// version, or, where real is true, this test binary.
func stage(t *testing.T, version string, real bool) string {
	t.Helper()
	program := []byte("#!/bin/sh\necho " + version + "\n")
	installer, err := os.ReadFile("../../tools/install.sh")
	if err != nil {
		t.Fatal(err)
	}
	if real {
		self, err := os.Executable()
		if err == nil {
			program, err = os.ReadFile(self)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(t.TempDir(), "stage")
	err = release.WriteStage(folder, []release.File{
		{Name: release.Program, Data: program, Program: true},
		{Name: "install.sh", Data: installer, Program: true},
		{Name: "VERSION", Data: []byte(version + "\n")},
		{Name: "README.md", Data: []byte(version)},
		{Name: "completions/descope-mgmt.bash", Data: []byte(version)},
		{Name: "completions/_descope-mgmt", Data: []byte(version)},
		{Name: "completions/descope-mgmt.fish", Data: []byte(version)},
		{Name: "man/man1/descope-mgmt.1", Data: []byte(version)},
		{Name: "man/man1/descope-mgmt-" + version + ".1", Data: []byte(version)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// sh runs a script with an umask and returns what it prints.
func sh(t *testing.T, umask string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", append([]string{"-c", "umask " + umask + `; exec "$@"`, "sh"}, arguments...)...)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	out, err := command.CombinedOutput()
	return string(out), err
}

func must(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := sh(t, "022", arguments...)
	if err != nil {
		t.Fatalf("%v: %v\n%s", arguments, err, out)
	}
	return out
}

// refused runs what must fail and names why.
func refused(t *testing.T, why string, arguments ...string) {
	t.Helper()
	if out, err := sh(t, "022", arguments...); err == nil || !strings.Contains(out, why) {
		t.Errorf("%v: %v, want %q in\n%s", arguments, err, why, out)
	}
}

// current is the version that PREFIX runs, and that all of its pages are of.
func current(t *testing.T, prefix string) string {
	t.Helper()
	version := strings.TrimSpace(must(t, filepath.Join(prefix, "bin/descope-mgmt")))
	for _, name := range []string{
		"bash-completion/completions/descope-mgmt", "zsh/site-functions/_descope-mgmt", "fish/vendor_completions.d/descope-mgmt.fish",
		"man/man1/descope-mgmt.1", "man/man1/descope-mgmt-" + version + ".1",
	} {
		text, err := os.ReadFile(filepath.Join(prefix, "share", name))
		if err != nil || string(text) != version {
			t.Errorf("%s is of %q, %v; want %q", name, text, err, version)
		}
	}
	pages, err := filepath.Glob(filepath.Join(prefix, "share/man/man1/*"))
	if err != nil || len(pages) != 2 {
		t.Errorf("pages: %v, %v", pages, err)
	}
	return version
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestInstallUpgradeRollBackUninstall(t *testing.T) {
	one, two, changed := stage(t, "1.0.0", false), stage(t, "1.1.0", false), stage(t, "1.0.0", false)
	if err := os.WriteFile(filepath.Join(changed, "README.md"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	prefix := filepath.Join(t.TempDir(), "a prefix")
	script := one + "/install.sh"
	for i, umask := range []string{"077", "002"} {
		from := []string{one, two}[i]
		if out, err := sh(t, umask, from+"/install.sh", prefix); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		expect(t, "installed", current(t, prefix), []string{"1.0.0", "1.1.0"}[i])
	}
	checkModes(t, prefix)
	expect(t, "versions", must(t, script, "--list", prefix), "  1.0.0\n* 1.1.0\n")
	must(t, script, "--rollback", prefix)
	expect(t, "rolled back", current(t, prefix), "1.0.0")
	must(t, script, "--rollback", prefix)
	expect(t, "and forth", current(t, prefix), "1.1.0")
	must(t, script, "--rollback", prefix, "1.0.0")
	expect(t, "to a version", current(t, prefix), "1.0.0")
	must(t, two+"/install.sh", prefix)
	expect(t, "the same again", current(t, prefix), "1.1.0")
	refused(t, "version 1.0.0 is installed already, with other content", changed+"/install.sh", prefix)
	refused(t, "version 1.1.0 is the current one", script, "--uninstall", prefix, "1.1.0")
	refused(t, "version 9.9.9 is not installed", script, "--rollback", prefix, "9.9.9")
	refused(t, "is no version", script, "--rollback", prefix, "../../elsewhere")
	expect(t, "after what was refused", current(t, prefix), "1.1.0")
	must(t, script, "--uninstall", prefix, "1.0.0")
	expect(t, "versions", must(t, script, "--list", prefix), "* 1.1.0\n")
	refused(t, "there is no version before", script, "--rollback", prefix)
	other := filepath.Join(prefix, "bin", "other")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, script, "--uninstall", prefix)
	var left []string
	err := filepath.WalkDir(prefix, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			left = append(left, path)
		}
		return err
	})
	if err != nil || len(left) != 1 || left[0] != other {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// checkModes: everybody may read all of it, whatever the umask was, and nobody
// else may write.
func checkModes(t *testing.T, prefix string) {
	t.Helper()
	err := filepath.WalkDir(prefix, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		want := fs.FileMode(0o644)
		if name := entry.Name(); entry.IsDir() || name == release.Program || name == "install.sh" {
			want = 0o755
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		if strings.HasSuffix(path, ".new") {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestInstallRefuses(t *testing.T) {
	from := stage(t, "1.0.0", false)
	script := from + "/install.sh"
	refused(t, "PREFIX must be an absolute path", script, "relative")
	refused(t, "PREFIX is missing", script)
	open := filepath.Join(t.TempDir(), "open")
	taken := filepath.Join(t.TempDir(), "taken")
	must(t, "mkdir", "-p", open, taken+"/bin/")
	must(t, "chmod", "0777", open)
	refused(t, "everybody may write to "+open, script, open)
	must(t, "touch", taken+"/bin/descope-mgmt")
	refused(t, "is there and is no link", script, taken)
	refused(t, "nothing is installed", script, "--uninstall", t.TempDir())
	for _, version := range []string{"", "../1", "current", ".hidden", "1 2"} {
		must(t, "sh", "-c", `printf '%s\n' "$1" >"$2"`, "sh", version, from+"/VERSION")
		refused(t, "is no version", script, t.TempDir())
	}
	refused(t, "does not hold a release", "../../tools/install.sh", t.TempDir())
}

// TestInstallBelowDESTDIR: the links lead inside, so that the tree can be moved.
func TestInstallBelowDESTDIR(t *testing.T) {
	destination := t.TempDir()
	must(t, "env", "DESTDIR="+destination, stage(t, "1.0.0", false)+"/install.sh", "/usr/local")
	moved := filepath.Join(t.TempDir(), "moved")
	must(t, "mv", destination+"/usr/local", moved)
	expect(t, "moved", current(t, moved), "1.0.0")
}

// TestSwitchIsAtomic: whoever starts the program while versions are switched gets
// one of them.
func TestSwitchIsAtomic(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "prefix")
	one, two := stage(t, "1.0.0", false), stage(t, "1.1.0", false)
	must(t, one+"/install.sh", prefix)
	var done atomic.Bool
	ended := make(chan error, 1)
	go func() {
		for !done.Load() {
			for range 10 {
				if text, err := os.ReadFile(prefix + "/bin/descope-mgmt"); err != nil || !strings.HasPrefix(string(text), "#!/bin/sh\necho 1.") {
					ended <- fmt.Errorf("%w: %q", err, text)
					return
				}
			}
		}
		ended <- nil
	}()
	must(t, two+"/install.sh", prefix)
	for range 8 {
		must(t, one+"/install.sh", "--rollback", prefix)
	}
	done.Store(true)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestUpgradeDisturbsNobody: a program that runs keeps its file while others
// install, switch and start the new one; another user may run it.
func TestUpgradeDisturbsNobody(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "prefix")
	one, two := stage(t, "1.0.0", true), stage(t, "1.1.0", true)
	must(t, one+"/install.sh", prefix)
	program := filepath.Join(prefix, "bin", release.Program)
	home := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	running := exec.CommandContext(ctx, program, "emulator", "--listen", "127.0.0.1:0", "--format", "json")
	running.Cancel = func() error { return running.Process.Signal(os.Interrupt) }
	running.Dir, running.Env = home, []string{"HOME=" + home}
	out, err := running.StdoutPipe()
	if err == nil {
		err = running.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = running.Wait() }() // it was interrupted
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var said struct{ URL string }
	if err == nil {
		err = json.Unmarshal(line, &said)
	}
	if err != nil {
		t.Fatal(err)
	}
	answers := func(when string) {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, said.URL+"/v1/mgmt/tenant/all", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Errorf("%s the running program does not answer: %v", when, err)
			return
		}
		_ = answer.Body.Close()
	}
	answers("before the upgrade")
	must(t, two+"/install.sh", prefix)
	answers("after the upgrade")
	runDemo(t, prefix)
	must(t, two+"/install.sh", "--rollback", prefix)
	answers("after the way back")
	if file, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", running.Process.Pid)); err == nil && !strings.HasSuffix(file, "/lib/descope-mgmt/1.0.0/descope-mgmt") {
		t.Errorf("the running program is %s", file)
	}
}

// runDemo runs the demo, as nobody where this test may.
func runDemo(t *testing.T, prefix string) {
	t.Helper()
	home := t.TempDir()
	demo := exec.CommandContext(t.Context(), filepath.Join(prefix, "bin", release.Program), "demo")
	demo.Dir, demo.Env = home, []string{"HOME=" + home, "TMPDIR=" + home, "PATH=" + os.Getenv("PATH")}
	if os.Geteuid() == 0 {
		const nobody = 65534
		if err := os.Chmod(filepath.Dir(home), 0o755); err != nil { // the folder of a test is for its owner alone
			t.Fatal(err)
		}
		if err := os.Chown(home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		demo.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if out, err := demo.CombinedOutput(); err != nil {
		t.Errorf("the demo: %v\n%s", err, out)
	}
}
