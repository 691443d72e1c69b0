package pace

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
)

const host = "api.descope.com"

func tenants(limit int, window time.Duration) Rule {
	return Rule{[]Class{ClassTenant}, limit, window}
}

// notices collects what a store tells.
type notices struct {
	mu   sync.Mutex
	list []string
}

func (n *notices) add(message string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, message)
}

// want wants one notice with each of the texts.
func (n *notices) want(t *testing.T, texts ...string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.list) != len(texts) {
		t.Fatalf("notices %q", n.list)
	}
	for i, text := range texts {
		if !strings.Contains(n.list[i], text) {
			t.Errorf("notice %q, want %s", n.list[i], text)
		}
	}
}

func openFile(t *testing.T, dir string, told *notices) *fileStore {
	t.Helper()
	store, notice := OpenShared(dir, FileOptions{Now: time.Now, Notice: told.add})
	file, ok := store.(*fileStore)
	if !ok || notice != "" {
		t.Fatalf("got %T, %q", store, notice)
	}
	return file
}

func take(t *testing.T, store Store, rule Rule, wait time.Duration) uint64 {
	t.Helper()
	grant, err := store.Reserve(t.Context(), host, ClassTenant, rule, 1)
	if err != nil || grant.Wait != wait {
		t.Fatalf("got %+v, %v, want a wait of %v", grant, err, wait)
	}
	return grant.ID
}

func complete(t *testing.T, store Store, id uint64) {
	t.Helper()
	if err := store.Complete(t.Context(), host, id); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsTheUsersOwn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "pace")
	take(t, openFile(t, dir, &notices{}), tenants(1, time.Second), 0)
	for path, want := range map[string]os.FileMode{
		dir: 0o700 | os.ModeDir, filepath.Dir(dir): 0o700 | os.ModeDir,
		filepath.Join(dir, fileName(host)): 0o600, filepath.Join(dir, fileName(host)+".lock"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("files %v, %v", files, err)
	}
}

func TestFileNames(t *testing.T) {
	seen := map[string]string{}
	for _, key := range []string{host, host + "/P2", host + "_P2", "../../etc/passwd", "", strings.Repeat("x", 300), strings.Repeat("x", 301), "localhost:8787"} {
		name := fileName(key)
		if seen[name] != "" || len(name) > 100 || strings.ContainsAny(name, "/:\\") || strings.Contains(name, "..") && filepath.Base(name) != name {
			t.Errorf("%q: %q, also of %q", key, name, seen[name])
		}
		seen[name] = key
	}
}

func TestFolderThatCannotBeUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store, notice := OpenShared(path, FileOptions{Now: time.Now})
	if _, ok := store.(*memoryStore); !ok || !strings.Contains(notice, "for this process alone: mkdir "+path) {
		t.Errorf("got %T, %q", store, notice)
	}
	take(t, store, tenants(1, time.Second), 0)
}

// TestTornBank: a process is killed while it writes.
func TestTornBank(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, limit := t.TempDir(), tenants(3, time.Minute)
		told := &notices{}
		store := openFile(t, dir, told)
		complete(t, store, take(t, store, limit, 0))
		path := filepath.Join(dir, fileName(host))
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		complete(t, store, take(t, store, limit, 0)) // both banks are new now
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, length := range []int{0, 1, 9, 30, 60, 200} { // how much of the newest bank was written
			torn := slices.Clone(after)
			newest := 0
			if sequenceOf(torn) < sequenceOf(torn[bankSize:]) {
				newest = bankSize
			}
			old := before[newest:min(len(before), newest+bankSize)]
			copy(torn[newest+length:], old[min(length, len(old)):])
			if err := os.WriteFile(path, torn, 0o600); err != nil {
				t.Fatal(err)
			}
			usage, err := openFile(t, dir, told).Usage(t.Context(), host, limit)
			if err != nil || usage.Current() != 2 {
				t.Errorf("%d bytes: %+v, %v", length, usage, err)
			}
		}
		told.want(t)
	})
}

func TestDamagedFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, limit := t.TempDir(), tenants(3, time.Minute)
		told, alsoTold := &notices{}, &notices{}
		store, other := openFile(t, dir, told), openFile(t, dir, alsoTold)
		complete(t, store, take(t, store, limit, 0))
		flying := take(t, store, limit, 0)
		path := filepath.Join(dir, fileName(host))
		damage := func(content []byte) {
			time.Sleep(time.Second)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		damage(bytes.Repeat([]byte("x"), 5000))
		take(t, store, limit, 0) // it knows its own calls still
		take(t, store, limit, 59*time.Second)
		damage([]byte("DMPACE1\n"))
		take(t, other, limit, 0) // and the other nothing: two more go
		take(t, other, limit, 0)
		take(t, other, limit, 0)
		complete(t, store, flying) // which is put back, together with the other one
		usage, err := other.Usage(t.Context(), host, limit)
		if err != nil || usage.InFlight != 4 || len(usage.Returns) != 1 {
			t.Errorf("usage %+v, %v", usage, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		take(t, other, limit, time.Minute) // a file that is gone is no damage
		told.want(t, "was damaged and starts afresh: "+path)
		alsoTold.want(t, "was damaged and starts afresh")
	})
}

