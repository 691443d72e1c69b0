package emulator

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// stores are the implementations under the conformance suite.
var stores = []struct {
	name string
	open func(t *testing.T) store
}{
	{"memory", func(*testing.T) store { return newMemoryStore() }},
	{"sqlite", func(t *testing.T) store {
		t.Helper()
		opened, err := openSQLite(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return opened
	}},
}

func TestStoreConformance(t *testing.T) {
	for _, implementation := range stores {
		t.Run(implementation.name, func(t *testing.T) {
			for _, test := range []struct {
				name string
				run  func(t *testing.T, s store)
			}{
				{"starts empty", storeStartsEmpty},
				{"sorted and exact", storeSortedAndExact},
				{"replaces and drops", storeReplacesAndDrops},
				{"clears a project but its own row", storeClears},
				{"writes all or nothing", storeAtomic},
				{"keeps what it was given", storeCopies},
				{"like a map", storeLikeAMap},
				{"closes twice", storeClosesTwice},
			} {
				t.Run(test.name, func(t *testing.T) {
					s := implementation.open(t)
					defer func() { _ = s.close() }()
					test.run(t, s)
				})
			}
		})
	}
}

func mustApply(t testing.TB, s store, writes ...write) {
	t.Helper()
	if err := s.apply(context.Background(), writes); err != nil {
		t.Fatal(err)
	}
}

func wantRows(t testing.TB, s store, want ...string) {
	t.Helper()
	rows, err := s.load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s/%s/%s=%s", r.project, r.kind, r.id, r.value))
	}
	if difference := cmp.Diff(want, got); difference != "" {
		t.Errorf("rows (-want +got):\n%s", difference)
	}
}

func put(project, kind, id, value string) write {
	return write{op: opPut, project: project, kind: kind, id: id, value: []byte(value)}
}

func storeStartsEmpty(t *testing.T, s store) {
	t.Helper()
	mustApply(t, s)
	wantRows(t, s)
}

func storeSortedAndExact(t *testing.T, s store) {
	t.Helper()
	mustApply(t, s,
		put("P2", storeTenant, "b", `{"n":12345678901234567890.10}`), put("P1", storeUser, "x", "ü\x00<"),
		put("P1", storeTenant, "b", "2"), put("P1", storeTenant, "B", "1"), put("P1", storeTenant, "", "empty"))
	wantRows(t, s, "P1/tenant/=empty", "P1/tenant/B=1", "P1/tenant/b=2", "P1/user/x=ü\x00<", `P2/tenant/b={"n":12345678901234567890.10}`)
}

func storeReplacesAndDrops(t *testing.T, s store) {
	t.Helper()
	mustApply(t, s, put("P", storeTenant, "a", "1"), put("P", storeTenant, "b", "1"), put("P", storeTenant, "a", "2"))
	wantRows(t, s, "P/tenant/a=2", "P/tenant/b=1")
	mustApply(t, s, write{op: opDrop, project: "P", kind: storeTenant, id: "a"}, write{op: opDrop, project: "P", kind: storeTenant, id: "nobody"})
	wantRows(t, s, "P/tenant/b=1")
}

func storeClears(t *testing.T, s store) {
	t.Helper()
	mustApply(t, s, put("P", storeProject, "P", "key"), put("P", storeTenant, "a", "1"), put("P", storeUser, "u", "1"), put("Q", storeTenant, "a", "1"))
	mustApply(t, s, write{op: opClear, project: "P"}, put("P", storeTenant, "new", "1"))
	wantRows(t, s, "P/project/P=key", "P/tenant/new=1", "Q/tenant/a=1")
}

func storeAtomic(t *testing.T, s store) {
	t.Helper()
	mustApply(t, s, put("P", storeTenant, "a", "1"))
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.apply(cancelled, []write{put("P", storeTenant, "a", "2"), {op: opClear, project: "P"}}); err == nil {
		t.Error("a cancelled write succeeded")
	}
	if _, err := s.load(cancelled); err == nil {
		t.Error("a cancelled load succeeded")
	}
	wantRows(t, s, "P/tenant/a=1")
}

func storeCopies(t *testing.T, s store) {
	t.Helper()
	value := []byte("before")
	mustApply(t, s, write{op: opPut, project: "P", kind: storeTenant, id: "a", value: value})
	copy(value, "after!")
	wantRows(t, s, "P/tenant/a=before")
}

func storeLikeAMap(t *testing.T, s store) {
	t.Helper()
	model := newMemoryStore()
	for _, seed := range []int{1, 2, 3} {
		for _, w := range rapid.SliceOfN(rapid.Custom(drawWrite), 20, 60).Example(seed) {
			mustApply(t, s, w)
			mustApply(t, model, w)
		}
		want, err := model.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(want, got, cmp.AllowUnexported(row{})); difference != "" {
			t.Fatalf("rows (-want +got):\n%s", difference)
		}
	}
}

