//go:build unix

package release_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// inPlaceOf makes a folder with a script in place of a program, which the script may
// call as "$real".
func inPlaceOf(t *testing.T, name, script string) (bin string) {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	bin = t.TempDir()
	text := fmt.Sprintf("#!/bin/sh\nPATH='%s' real='%s'\n%s\n", os.Getenv("PATH"), program, script)
	if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return bin
}

// with runs a command with a script in place of a program.
func with(t *testing.T, name, script string, command ...string) []string {
	t.Helper()
	return append([]string{"env", "PATH=" + inPlaceOf(t, name, script) + ":" + os.Getenv("PATH")}, command...)
}

// bsd is a mv that knows -h, and moves into a folder that is there.
const bsd = `case $1 in
-fh) [ -L "$3" ] && exec "$real" -fT "$2" "$3"; exec "$real" -f "$2" "$3" ;;
*) echo "mv: illegal option -- ${1#-f}" >&2; exit 64 ;;
esac`

// leftovers are the names that stand for something which is still being made.
func leftovers(t *testing.T, prefix string) string {
	t.Helper()
	return must(t, "find", prefix, "-name", "*.new")
}

// TestInstallAtOnce: another call installs the same version while this one is about
// to put its own in place.
func TestInstallAtOnce(t *testing.T) {
	for name, mv := range map[string]string{"GNU": `exec "$real" "$@"`, "BSD": bsd} {
		t.Run(name, func(t *testing.T) {
			prefix := filepath.Join(t.TempDir(), "prefix")
			script, other := stage(t, "1.0.0", false)+"/install.sh", stage(t, "1.0.0", false)+"/install.sh"
			first := inPlaceOf(t, "sync", fmt.Sprintf("exec '%s' '%s'", other, prefix))
			second := inPlaceOf(t, "mv", mv)
			out := must(t, "env", "PATH="+first+":"+second+":"+os.Getenv("PATH"), script, prefix)
			if strings.Contains(out, "mv:") || !strings.Contains(out, "1.0.0 is the current version") {
				t.Error(out)
			}
			expect(t, "current", current(t, prefix), "1.0.0")
			expect(t, "left behind", leftovers(t, prefix), "")
		})
	}
}

// TestInstallAtOnceOfAnother: what appeared meanwhile is not what this call has.
func TestInstallAtOnceOfAnother(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "prefix")
	other := stage(t, "1.0.0", false)
	if err := os.WriteFile(other+"/README.md", []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	meanwhile := fmt.Sprintf("exec '%s/install.sh' '%s'", other, prefix)
	refused(t, "with other content", with(t, "sync", meanwhile, stage(t, "1.0.0", false)+"/install.sh", prefix)...)
	expect(t, "left behind", leftovers(t, prefix), "")
}

func TestInstallManyAtOnce(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "prefix")
	script := stage(t, "1.0.0", false) + "/install.sh"
	must(t, "sh", "-c", `for i in 1 2 3 4 5 6; do "$1" "$2" & all="$all $!"; done; for one in $all; do wait "$one" || exit 1; done`, "sh", script, prefix)
	expect(t, "current", current(t, prefix), "1.0.0")
	expect(t, "left behind", leftovers(t, prefix), "")
}

func TestInstallSaysWhatMvSays(t *testing.T) {
	script := stage(t, "1.0.0", false) + "/install.sh"
	for want, mv := range map[string]string{
		"error: mv: no space left on device": `case $3 in */1.0.0) echo "mv: no space left on device" >&2; exit 1 ;; esac; exec "$real" "$@"`,
		"it knows neither -T nor -h":         "exit 1",
	} {
		refused(t, want, with(t, "mv", mv, script, filepath.Join(t.TempDir(), "prefix"))...)
	}
}

// TestInstallRefusesWritable: whoever can write anywhere on the way has others run
// anything.
func TestInstallRefusesWritable(t *testing.T) {
	script := stage(t, "1.0.0", false) + "/install.sh"
	for _, name := range []string{
		"", "bin", "lib", "lib/descope-mgmt", "share", "share/bash-completion", "share/bash-completion/completions", "share/zsh/site-functions",
		"share/fish/vendor_completions.d", "share/man", "share/man/man1", "..", "../..",
	} {
		t.Run(name, func(t *testing.T) {
			prefix := filepath.Join(t.TempDir(), "above", "more", "prefix")
			open := filepath.Join(prefix, name)
			must(t, "mkdir", "-p", prefix, open)
			must(t, "chmod", "0757", open)
			refused(t, "everybody may write to "+open, script, prefix)
			if name != "lib/descope-mgmt" {
				expect(t, "made", must(t, "sh", "-c", `ls "$1/lib/descope-mgmt" 2>/dev/null || true`, "sh", prefix), "")
			}
		})
	}
	t.Run("where a link leads", func(t *testing.T) {
		folder := t.TempDir()
		must(t, "mkdir", "-p", folder+"/open/inner")
		must(t, "chmod", "0757", folder+"/open")
		must(t, "ln", "-s", "open/inner", folder+"/link")
		refused(t, "everybody may write to "+folder+"/open", script, folder+"/link/prefix")
	})
}