// TestClockThatIsSetBack: what was stamped later than now is stamped now.
func TestClockThatIsSetBack(t *testing.T) {
	now := time.Now()
	store, notice := OpenShared(t.TempDir(), FileOptions{Now: func() time.Time { return now }})
	if notice != "" {
		t.Fatal(notice)
	}
	limit := tenants(3, time.Minute)
	complete(t, store, take(t, store, limit, 0))
	if _, err := store.Refuse(t.Context(), host, take(t, store, limit, 0), limit, time.Minute); err != nil {
		t.Fatal(err)
	}
	now = now.Add(-24 * time.Hour)
	usage, err := store.Usage(t.Context(), host, limit)
	if err != nil || usage.Blocked != MaxRetryAfter || usage.LearnedFor != LearnedFor || len(usage.Returns) != 2 || usage.Returns[1].After != time.Minute {
		t.Errorf("usage %+v, %v", usage, err)
	}
	now = now.Add(MaxRetryAfter)
	take(t, store, limit, 0)
	now = now.Add(-time.Hour) // with a call in flight
	take(t, store, limit, time.Minute)
}

// TestDeadProcess: what it had in flight ends when somebody looks, or before
// that, when it would have lost its patience.
func TestDeadProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, limit := t.TempDir(), tenants(2, 10*time.Second)
		dead := openFile(t, dir, &notices{})
		dead.self.start++ // another one had our number
		dead.opts.RequestTimeout = 5 * time.Second
		take(t, dead, limit, 0)
		living := openFile(t, dir, &notices{})
		time.Sleep(time.Second)
		take(t, living, limit, 0)
		take(t, living, limit, 10*time.Second) // found dead at 1 s
		time.Sleep(10 * time.Second)
		again := openFile(t, dir, &notices{})
		again.self, again.opts = dead.self, dead.opts
		take(t, again, limit, 0) // at 11 s
		time.Sleep(20 * time.Second)
		take(t, living, limit, 0) // it ended at 16 s at the latest
		usage, err := living.Usage(t.Context(), host, tenants(5, time.Hour))
		if err != nil || usage.InFlight != 2 || len(usage.Returns) != 2 ||
			usage.Returns[0].After != time.Hour-30*time.Second || usage.Returns[1].After != time.Hour-15*time.Second {
			t.Errorf("usage %+v, %v", usage, err)
		}
	})
}

// TestProcessThatWasTakenForDead, such as one in another container, has its
// calls in flight again as soon as it does something.
func TestProcessThatWasTakenForDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, limit := t.TempDir(), tenants(2, 10*time.Second)
		hidden := openFile(t, dir, &notices{})
		hidden.self.start++
		id := take(t, hidden, limit, 0)
		other := openFile(t, dir, &notices{})
		take(t, other, limit, 0)
		time.Sleep(5 * time.Second)
		complete(t, hidden, id)
		time.Sleep(5 * time.Second)
		take(t, other, limit, 5*time.Second)
	})
}

func TestWithoutTheFile(t *testing.T) {
	limit := tenants(3, 10*time.Second)
	for name, breakIt := range map[string]func(t *testing.T, path string){
		"the folder is gone": func(t *testing.T, path string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Dir(path)); err != nil {
				t.Fatal(err)
			}
		},
		"a folder stands there": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"somebody holds the lock": func(t *testing.T, path string) {
			t.Helper()
			lock := flock.New(path + ".lock")
			if err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = lock.Unlock() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, told, begin := filepath.Join(t.TempDir(), "pace"), &notices{}, time.Now()
				store, other := openFile(t, dir, told), openFile(t, dir, &notices{})
				other.self.start++
				take(t, other, limit, 0)
				flying := take(t, store, limit, 0)
				breakIt(t, filepath.Join(dir, fileName(host)))
				complete(t, store, flying) // the other's call ended earlier, or counts as ended now
				told.want(t, "for this process alone: ")
				one := take(t, store, limit, 0)
				take(t, store, limit, 10*time.Second-time.Since(begin)) // the lock was waited for
				complete(t, store, one)
				if err := store.Cancel(t.Context(), host, take(t, openFile(t, t.TempDir(), told), limit, 0)); err != nil {
					t.Error(err)
				}
				time.Sleep(10 * time.Second)
				take(t, store, limit, 0)
				told.want(t, "for this process alone: ")
			})
		})
	}
}

func TestWaitForTheLockEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, told := t.TempDir(), &notices{}
		store := openFile(t, dir, told)
		lock := flock.New(filepath.Join(dir, fileName(host)+".lock"))
		if err := lock.Lock(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wait sync.WaitGroup
		for range 3 { // one at the file's lock, the others behind it
			wait.Go(func() {
				if _, err := store.Reserve(ctx, host, ClassTenant, tenants(1, time.Second), 1); err == nil || ctx.Err() == nil {
					t.Errorf("error %v", err)
				}
			})
		}
		wait.Wait()
		if err := lock.Unlock(); err != nil {
			t.Fatal(err)
		}
		take(t, store, tenants(1, time.Second), 0)
		told.want(t)
	})
}
