package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func pages(t *testing.T, epoch string) (folder string, texts map[string]string) {
	t.Helper()
	folder, texts = filepath.Join(t.TempDir(), "share", "man1"), map[string]string{}
	if err := write(folder, epoch); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[entry.Name()] = string(text)
	}
	return folder, texts
}

func TestPages(t *testing.T) {
	_, texts := pages(t, "1764115200")
	for name, wants := range map[string][]string{
		"descope-mgmt.1": {
			`.TH DESCOPE\-MGMT 1 "2025\-11\-26"`, ".SH COMMANDS", ".SH OPTIONS", `\fB\-e\fR, \fB\-\-environment\fR \fINAME\fR`, ".SH EXIT STATUS",
			`\fBdescope\-mgmt\-tenant\fR(1)`,
		},
		"descope-mgmt-tenant-sync.1": {
			".SH NAME", `descope\-mgmt\-tenant\-sync \- `, ".SH SYNOPSIS", ".SH DESCRIPTION", `\fB\-\-target\fR \fIGLOB\fR`, ".SH EXAMPLES", ".SH EXIT STATUS",
			`\fBdescope\-mgmt\-tenant\fR(1)`,
		},
		"descope-mgmt-help.1": {".SH NAME"},
	} {
		for _, want := range wants {
			if !strings.Contains(texts[name], want) {
				t.Errorf("%s lacks %q", name, want)
			}
		}
	}
	for name, text := range texts {
		for number, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "'") || strings.IndexFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) >= 0 {
				t.Errorf("%s:%d: %q", name, number+1, line)
			}
		}
	}
	if _, there := texts["descope-mgmt-__complete.1"]; there {
		t.Error("a hidden command has a page")
	}
}

func TestPagesAreTheSameForTheSameSource(t *testing.T) {
	_, first := pages(t, "")
	_, second := pages(t, "")
	_, dated := pages(t, "0")
	for name, text := range first {
		if second[name] != text {
			t.Errorf("%s differs", name)
		}
		if !strings.Contains(text, `.TH `) || strings.Contains(strings.SplitN(text, "\n", 3)[1], "19") || !strings.Contains(dated[name], `"1970\-01\-01"`) {
			t.Errorf("%s: the date of\n%s", name, strings.SplitN(text, "\n", 3)[1])
		}
	}
	if len(first) < 50 || len(first) != len(second) {
		t.Errorf("%d and %d pages", len(first), len(second))
	}
}

func TestDates(t *testing.T) {
	for _, wrong := range []string{"yesterday", "-1", "1.5"} {
		if err := write(t.TempDir(), wrong); err == nil || !strings.Contains(err.Error(), "SOURCE_DATE_EPOCH") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestFormatters hold the pages against what is installed of groff, man and mandoc.
func TestFormatters(t *testing.T) {
	folder, texts := pages(t, "0")
	var files []string
	for name := range texts {
		files = append(files, filepath.Join(folder, name))
	}
	slices.Sort(files)
	for _, formatter := range [][]string{
		{"groff", "-man", "-Tutf8", "-ww", "-z"},
		{"mandoc", "-Tlint", "-Wwarning"},
	} {
		t.Run(formatter[0], func(t *testing.T) {
			path, err := exec.LookPath(formatter[0])
			if err != nil {
				t.Skipf("%s is not installed", formatter[0])
			}
			out, err := exec.CommandContext(t.Context(), path, append(formatter[1:], files...)...).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	t.Run("man", func(t *testing.T) {
		path, err := exec.LookPath("man")
		if err != nil {
			t.Skip("man is not installed")
		}
		cmd := exec.CommandContext(t.Context(), path, "-l", filepath.Join(folder, "descope-mgmt-tenant-sync.1"))
		cmd.Env = append(os.Environ(), "MANPAGER=cat", "MANWIDTH=80", "LC_ALL=C")
		out, err := cmd.CombinedOutput()
		for _, want := range []string{"descope-mgmt tenant sync", "--target GLOB", "EXIT STATUS"} {
			if err != nil || !strings.Contains(string(out), want) {
				t.Fatalf("%v: no %q in\n%s", err, want, out)
			}
		}
	})
}