// TestInstallAmongOthers: a sticky bit keeps others from replacing what is not
// theirs, and no more.
func TestInstallAmongOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const stranger = "54321"
	script := stage(t, "1.0.0", false) + "/install.sh"
	sticky := func(t *testing.T, name string) (prefix string) {
		t.Helper()
		prefix = filepath.Join(t.TempDir(), "prefix")
		must(t, "mkdir", "-p", filepath.Join(prefix, name))
		must(t, "chmod", "1777", filepath.Join(prefix, name))
		return prefix
	}
	t.Run("nothing of theirs", func(t *testing.T) {
		prefix := sticky(t, "lib")
		if out := must(t, script, prefix); strings.Contains(out, "warning") {
			t.Error(out)
		}
	})
	t.Run("a folder of theirs", func(t *testing.T) {
		prefix := sticky(t, "lib")
		must(t, "mkdir", prefix+"/lib/descope-mgmt")
		must(t, "chown", stranger, prefix+"/lib/descope-mgmt")
		refused(t, prefix+"/lib/descope-mgmt belongs to", script, prefix)
	})
	t.Run("a link of theirs", func(t *testing.T) {
		prefix := sticky(t, "bin")
		must(t, "ln", "-s", "../lib/descope-mgmt/current/descope-mgmt", prefix+"/bin/descope-mgmt")
		must(t, "chown", "-h", stranger, prefix+"/bin/descope-mgmt")
		refused(t, prefix+"/bin/descope-mgmt belongs to", script, prefix)
	})
	t.Run("a group", func(t *testing.T) {
		prefix := filepath.Join(t.TempDir(), "prefix")
		must(t, "mkdir", "-p", prefix+"/bin")
		must(t, "chgrp", stranger, prefix+"/bin")
		must(t, "chmod", "0775", prefix+"/bin")
		if out := must(t, script, prefix); !strings.Contains(out, "warning: the group gid "+stranger+" may write to "+prefix+"/bin, ") {
			t.Error(out)
		}
		expect(t, "installed all the same", current(t, prefix), "1.0.0")
	})
	t.Run("a folder above", func(t *testing.T) {
		folder := t.TempDir()
		must(t, "chown", stranger, folder)
		if out := must(t, script, folder+"/prefix"); !strings.Contains(out, "warning: "+folder+" belongs to uid "+stranger) {
			t.Error(out)
		}
	})
}

// TestInstallClearsLeftovers: kill -9 leaves what it was at.
func TestInstallClearsLeftovers(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "prefix")
	from := stage(t, "1.0.0", false)
	if out, err := sh(t, "022", with(t, "sync", "kill -9 $PPID", from+"/install.sh", prefix)...); err == nil {
		t.Fatalf("it was not killed\n%s", out)
	}
	if leftovers(t, prefix) == "" {
		t.Fatal("nothing was left behind")
	}
	lib := filepath.Join(prefix, "lib", "descope-mgmt")
	alive := fmt.Sprintf("%s/.0.9.0.%s.%d.new", lib, strings.TrimSpace(must(t, "uname", "-n")), os.Getpid())
	elsewhere, old := lib+"/.0.9.0.another-machine.1.new", lib+"/.0.9.0.another-machine.2.new"
	must(t, "mkdir", alive, elsewhere, old)
	long := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	must(t, from+"/install.sh", prefix)
	for path, want := range map[string]bool{alive: true, elsewhere: true, old: false} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", path, err == nil, want)
		}
		must(t, "rm", "-rf", path)
	}
	expect(t, "left behind", leftovers(t, prefix), "")
}

// TestInstallKeepsWhatIsNotOurs: it is named before anything is made, and stays.
func TestInstallKeepsWhatIsNotOurs(t *testing.T) {
	script := stage(t, "1.0.0", false) + "/install.sh"
	for _, name := range []string{
		"bin/descope-mgmt", "lib/descope-mgmt/current", "lib/descope-mgmt/previous", "share/bash-completion/completions/descope-mgmt",
		"share/zsh/site-functions/_descope-mgmt", "share/fish/vendor_completions.d/descope-mgmt.fish", "share/man/man1/descope-mgmt.1",
	} {
		for what, create := range map[string]string{"file": `echo mine >"$1"`, "link": `ln -s /opt/other/program "$1"`} {
			t.Run(name+" is a "+what, func(t *testing.T) {
				prefix := filepath.Join(t.TempDir(), "prefix")
				path := filepath.Join(prefix, name)
				must(t, "sh", "-c", `mkdir -p "${1%/*}"; `+create, "sh", path)
				before := must(t, "find", prefix)
				refused(t, path+" is ", script, prefix)
				expect(t, "the folder", must(t, "find", prefix), before)
			})
		}
	}
	t.Run("uninstall", func(t *testing.T) {
		prefix := filepath.Join(t.TempDir(), "prefix")
		must(t, script, prefix)
		foreign := []string{prefix + "/bin/descope-mgmt", prefix + "/share/man/man1/descope-mgmt.1"}
		for _, path := range foreign {
			must(t, "ln", "-sf", "/opt/lib/descope-mgmt/current/descope-mgmt", path)
		}
		must(t, script, "--uninstall", prefix)
		for _, path := range foreign {
			must(t, "readlink", path)
		}
	})
}

// TestInstallForOneself: a folder that is closed to others makes the program theirs
// who own it, and that is said.
func TestInstallForOneself(t *testing.T) {
	parent := t.TempDir()
	must(t, "chmod", "0755", parent, filepath.Dir(parent))
	prefix := filepath.Join(parent, "prefix")
	script := stage(t, "1.0.0", false) + "/install.sh"
	if out, err := sh(t, "077", script, prefix); err != nil || strings.Contains(out, "note:") {
		t.Errorf("%v\n%s", err, out)
	}
	must(t, "chmod", "0700", prefix)
	out := must(t, script, prefix)
	if want := "note: others cannot run it, because " + prefix + " is closed to them"; !strings.Contains(out, want) {
		t.Errorf("want %q in\n%s", want, out)
	}
}
