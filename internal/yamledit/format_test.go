package yamledit_test

import (
	"os"
	"testing"
	"fmt"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

func TestScratch(t *testing.T) {
	text, _ := os.ReadFile(os.Getenv("SCRATCH"))
	out, err := yamledit.Format(text, yamledit.YAML, func(path []string) map[string]int {
		switch len(path) {
		case 0:
			return map[string]int{"version": 1, "auth": 2, "tenants": 3, "flows":4}
		case 2:
			return map[string]int{"id": 1, "name": 2}
		}
		return nil
	})
	fmt.Printf("%s\n%v\n", out, err)
	again, err := yamledit.Format(out, yamledit.YAML, nil)
	if string(again) != string(out) {
		fmt.Println("NOT IDEMPOTENT", err, string(again))
	}
}