func drawWrite(t *rapid.T) write {
	w := write{
		op:      rapid.SampledFrom([]operation{opPut, opPut, opPut, opDrop, opClear}).Draw(t, "op"),
		project: rapid.SampledFrom([]string{"P", "Q"}).Draw(t, "project"),
	}
	if w.op != opClear {
		w.kind = rapid.SampledFrom([]string{storeProject, storeTenant, storeUser}).Draw(t, "kind")
		w.id = rapid.SampledFrom([]string{"a", "b", "ü'\"%", ""}).Draw(t, "id")
	}
	if w.op == opPut {
		w.value = []byte(rapid.StringN(1, 20, -1).Draw(t, "value"))
	}
	return w
}

func storeClosesTwice(t *testing.T, s store) {
	t.Helper()
	for range 2 {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSQLiteFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data ?#%41")
	opened, err := openSQLite(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.close() }()
	mustApply(t, opened, put("P", storeTenant, "a", "1"))
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 2 { // the database and its write-ahead log
		t.Errorf("%d files, %v", len(entries), err)
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", entry.Name(), info.Mode(), err)
		}
	}
}

func TestSQLiteRollsBack(t *testing.T) {
	opened, err := openSQLite(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.close() }()
	mustApply(t, opened, put("P", storeTenant, "a", "1"))
	broken := write{op: opPut, project: "P", kind: storeTenant, id: "b"} // the schema wants a value
	if err := opened.apply(t.Context(), []write{{op: opClear, project: "P"}, put("P", storeTenant, "a", "2"), broken}); err == nil {
		t.Error("a broken batch was stored")
	}
	wantRows(t, opened, "P/tenant/a=1")
}

func TestSQLiteRefusesASecondUser(t *testing.T) {
	dir := t.TempDir()
	first, err := openSQLite(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openSQLite(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "is in use by another emulator: stop it, or name another folder") {
		t.Errorf("error %v", err)
	}
	mustApply(t, first, put("P", storeTenant, "a", "1")) // the first one is not disturbed
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second, err := openSQLite(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, second, "P/tenant/a=1")
	if err := second.close(); err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Run("a newer schema", func(t *testing.T) {
		dir := t.TempDir()
		opened, err := openSQLite(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := opened.db.Exec("PRAGMA user_version = 99"); err != nil {
			t.Fatal(err)
		}
		if err := opened.close(); err != nil {
			t.Fatal(err)
		}
		if _, err := openSQLite(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "written by a newer version") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("no database", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, databaseFile), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openSQLite(t.Context(), dir); err == nil || !strings.Contains(err.Error(), databaseFile) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a damaged object", func(t *testing.T) {
		dir := t.TempDir()
		opened, err := openSQLite(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		mustApply(t, opened, put("P1", storeProject, "P1", `{"management_key":"K1"}`), put("P1", storeTenant, "a", `{"id":"a"`))
		if err := opened.close(); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{DataDir: dir}); err == nil || !strings.Contains(err.Error(), `stored project "P1": tenants[0]`) {
			t.Errorf("error %v", err)
		}
	})
}

// An older emulator knew no built-in rights, and roles without ids: both are
// laid in once, and stay as they are then.
func TestOlderDataGetsTheBuiltInRights(t *testing.T) {
	dir := t.TempDir()
	opened, err := openSQLite(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	mustApply(t, opened, put("P1", storeProject, "P1", `{"management_key":"K1","generated":false}`),
		put("P1", storeTenant, "a", `{"id":"a","name":"A","createdTime":1}`), put("P1", storeRole, "/Viewer", `{"name":"Viewer"}`),
		put("P2", storeProject, "P2", `{"management_key":"K2","generated":false}`))
	if err := opened.close(); err != nil {
		t.Fatal(err)
	}
	state := ""
	for range 2 {
		s, err := New(Options{DataDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for id, want := range map[string]string{"P1": "Viewer", "P2": builtInRole} {
			content := s.byID[id].content
			if _, found := content.roleFor("", want); !found || content.roles.len() != 1 || content.permissions.len() != len(systemPermissions()) {
				t.Errorf("%s: %d roles, %d permissions", id, content.roles.len(), content.permissions.len())
			}
		}
		raw, err := encodeState(s.getState())
		if err != nil {
			t.Fatal(err)
		}
		if state != "" && state != string(raw) {
			t.Errorf("after another start:\n%s\n%s", state, raw)
		}
		state = string(raw)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A write that cannot be stored is no write: the answer is an error, and the
// state is what it was.
func TestFailedStoreChangesNothing(t *testing.T) {
	s, err := New(Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	p := s.projects[0]
	if err := s.store.close(); err != nil {
		t.Fatal(err)
	}
	c := &call{project: p, body: object{"id": encoded("a"), "name": encoded("A")}, unknown: object{}}
	if _, err := s.createTenant(c); err == nil {
		t.Error("created without a store")
	} else if wireError(err) != errServer {
		t.Errorf("answer %v", wireError(err))
	}
	if p.content.tenants.len() != 0 || len(p.content.names) != 0 {
		t.Error("the tenant is there")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
