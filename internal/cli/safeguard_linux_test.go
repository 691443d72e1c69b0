package cli

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// crowded is a project of tenants with much to keep, and a configuration that
// renames one and deletes another.
func crowded(t *testing.T, tenants int) crowd {
	t.Helper()
	place := project{folder: t.TempDir(), url: startTestEmulator(t, emulator.Options{})}
	for i := range tenants {
		place.call(t, "/v1/mgmt/tenant/create", map[string]any{
			"id": fmt.Sprintf("tenant-%04d", i), "name": strconv.Itoa(i), "customAttributes": map[string]any{"text": strings.Repeat("x", 1000)},
		})
	}
	text := "version: \"1.0\"\nmanage: { orphans: ignore }\ntenants: [ { id: tenant-0000, name: New }, { id: tenant-0001, state: absent } ]\n"
	if err := os.WriteFile(filepath.Join(place.folder, "descope.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return crowd{workplace{folder: place.folder, url: place.url}, tenants}
}

// crowd is a workplace that knows how many calls have set it up.
type crowd struct {
	workplace
	setUp int
}

// sent counts the calls that have changed something since.
func (c crowd) sent(t *testing.T) int {
	t.Helper()
	return c.written(t) - c.setUp
}

var crowdedSync = []string{"tenant", "sync", "--yes", "--allow-deletes", "1", "--override-guard", "delete_threshold", "--rate-limits", budgeted}

// whole wants every file of a backup folder that has a backup's name to be one,
// and gives their number.
func whole(t *testing.T, folder string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		return 0
	}
	files, err := backup.OpenDirectory(store.Open(folder), folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := backup.Read(t.Context(), files, filepath.Base(name)); err != nil {
			t.Errorf("torn: %v", err)
		}
	}
	return len(names)
}

func mount(t *testing.T, folder, data string) {
	t.Helper()
	if err := syscall.Mount("none", folder, "tmpfs", 0, data); err != nil {
		t.Skipf("cannot mount a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestNoBackupNoWrite: a run whose backup cannot be kept sends nothing, says
// where it failed and what helps, and leaves no file that looks like a backup.
func TestNoBackupNoWrite(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, folder string)
		cause string
	}{
		"full disk": {func(t *testing.T, folder string) { t.Helper(); mount(t, folder, "size=64k") }, "no space left on device"},
		"read-only folder": {func(t *testing.T, folder string) {
			t.Helper()
			mount(t, folder, "size=64k")
			if err := syscall.Mount("none", folder, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Skip(err)
			}
		}, "read-only file system"},
		"no inodes left": {func(t *testing.T, folder string) { t.Helper(); mount(t, folder, "nr_inodes=1") }, "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			place := crowded(t, 100)
			folder := t.TempDir()
			c.spoil(t, folder)
			for _, format := range formats {
				failed := place.run(t.Context(), append([]string{"--backup-dir", folder, "--format", format}, crowdedSync...)...)
				if failed.status != int(StatusIntegrity) || !strings.Contains(failed.errors, c.cause) || !strings.Contains(failed.errors, folder) ||
					!strings.Contains(failed.errors, "hint: ") || !strings.Contains(failed.errors, "nothing was sent") {
					t.Errorf("%+v", failed)
				}
			}
			if place.sent(t) != 0 || whole(t, folder) != 0 {
				t.Errorf("%d calls wrote; files: %d", place.sent(t), whole(t, folder))
			}
			if lock := place.run(t.Context(), "lock", "status"); !strings.Contains(lock.out, "Free") {
				t.Errorf("the lock afterwards: %s", lock.out)
			}
			if again := place.run(t.Context(), crowdedSync...); again.status != 0 {
				t.Errorf("a run with room for its backup: %+v", again)
			}
		})
	}
}

// TestNoAuditNoWrite: a run that cannot leave its record sends nothing.
func TestNoAuditNoWrite(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, state string){
		"a file in its place": func(t *testing.T, state string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(state, "audit"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"full disk": func(t *testing.T, state string) {
			t.Helper()
			folder := filepath.Join(state, "audit")
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
			mount(t, folder, "nr_inodes=1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			place := crowded(t, 3)
			state := filepath.Join(place.folder, ".descope-mgmt")
			if err := os.MkdirAll(state, 0o700); err != nil {
				t.Fatal(err)
			}
			spoil(t, state)
			failed := place.run(t.Context(), crowdedSync...)
			if failed.status != int(StatusIntegrity) || place.sent(t) != 0 || !strings.Contains(failed.errors, "audit") || !strings.Contains(failed.errors, "hint: ") {
				t.Errorf("%d calls wrote; %+v", place.sent(t), failed)
			}
		})
	}
}

// TestNoLockNoWrite: a run that cannot write its lock or its journal sends nothing,
// and ends as one that cannot keep its records.
func TestNoLockNoWrite(t *testing.T) {
	readOnly := func(t *testing.T, folder string) {
		t.Helper()
		mount(t, folder, "size=64k")
		if err := syscall.Mount("none", folder, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Skip(err)
		}
	}
	full := func(t *testing.T, folder string) { t.Helper(); mount(t, folder, "nr_inodes=1") }
	for name, c := range map[string]struct {
		folder string
		spoil  func(t *testing.T, folder string)
	}{
		"the state, read-only":   {"", readOnly},
		"the state, full":        {"", full},
		"the lock, read-only":    {"projects/*/*/lock", readOnly},
		"the lock, full":         {"projects/*/*/lock", full},
		"the journal, read-only": {"projects/*/*/journals", readOnly},
		"the journal, full":      {"projects/*/*/journals", full},
	} {
		t.Run(name, func(t *testing.T) {
			place := crowded(t, 3)
			if first := place.run(t.Context(), crowdedSync...); first.status != 0 {
				t.Fatalf("%+v", first)
			}
			place.setUp = place.written(t)
			c.spoil(t, place.oneMatch(t, c.folder))
			failed := place.run(t.Context(), "tenant", "create", "new", "--name", "Another", "--yes", "--backup-dir", t.TempDir())
			if failed.status != int(StatusIntegrity) || place.sent(t) != 0 || !strings.Contains(failed.errors, "error: nothing was sent: ") || !strings.Contains(failed.errors, "hint: ") {
				t.Errorf("%d calls wrote; %+v", place.sent(t), failed)
			}
		})
	}
}

// TestABackupFolderThatVanishes: somebody removes the folder again and again. A
// run that could not keep its backup sends nothing.
func TestABackupFolderThatVanishes(t *testing.T) {
	ends := map[int]int{}
	for range rounds(t, killsVariable, 6) {
		place := crowded(t, 50)
		folder := filepath.Join(t.TempDir(), "backups")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for ctx.Err() == nil {
				_ = os.RemoveAll(folder)
			}
		}()
		ran := place.run(t.Context(), append([]string{"--backup-dir", folder}, crowdedSync...)...)
		cancel()
		<-done
		ends[ran.status]++
		switch {
		case ran.status == int(StatusIntegrity) && place.sent(t) == 0:
		case ran.status == int(StatusOK) && place.sent(t) > 0:
		default:
			t.Errorf("%d calls wrote; %+v", place.sent(t), ran)
		}
		whole(t, folder)
	}
	t.Logf("%v", ends)
}

// TestKilledWhileItKeeps: kill -9 while the backup is written. No file under a
// backup's name is torn, and without one nothing was sent.
func TestKilledWhileItKeeps(t *testing.T) {
	if testing.Short() {
		t.Skip("many runs of the program")
	}
	place := crowded(t, 600)
	warm := place.run(t.Context(), append([]string{"--backup-dir", t.TempDir()}, crowdedSync...)...)
	if warm.status != 0 {
		t.Fatalf("%+v", warm)
	}
	ends := map[string]int{}
	for range rounds(t, killsVariable, 8) {
		place := crowded(t, 600)
		folder := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), warm.took/5+time.Duration(rand.Int64N(int64(warm.took)*4/5)))
		ran := place.run(ctx, append([]string{"--backup-dir", folder}, crowdedSync...)...)
		cancel()
		kept, wrote := whole(t, folder), place.sent(t)
		if kept == 0 && wrote > 0 {
			t.Errorf("%d calls wrote without a backup; %+v", wrote, ran)
		}
		ends[fmt.Sprintf("kept %d, wrote %v", kept, wrote > 0)]++
		if again := place.run(t.Context(), append([]string{"--backup-dir", folder}, crowdedSync...)...); again.status != 0 && wrote < 2 && !strings.Contains(again.errors, "--allow-deletes") {
			t.Errorf("the next run: %+v", again)
		}
	}
	t.Logf("%v", ends)
}

