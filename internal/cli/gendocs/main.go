// Command gendocs writes the command reference: go run ./internal/cli/gendocs
// docs/commands.md. With -check it only says whether the file is current.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
)

func main() {
	check := flag.Bool("check", false, "fail when the file is not current, and write nothing")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: gendocs [-check] FILE")
	}
	path, want := flag.Arg(0), cli.Reference()
	if !*check {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // a page of documentation, for everybody to read
			log.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	if string(have) != want {
		log.Fatalf("%s is not current: run make docs", path)
	}
}
