// Command descope-mgmt makes Descope projects match the YAML in git.
package main

import (
	"os"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
)

func main() { os.Exit(cli.Main()) }