// asked does something when it is asked, and then answers.
type asked struct {
	before func()
	answer string
}

func (a *asked) Read(into []byte) (int, error) {
	if a.before == nil {
		return 0, io.EOF
	}
	a.before()
	a.before = nil
	return copy(into, a.answer), nil
}

// A tenant that gets its SSO configuration while somebody looks at the plan, or
// between a plan that nobody is asked about and its backup, is not deleted.
func TestSSOThatComesAfterThePlan(t *testing.T) {
	for name, args := range map[string]string{"somebody looks": "apply", "nobody is asked": "apply --allow-deletes 1"} {
		t.Run(name, func(t *testing.T) {
			url := startTestEmulator(t, emulator.Options{})
			setup, _, _ := person(t, url, twoTenants)
			if got := setup.Run(t.Context(), []string{"apply", "--yes"}); got != StatusOK {
				t.Fatalf("set-up: status %d", got)
			}
			app, out, errs := person(t, url, "version: \"1.0\"\ntenants: [{ id: acme, state: absent }]\n")
			configure := sync.OnceFunc(func() {
				body := `{"tenantId":"acme","settings":{"name":"Okta","clientId":"c","clientSecret":"s","authUrl":"https://i.example.com/a","tokenUrl":"https://i.example.com/t","userDataUrl":"https://i.example.com/u","JWKsUrl":"https://i.example.com/j"}}`
				if _, err := fetch(context.Background(), http.MethodPost, url, "/v1/mgmt/sso/oidc", body); err != nil {
					t.Error(err)
				}
			})
			app.In = &asked{answer: "1\n", before: configure}
			var shown atomic.Bool
			app.Now = func() time.Time {
				if !shown.Load() && strings.Contains(out.String(), "Plan for project") && args != "apply" {
					shown.Store(true)
					configure()
				}
				return time.Now()
			}
			if got := app.Run(t.Context(), strings.Fields(args)); got != StatusRefused {
				t.Errorf("status %d\n%s%s", got, out, errs)
			}
			if !strings.Contains(errs.String(), "tenant/acme") || !strings.Contains(errs.String(), "since the plan was made") {
				t.Errorf("it says\n%s", errs)
			}
			if !strings.Contains(liveOf(t, url), `"id":"acme"`) {
				t.Error("it was deleted")
			}
		})
	}
}
