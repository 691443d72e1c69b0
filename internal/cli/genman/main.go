// Command genman writes the manual pages of all commands, one a file, into a folder:
// go run ./internal/cli/genman DIR. They are made from the commands, as the reference
// is, and are the same for the same source: their date is that of SOURCE_DATE_EPOCH,
// in seconds since 1970, and without it they have none.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/cli"
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: genman DIR")
	}
	if err := write(flag.Arg(0), os.Getenv("SOURCE_DATE_EPOCH")); err != nil {
		log.Fatal(err)
	}
}

// write makes the folder where it is not there, and the pages in it.
func write(folder, epoch string) error {
	date, err := dateOf(epoch)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // pages of documentation, for everybody to read
		return err
	}
	for _, page := range cli.ManPages(date) {
		if err := os.WriteFile(filepath.Join(folder, page.Name), []byte(page.Text), 0o644); err != nil { //nolint:gosec // as above
			return err
		}
	}
	return nil
}

// dateOf is the day of a moment in seconds since 1970, in UTC; empty for none.
func dateOf(epoch string) (string, error) {
	if epoch == "" {
		return "", nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil || seconds < 0 {
		return "", fmt.Errorf("SOURCE_DATE_EPOCH: %w", errors.Join(err, errors.New("it must be seconds since 1970")))
	}
	return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
}
