// Command mkrelease writes the files of a release into a folder:
// go run ./internal/release/mkrelease -out dist. With -stage it writes what an
// archive for this machine holds, not packed, from which tools/install.sh
// installs.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/release"
)

func main() {
	out := flag.String("out", "dist", "the folder to write; what a release before has left in it is removed")
	version := flag.String("version", "", "instead of the tag's, or of the source's with its commit")
	epoch := flag.String("epoch", "", "seconds since 1970, instead of the commit's time")
	platforms := flag.String("targets", "all", "platforms, such as linux/amd64,windows/arm64")
	list := flag.Bool("list", false, "only list the platforms")
	stage := flag.Bool("stage", false, "write the files for this machine, not packed")
	flag.Parse()
	if flag.NArg() != 0 {
		log.Fatal("usage: mkrelease [flags]; see -help")
	}
	if *list {
		for _, target := range release.Targets() {
			fmt.Println(target)
		}
		return
	}
	if err := run(context.Background(), *out, *version, *epoch, *platforms, *stage); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out, version, epoch, platforms string, stage bool) error {
	source, err := release.Describe(ctx, ".", version, cli.SourceVersion, epoch)
	if err != nil {
		return err
	}
	targets, err := release.ParseTargets(platforms)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", release.Program+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	maker := release.Maker{Source: source, Scratch: scratch}
	if stage {
		files, err := maker.Stage(ctx)
		if err != nil {
			return err
		}
		return release.WriteStage(out, files)
	}
	files, err := maker.Release(ctx, targets)
	if err != nil {
		return err
	}
	if err := release.WriteFolder(out, files); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Printf("%9d  %s\n", len(files[name]), filepath.Join(out, name))
	}
	return nil
}
