package descope_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// at gives a call, by its name and number, what is to happen to it.
func at(moments map[string]moment) func(string, int) moment {
	return func(call string, count int) moment {
		if now, found := moments[call+" "+string(rune('0'+count))]; found {
			return now
		}
		return moments[call]
	}
}

var lost = moment{broken: status(503, "")}

func create(t *testing.T, client *descope.Client) error {
	t.Helper()
	_, err := client.Writer().CreateTenant(t.Context(), "fresh", values{"name": `"Fresh"`})
	return err
}

func TestDuplicates(t *testing.T) {
	const (
		same     = `{"id":"fresh","name":"Fresh"}`
		other    = `{"id":"fresh","name":"Theirs"}`
		sameName = `{"id":"theirs","name":"Fresh"}`
	)
	tests := []struct {
		name      string
		first     *moment // what happens to the first create; nil: the duplicate is there already
		there     string  // what somebody else creates before the last create
		succeeds  bool
		sent      int
		readsBack int
	}{
		{"of a first attempt", nil, same, false, 1, 0},
		{"of a first attempt that took effect late", &lost, same, true, 2, 2},
		{"by somebody else, after a lost answer", &lost, other, false, 2, 2},
		{"of the name only, after a lost answer", &lost, sameName, false, 2, 2},
		{"of the same, after a rate limit", &moment{broken: status(429, "")}, same, true, 2, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{})
				theirs := moment{before: func() { s.other(t, "POST", "/create", test.there) }}
				moments := map[string]moment{"POST /create 1": theirs}
				if test.first != nil {
					moments = map[string]moment{"POST /create 1": *test.first, "POST /create 2": theirs}
				}
				s.expect(at(moments))
				err := create(t, s.client(t))
				if (err == nil) != test.succeeds || err != nil && (!descope.IsDuplicate(err) || err.(*descope.Error).OutcomeUnknown()) { //nolint:errorlint // calls return it unwrapped
					t.Errorf("error = %v", err)
				}
				if sent, reads := s.count("POST /create"), s.count("GET "); sent != test.sent || reads != test.readsBack {
					t.Errorf("sent %d times, read %d times", sent, reads)
				}
			})
		})
	}
}

func TestRepeatedDeletesOfWhatIsGone(t *testing.T) {
	for name, status := range map[string]int{"not found is 500": 500, "not found is 404": 404} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{NotFoundStatus: status})
				remove := func() { s.other(t, "POST", "/delete", `{"id":"acme"}`) }
				s.expect(at(map[string]moment{"POST /delete 1": lost, "POST /delete 2": {before: remove}}))
				if err := s.client(t).Writer().DeleteTenant(t.Context(), "acme", resource.TenantDelete{}); err != nil {
					t.Errorf("took effect late: %v", err)
				}
				if sent := s.count("POST /delete"); sent != 2 {
					t.Errorf("sent %d times", sent)
				}
			})
		})
	}
}

// A tenant that got the id of a deleted one is another tenant.
func TestRepeatedDeletesSpareWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShaky(t, emulator.Options{})
		client := s.client(t)
		before, err := client.Reader().Tenant(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		base, err := before.Digest()
		if err != nil {
			t.Fatal(err)
		}
		recreate := func() { s.other(t, "POST", "/create", `{"id":"acme","name":"Acme"}`) }
		s.expect(at(map[string]moment{"POST /delete 1": {effect: true, foreign: recreate, broken: reset}}))
		err = client.Writer().DeleteTenant(t.Context(), "acme", resource.TenantDelete{Check: func(live resource.Tenant) error {
			if digest, _ := live.Digest(); digest != base {
				return errors.New("another tenant has the id")
			}
			return nil
		}})
		if err == nil || !strings.Contains(err.Error(), "conflict: ") || !strings.Contains(err.Error(), "another tenant has the id") {
			t.Errorf("error = %v", err)
		}
		if sent := s.count("POST /delete"); sent != 1 {
			t.Errorf("deleted %d times", sent)
		}
	})
}

// Where reading back fails too, nobody knows, and the error says so.
func TestReadingBackThatFails(t *testing.T) {
	for _, write := range writeCases() {
		t.Run(write.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{NoPatch: write.noPatch})
				client := s.client(t)
				if err := client.Writer().UpdateTenant(t.Context(), "acme", resource.TenantEdit{Set: values{"name": `"Acme"`}}); err != nil {
					t.Fatal(err)
				}
				s.forget()
				calls := 0
				s.expect(func(call string, _ int) moment {
					calls++
					if overRead := calls == 1 && call != write.call; overRead {
						return moment{}
					}
					return lost
				})
				err := write.send(t.Context(), client.Writer())
				failure, ok := errors.AsType[*descope.Error](err)
				if !ok || !failure.OutcomeUnknown() || failure.Status != 503 || failure.Method == http.MethodGet || !strings.Contains(failure.Hint, "not known") {
					t.Errorf("error = %v", err)
				}
				if sent := s.count(write.call); sent != 1 {
					t.Errorf("sent %d times", sent)
				}
			})
		})
	}
}

