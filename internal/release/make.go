package release

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Maker makes the files of a release.
type Maker struct {
	Source  Source
	Scratch string // an empty folder for what is in between
}

// flags are those of the linker: no tables for debuggers, and what the program says
// of its origin. The go command would put that in too, but not the same where
// tags are missing, or the source lies in a worktree or in no repository.
func (s Source) flags() string {
	const set = " -X github.com/portcoconnect/pcc-descope-mgmt/internal/cli."
	return "-s -w" + set + "buildVersion=" + s.Version + set + "buildCommit=" + s.Commit + set + "buildDate=" + s.Time.Format(time.RFC3339)
}

// Build builds the static binary for one platform and returns its path. What the
// builder's own settings could change about it is set here.
func (m Maker) Build(ctx context.Context, target Target) (string, error) {
	binary := filepath.Join(m.Scratch, target.Name(m.Source.Version), target.Binary())
	env := []string{
		"CGO_ENABLED=0", "GOOS=" + target.OS, "GOARCH=" + target.Arch, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off",
	}
	_, err := output(ctx, m.Source.Root, env, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", m.Source.flags(), "-o", binary, "./cmd/"+Program)
	return binary, err
}

// Release returns the files of a release by name: for each platform an archive
// and the list of what is in the binary, and the checksums of all.
func (m Maker) Release(ctx context.Context, targets []Target) (map[string][]byte, error) {
	common, err := m.common(ctx)
	if err != nil {
		return nil, err
	}
	made := map[string][]byte{}
	for _, target := range targets {
		files, sbom, err := m.files(ctx, target, common)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", target, err)
		}
		var archive bytes.Buffer
		name := target.Archive(m.Source.Version)
		if err := WriteArchive(&archive, name, target.Name(m.Source.Version), files, m.Source.Time); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		made[name], made[target.Name(m.Source.Version)+".cdx.json"] = archive.Bytes(), sbom
	}
	made[ChecksumsName] = Checksums(made)
	return made, nil
}

// Stage returns what an archive for this machine would hold.
func (m Maker) Stage(ctx context.Context) ([]File, error) {
	common, err := m.common(ctx)
	if err != nil {
		return nil, err
	}
	files, _, err := m.files(ctx, host(), common)
	return files, err
}

func host() Target { return Target{runtime.GOOS, runtime.GOARCH} }

// files are those of one platform's archive, and the list of what is in the
// binary.
func (m Maker) files(ctx context.Context, target Target, common []File) (files []File, sbom []byte, err error) {
	binary, err := m.Build(ctx, target)
	if err != nil {
		return nil, nil, err
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return nil, nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(data))
	if err != nil {
		return nil, nil, err
	}
	var modules []string
	for _, module := range info.Deps {
		modules = append(modules, module.Path)
	}
	licences, err := ReadLicences(ctx, m.Source.Root, modules)
	if err != nil {
		return nil, nil, err
	}
	sbom, err = WriteSBOM(info, target, m.Source.Version, data, licences, m.Source.Time)
	files = append(slices.Clone(common),
		File{Name: target.Binary(), Data: data, Program: true}, File{Name: "THIRD-PARTY-LICENSES.txt", Data: Notices(licences)})
	if target.OS != "windows" {
		files = append(files, File{Name: versionName, Data: []byte(m.Source.Version + "\n")})
		installer, err := os.ReadFile(filepath.Join(m.Source.Root, "tools", installerName))
		if err != nil {
			return nil, nil, err
		}
		files = append(files, File{Name: installerName, Data: installer, Program: true})
	}
	return files, sbom, err
}

const (
	versionName   = "VERSION"
	installerName = "install.sh"
)

// completions are the files that shells look for, by shell.
func completions() map[string]string {
	return map[string]string{
		"bash": Program + ".bash", "zsh": "_" + Program, "fish": Program + ".fish", "powershell": Program + ".ps1",
	}
}

// common is what all archives hold: pages to read, completions and man pages, as
// the program for this machine makes them.
func (m Maker) common(ctx context.Context) ([]File, error) {
	var files []File
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join(m.Source.Root, name))
		if errors.Is(err, fs.ErrNotExist) && name == "LICENSE" {
			continue // whose owner has not decided on one
		}
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Data: text})
	}
	binary, err := m.Build(ctx, host())
	if err != nil {
		return nil, err
	}
	scripts := completions()
	for _, shell := range slices.Sorted(maps.Keys(scripts)) {
		script, err := output(ctx, m.Scratch, nil, binary, "completion", shell)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: "completions/" + scripts[shell], Data: []byte(script + "\n")})
	}
	pages, err := m.manPages(ctx)
	return append(files, pages...), err
}

// manPages has the generator write them.
func (m Maker) manPages(ctx context.Context) ([]File, error) {
	const generator = "internal/cli/genman"
	folder := filepath.Join(m.Scratch, "man")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if _, err := output(ctx, m.Source.Root, nil, "go", "run", "./"+generator, folder); err != nil {
		return nil, err
	}
	var files []File
	written := os.DirFS(folder)
	err := fs.WalkDir(written, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		page, err := fs.ReadFile(written, name)
		section := strings.TrimPrefix(path.Ext(name), ".")
		files = append(files, File{Name: "man/man" + section + "/" + path.Base(name), Data: page})
		return err
	})
	return files, err
}
