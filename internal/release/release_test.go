package release_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/release"
)

// TestMain lets this test binary stand for the program, so that nothing is built
// for these tests alone.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == release.Program {
		os.Exit(cli.Main())
	}
	m.Run()
}

func moment() time.Time {
	return time.Date(2026, 11, 26, 14, 22, 33, 987, time.FixedZone("east", 3600))
}

// entry is what an archive says of one file.
type entry struct {
	name, text, mode, owner string
	at                      time.Time
}

func untar(t *testing.T, data []byte) []entry {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var found []entry
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s belongs to %d:%d", header.Name, header.Uid, header.Gid)
		}
		found = append(found, entry{header.Name, string(text), header.FileInfo().Mode().String(), header.Uname + header.Gname, header.ModTime.UTC()})
	}
}

func unzip(t *testing.T, data []byte) []entry {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var found []entry
	for _, file := range archive.File {
		opened, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, entry{file.Name, string(text), file.Mode().String(), "", file.Modified.UTC()})
	}
	return found
}

// TestArchivesDependOnNothingElse: the order in which files come, and the zone of
// the clock, are not in them.
func TestArchivesDependOnNothingElse(t *testing.T) {
	files := []release.File{
		{Name: "man/man1/descope-mgmt.1", Data: []byte("page")},
		{Name: "descope-mgmt", Data: []byte("program"), Program: true},
		{Name: "README.md", Data: nil},
		{Name: "completions/_descope-mgmt", Data: []byte("zsh")},
	}
	at := moment().UTC().Truncate(time.Second)
	want := []entry{
		{"top/README.md", "", "-rw-r--r--", "", at},
		{"top/completions/_descope-mgmt", "zsh", "-rw-r--r--", "", at},
		{"top/descope-mgmt", "program", "-rwxr-xr-x", "", at},
		{"top/man/man1/descope-mgmt.1", "page", "-rw-r--r--", "", at},
	}
	for name, read := range map[string]func(*testing.T, []byte) []entry{"a.tar.gz": untar, "a.zip": unzip} {
		t.Run(name, func(t *testing.T) {
			var first bytes.Buffer
			if err := release.WriteArchive(&first, name, "top", files, moment()); err != nil {
				t.Fatal(err)
			}
			if got := read(t, first.Bytes()); !slices.Equal(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			for range 20 {
				shuffled := slices.Clone(files)
				rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				var again bytes.Buffer
				if err := release.WriteArchive(&again, name, "top", shuffled, moment().In(time.FixedZone("west", -3600))); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(again.Bytes(), first.Bytes()) {
					t.Fatal("the bytes differ")
				}
			}
		})
	}
}

func TestChecksums(t *testing.T) {
	got := string(release.Checksums(map[string][]byte{"b": []byte("b"), "a": nil}))
	want := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n" +
		"3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d  b\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTargets(t *testing.T) {
	all, err := release.ParseTargets("all")
	if err != nil || len(all) != 6 {
		t.Errorf("%v, %v", all, err)
	}
	got, err := release.ParseTargets("linux/amd64,windows/arm64")
	if err != nil || len(got) != 2 || got[0].Archive("1.2.3") != "descope-mgmt_1.2.3_linux_amd64.tar.gz" ||
		got[1].Archive("1.2.3") != "descope-mgmt_1.2.3_windows_arm64.zip" || got[0].Binary() != "descope-mgmt" || got[1].Binary() != "descope-mgmt.exe" {
		t.Errorf("%v, %v", got, err)
	}
	for _, wrong := range []string{"", "linux", "linux/amd64,", "plan9/amd64", "linux/amd64/v3"} {
		if _, err := release.ParseTargets(wrong); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

// TestSBOMListsWhatIsInside with the modules of the program: each has a licence with a name, and its text is among the notices.
func TestSBOMListsWhatIsInside(t *testing.T) {
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "../../cmd/descope-mgmt").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Compact(slices.Sorted(strings.Lines(string(listed))))
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Path: "github.com/portcoconnect/pcc-descope-mgmt"}}
	var modules []string
	for _, line := range lines {
		if path, version, found := strings.Cut(strings.TrimSpace(line), " "); found {
			info.Deps = append(info.Deps, &debug.Module{Path: path, Version: version, Sum: "h1:" + path})
			modules = append(modules, path)
		}
	}
	if len(modules) < 10 {
		t.Fatalf("the program has the modules %v only", modules)
	}
	licences, err := release.ReadLicences(t.Context(), "../..", modules)
	if err != nil {
		t.Fatal(err)
	}
	target := release.Target{OS: "linux", Arch: "amd64"}
	write := func(binary string) string {
		text, err := release.WriteSBOM(info, target, "1.2.3+4", []byte(binary), licences, moment())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	text := write("binary")
	if text != write("binary") || text == write("other") {
		t.Error("the document does not follow from the binary")
	}
	var document struct {
		BOMFormat, SpecVersion, SerialNumber string
		Metadata                             struct {
			Timestamp string
			Component struct{ PURL string }
		}
		Components []struct {
			Name, Version, PURL string
			Licenses            []struct{ License struct{ ID string } }
		}
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	if document.BOMFormat != "CycloneDX" || document.SpecVersion != "1.6" || len(document.SerialNumber) != len("urn:uuid:")+36 ||
		document.Metadata.Timestamp != "2026-11-26T13:22:33Z" || document.Metadata.Component.PURL != "pkg:golang/github.com/portcoconnect/pcc-descope-mgmt@1.2.3%2B4" {
		t.Errorf("the head is wrong:\n%.600s", text)
	}
	if got, want := len(document.Components), len(modules)+1; got != want || document.Components[0].Name != "stdlib" {
		t.Errorf("%d components, want %d", got, want)
	}
	notices := string(release.Notices(licences))
	for _, one := range document.Components {
		if len(one.Licenses) != 1 || one.Licenses[0].License.ID == "" {
			t.Errorf("%s has no licence with a name", one.Name)
		}
		if text := licences[one.Name].Text; len(text) < 300 || !strings.Contains(notices, text) {
			t.Errorf("the notices lack the licence of %s", one.Name)
		}
	}
}

func TestSBOMRefusesReplacedModules(t *testing.T) {
	info := &debug.BuildInfo{Deps: []*debug.Module{{Path: "example.com/a", Version: "v1.0.0", Replace: &debug.Module{Path: "../a"}}}}
	if _, err := release.WriteSBOM(info, release.Targets()[0], "1.0.0", nil, nil, moment()); err == nil {
		t.Error("a module that only this machine has is taken")
	}
}

func TestDescribe(t *testing.T) {
	repository := t.TempDir()
	git := func(arguments ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "git", append([]string{"-C", repository, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, arguments...)...)
		command.Env = append(os.Environ(), "GIT_AUTHOR_DATE=1795702953 +0000", "GIT_COMMITTER_DATE=1795702953 +0000", "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", arguments, err, out)
		}
	}
	describe := func(given, epoch string) string {
		t.Helper()
		source, err := release.Describe(t.Context(), repository, given, "1.0.0-dev", epoch)
		if err != nil {
			return err.Error()
		}
		return source.Version + " " + source.Time.Format(time.RFC3339)
	}
	expect := func(what, got, pattern string) {
		t.Helper()
		if before, after, _ := strings.Cut(pattern, "*"); !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
			t.Errorf("%s: got %q, want %q", what, got, pattern)
		}
	}
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	expect("no repository", describe("", ""), "without a commit, say SOURCE_DATE_EPOCH and VERSION: *")
	unknown, err := release.Describe(t.Context(), repository, "1.2.3", "", "0")
	if err != nil || unknown.Commit != "" {
		t.Errorf("a source archive: %+v, %v", unknown, err)
	}
	expect("a source archive", describe("1.2.3", "0"), "1.2.3 1970-01-01T00:00:00Z")
	git("init", "--quiet")
	git("commit", "--quiet", "--allow-empty", "-m", "one")
	expect("a commit", describe("", ""), "1.0.0-dev+* 2026-11-26T14:22:33Z")
	git("tag", "latest")
	expect("another tag", describe("", ""), "1.0.0-dev+*")
	git("tag", "v1.2.3-rc.1")
	expect("a tag", describe("", ""), "1.2.3-rc.1 2026-11-26T14:22:33Z")
	expect("a version that is given", describe("v2.0.0", "60"), "2.0.0 1970-01-01T00:01:00Z")
	if err := os.WriteFile(filepath.Join(repository, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect("changes", describe("", ""), "1.0.0-dev+*.dirty 2026-11-26T14:22:33Z")
	changed, err := release.Describe(t.Context(), repository, "2.0.0", "", "")
	if commit, dirty := strings.CutSuffix(changed.Commit, "-dirty"); err != nil || !dirty || len(commit) != 40 {
		t.Errorf("changes: %+v, %v", changed, err)
	}
	expect("no version", describe("next", ""), "\"next\" is no version*")
	expect("a version that leads elsewhere", describe("1.2.3/../4", ""), "\"1.2.3/../4\" is no version*")
	expect("no time", describe("1.2.3", "yesterday"), "the time \"yesterday\" is no number*")
}
