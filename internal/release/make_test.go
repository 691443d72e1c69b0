package release_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/release"
)

// smallRepository has all that a release is made of, with a program that is built
// in no time.
func smallRepository(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "repository")
	for name, text := range map[string]string{
		"go.mod": "module example.com/small\n\ngo 1.26.0\n", "LICENSE": "Nobody may use it.\n", "README.md": "read\n", "CHANGELOG.md": "changed\n",
		"tools/install.sh":           "#!/bin/sh\n",
		"cmd/descope-mgmt/main.go":   "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(os.Args[1] + \" for \" + os.Args[2] + \"\\n\") }\n",
		"internal/cli/genman/man.go": "package main\n\nimport \"os\"\n\nfunc main() {\n\tif err := os.WriteFile(os.Args[1]+\"/descope-mgmt.1\", []byte(\"page\\n\"), 0o600); err != nil {\n\t\tpanic(err)\n\t}\n}\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// TestTwoReleasesAreTheSame, though they are made in two folders. make
// release-check does that with the real program and an empty cache.
func TestTwoReleasesAreTheSame(t *testing.T) {
	target := release.Target{OS: runtime.GOOS, Arch: runtime.GOARCH}
	made := func() map[string][]byte {
		maker := release.Maker{Source: release.Source{Root: smallRepository(t), Version: "1.2.3", Commit: "0c8e", Time: moment().UTC()}, Scratch: t.TempDir()}
		files, err := maker.Release(t.Context(), []release.Target{target})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	first, second := made(), made()
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("the bytes differ")
	}
	name := target.Name("1.2.3")
	want := []string{release.ChecksumsName, target.Archive("1.2.3"), name + ".cdx.json"}
	if got := slices.Sorted(maps.Keys(first)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Fatalf("got %v, want %v", got, want)
	}
	sums := first[release.ChecksumsName]
	delete(first, release.ChecksumsName)
	if !bytes.Equal(sums, release.Checksums(first)) || !json.Valid(first[name+".cdx.json"]) {
		t.Errorf("the checksums or the list of what is inside are wrong:\n%s", sums)
	}
	if target.OS == "windows" {
		return // the rest is about the other kind of archive
	}
	var names []string
	for _, one := range untar(t, first[target.Archive("1.2.3")]) {
		inside := strings.TrimPrefix(one.name, name+"/")
		names = append(names, inside)
		if text, known := map[string]string{"completions/_descope-mgmt": "completion for zsh\n", "man/man1/descope-mgmt.1": "page\n", "VERSION": "1.2.3\n"}[inside]; known && one.text != text {
			t.Errorf("%s holds %q", inside, one.text)
		}
	}
	inside := []string{
		"CHANGELOG.md", "LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt", "VERSION", "completions/_descope-mgmt", "completions/descope-mgmt.bash",
		"completions/descope-mgmt.fish", "completions/descope-mgmt.ps1", "descope-mgmt", "install.sh", "man/man1/descope-mgmt.1",
	}
	if !slices.Equal(names, inside) {
		t.Errorf("got  %v\nwant %v", names, inside)
	}
}

func TestStageAndFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "dist")
	first := map[string][]byte{"descope-mgmt_1.0.0_linux_amd64.tar.gz": []byte("1"), "SHA256SUMS": []byte("1"), "SHA256SUMS.sig": []byte("1"), "notes.md": []byte("mine")}
	if err := release.WriteFolder(folder, first); err != nil {
		t.Fatal(err)
	}
	if err := release.WriteFolder(folder, map[string][]byte{"SHA256SUMS": []byte("2")}); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 || entries[0].Name() != "SHA256SUMS" || entries[1].Name() != "notes.md" {
		t.Errorf("%v, %v", entries, err)
	}
	if err := release.WriteStage(folder, nil); err == nil {
		t.Error("a folder of somebody's is taken for a stage")
	}
	maker := release.Maker{Source: release.Source{Root: smallRepository(t), Version: "1.2.3", Time: moment()}, Scratch: t.TempDir()}
	files, err := maker.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stage := filepath.Join(t.TempDir(), "stage")
	for range 2 {
		if err := release.WriteStage(stage, files); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(maker.Source.Root, "README.md")); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Stage(t.Context()); err == nil {
		t.Error("a release without its page is made")
	}
}
