package cli

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// TestAnEditWhileSomebodyIsAskedIsNotOverwritten: while a prompt waits others go
// on working, and what was approved is what runs. A run that asks nobody costs
// not a call more.
func TestAnEditWhileSomebodyIsAskedIsNotOverwritten(t *testing.T) {
	const acme, beta = `{"id":"acme","name":"By the console"}`, `{"id":"beta","name":"By the console"}`
	cases := map[string]struct {
		args, answer string
		edit         string // what somebody does meanwhile; empty: nothing
		want         Status
		lists        int
	}{
		"an update":                    {"tenant update acme --name Wanted", "yes\n", acme, StatusRefused, 2},
		"an update, undisturbed":       {"tenant update acme --name Wanted", "yes\n", "", StatusOK, 3},
		"an update, another's edit":    {"tenant update acme --name Wanted", "yes\n", beta, StatusOK, 3},
		"an update that was made":      {"tenant update acme --name", "yes\n", acme, StatusOK, 2},
		"an update, without asking":    {"tenant update acme --name Wanted --yes", "", "", StatusOK, 2},
		"a delete":                     {"tenant delete acme", "1\n", acme, StatusRefused, 2},
		"an apply":                     {"apply", "yes\n", acme, StatusRefused, 2},
		"an undo":                      {"undo", "yes\n", acme, StatusOK, 2},
		"a restore":                    {"backup restore latest", "yes\n", acme, StatusRefused, 2},
		"an edit, and nobody says yes": {"tenant update acme --name Wanted", "no\n", acme, StatusRefused, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			app, out, errs := person(t, url, "version: \"1.0\"\ntenants: [{ id: acme, name: Wanted }]\n")
			for _, line := range []string{"tenant create acme --name Acme --yes", "tenant create beta --name Beta --yes", "tenant update acme --name New --yes"} {
				if got := app.Run(t.Context(), strings.Fields(line)); got != StatusOK {
					t.Fatalf("%s: status %d\n%s", line, got, errs)
				}
			}
			out.Reset()
			args := strings.Fields(c.args)
			if name == "an update that was made" {
				args = append(args, "By the console")
			}
			before := requests(t, url)["/v1/mgmt/tenant/all"]
			app.answers = nil
			app.In = &meanwhile{answer: strings.NewReader(c.answer), happens: func() {
				if c.edit == "" {
					return
				}
				if _, err := fetch(t.Context(), http.MethodPatch, url, "/v1/mgmt/tenant/patch", c.edit); err != nil {
					t.Error(err)
				}
			}}
			got := app.Run(t.Context(), append(args, "--format", "json"))
			if name == "an undo" { // the edit is a conflict now, and nothing else is left
				if got != StatusPartial || !strings.Contains(out.String(), `"changed_since"`) {
					t.Errorf("status %d\n%s%s", got, out, errs)
				}
			} else if got != c.want {
				t.Errorf("status %d, want %d\n%s%s", got, c.want, out, errs)
			}
			if lists := requests(t, url)["/v1/mgmt/tenant/all"] - before; lists != c.lists {
				t.Errorf("%d lists, want %d", lists, c.lists)
			}
			if edited := strings.Contains(liveOf(t, url), "By the console"); edited != (c.edit != "") {
				t.Errorf("the edit is there: %v\n%s", edited, liveOf(t, url))
			}
			if c.want == StatusRefused && c.lists > 1 && !strings.Contains(out.String(), `"stale_plan"`) {
				t.Errorf("the code is missing in\n%s", out)
			}
		})
	}
}

// TestAnEditThatTheBackupSawIsNotOverwritten: a plan may be a minute old before
// its objects are looked at again for the backup.
func TestAnEditThatTheBackupSawIsNotOverwritten(t *testing.T) {
	for name, c := range map[string]struct {
		edit string
		want Status
	}{
		"what the plan writes": {`{"id":"acme","name":"By the console"}`, StatusRefused},
		"something else":       {`{"id":"beta","name":"By the console"}`, StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			app, out, errs := person(t, url, "version: \"1.0\"\ntenants: [{ id: acme, name: Wanted }]\n")
			for _, line := range []string{"tenant create acme --name Acme --yes", "tenant create beta --name Beta --yes"} {
				if got := app.Run(t.Context(), strings.Fields(line)); got != StatusOK {
					t.Fatalf("%s: status %d\n%s", line, got, errs)
				}
			}
			out.Reset()
			var edited atomic.Bool
			app.Now = func() time.Time {
				if !edited.Load() {
					if !strings.Contains(out.String(), "Plan for project") {
						return time.Now()
					}
					edited.Store(true)
					if _, err := fetch(t.Context(), http.MethodPatch, url, "/v1/mgmt/tenant/patch", c.edit); err != nil {
						t.Error(err)
					}
				}
				return time.Now().Add(2 * freshFor)
			}
			if got := app.Run(t.Context(), []string{"apply", "--yes"}); got != c.want || !edited.Load() {
				t.Errorf("status %d, want %d; edited: %v\n%s%s", got, c.want, edited.Load(), out, errs)
			}
			if !strings.Contains(liveOf(t, url), "By the console") {
				t.Errorf("the edit is gone: %s", liveOf(t, url))
			}
		})
	}
}