// A duplicate that a lost attempt may have caused is no certain failure.
func TestDuplicateThatCannotBeReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShaky(t, emulator.Options{})
		late := func() { s.other(t, "POST", "/create", `{"id":"fresh","name":"Fresh"}`) }
		s.expect(func(call string, count int) moment {
			switch {
			case call == "POST /create" && count == 1, call == "GET " && count > 1:
				return lost
			case call == "POST /create":
				return moment{before: late}
			}
			return moment{}
		})
		err := create(t, s.client(t))
		if failure, ok := errors.AsType[*descope.Error](err); !ok || !descope.IsDuplicate(err) || !failure.OutcomeUnknown() {
			t.Errorf("error = %v", err)
		}
	})
}

func TestCreatesWithoutAnID(t *testing.T) {
	tests := []struct {
		name  string
		first moment
		sent  int
	}{
		{"took effect", moment{effect: true, broken: reset}, 1},
		{"took effect, and half of its answer came", moment{effect: true, broken: bodyCut}, 1},
		{"did not", lost, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{})
				s.expect(at(map[string]moment{"POST /create 1": test.first}))
				client := s.client(t)
				id, err := client.Writer().CreateTenant(t.Context(), "", values{"name": `"Fresh"`})
				tenants, listErr := client.Reader().Tenants(t.Context())
				if err != nil || listErr != nil || len(tenants) != 2 || id == "" || s.count("POST /create") != test.sent {
					t.Fatalf("%q, %v, %v, %d tenants, sent %d times", id, err, listErr, len(tenants), s.count("POST /create"))
				}
				if tenant, err := client.Reader().Tenant(t.Context(), id); err != nil || tenant.Name != "Fresh" {
					t.Errorf("tenant = %+v, %v", tenant, err)
				}
			})
		})
	}
	t.Run("nor a name", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShaky(t, emulator.Options{})
			s.expect(at(map[string]moment{"POST /create": lost}))
			_, err := s.client(t).Writer().CreateTenant(t.Context(), "", nil)
			if failure, ok := errors.AsType[*descope.Error](err); !ok || !failure.OutcomeUnknown() || s.count("POST /create") != 1 {
				t.Errorf("error = %v", err)
			}
		})
	})
	t.Run("and no list", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShaky(t, emulator.Options{})
			s.expect(at(map[string]moment{"POST /create": lost, "GET /all": lost}))
			_, err := s.client(t).Writer().CreateTenant(t.Context(), "", values{"name": `"Fresh"`})
			if failure, ok := errors.AsType[*descope.Error](err); !ok || !failure.OutcomeUnknown() || s.count("POST /create") != 1 {
				t.Errorf("error = %v", err)
			}
		})
	})
}

// Without a check nobody knows whether a value that is not as wanted is as
// before, and what somebody else may have written is not written over.
func TestWritesThatNobodyVouchesFor(t *testing.T) {
	writes := map[string]func(context.Context, *descope.Writer) error{
		"PATCH /patch": func(ctx context.Context, w *descope.Writer) error {
			return w.UpdateTenant(ctx, "acme", resource.TenantEdit{Set: values{"name": `"New"`}})
		},
		"POST /updateDefaultRoles": func(ctx context.Context, w *descope.Writer) error {
			return w.SetDefaultRoles(ctx, "acme", resource.RolesEdit{Roles: []string{"A"}})
		},
	}
	for call, send := range writes {
		t.Run(call, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{})
				s.expect(at(map[string]moment{call: lost}))
				err := send(t.Context(), s.client(t).Writer())
				if failure, ok := errors.AsType[*descope.Error](err); !ok || !failure.OutcomeUnknown() || s.count(call) != 1 {
					t.Errorf("error = %v, sent %d times", err, s.count(call))
				}
			})
		})
	}
}

func TestUpdatesOfWhatIsGone(t *testing.T) {
	for _, write := range writeCases() {
		if write.name == "create" || write.name == "delete" {
			continue
		}
		t.Run(write.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				write.foreign = [3]string{"POST", "/delete", `{"id":"acme"}`}
				s, err := loseAnswer(t, write, lost, true)
				if err == nil || !strings.Contains(err.Error(), `conflict: `) || !strings.Contains(err.Error(), `tenant "acme" is gone`) {
					t.Errorf("error = %v", err)
				}
				if sent := s.count(write.call); sent != 1 {
					t.Errorf("sent %d times", sent)
				}
			})
		})
	}
}
