// Command gendocs writes the command reference, a page for each command, and removes the
// pages of commands that are no more: go run ./internal/cli/gendocs docs/commands. With
// -check it only says whether the folder is current.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
)

func main() {
	check := flag.Bool("check", false, "fail when the folder is not current, and write nothing")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: gendocs [-check] DIR")
	}
	dir := flag.Arg(0)
	stale, err := compare(dir, cli.Reference())
	if err == nil && !*check {
		err = stale.mend(dir)
	}
	if err != nil {
		log.Fatal(err)
	}
	if *check && len(stale) > 0 {
		log.Printf("%s is not current: run make docs", dir)
		for _, name := range stale.names() {
			log.Printf("  %s", name)
		}
		os.Exit(1)
	}
}
