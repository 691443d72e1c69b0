package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/apply"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// callError is an error as the API's client gives it.
type callError struct {
	text    string
	status  int
	unknown bool
}

func (e *callError) Error() string        { return e.text }
func (e *callError) OutcomeUnknown() bool { return e.unknown }
func (e *callError) Fault() resource.Fault {
	return resource.Fault{Code: "E999", Status: e.status, Message: e.text, Hint: "look"}
}

var (
	errRefused = &callError{text: "refused", status: 400}
	errLost    = &callError{text: "connection lost", unknown: true}
)

// behaviour is what the fake does with one call.
type behaviour struct {
	before error // the call fails and has no effect
	after  error // the call has its effect and fails
	panics any
	wait   func(ctx context.Context) error // an error ends the call without effect
}

// call is one call as the fake has seen it.
type call struct {
	op, id     string
	begin, end int // moments, counted over all calls
	effective  bool
}

// service is an in-memory Descope: it keeps tenants under their wire names and
// does to each call what the test wants.
type service struct {
	mu       sync.Mutex
	tenants  map[string]map[string]resource.Value
	settings map[string]map[string]resource.Value
	calls    []call
	clock    int
	running  int
	most     int // the most calls that were running at once
	lists    int

	reread  bool // an update reads first, as a host without PATCH needs it
	behave  func(op, id string) behaviour
	listErr error
	beforeL func() // called by the list before it looks
	giveID  func(id string) string
}

func newService() *service {
	return &service{tenants: map[string]map[string]resource.Value{}, settings: map[string]map[string]resource.Value{}}
}

func (s *service) with(id string, fields map[string]resource.Value) *service {
	s.tenants[id] = maps.Clone(fields)
	s.settings[id] = map[string]resource.Value{"enabled": "true", "JITDisabled": "true"}
	return s
}

func (s *service) call(ctx context.Context, op, id string, effect func() error) error {
	s.mu.Lock()
	at := len(s.calls)
	s.clock++
	s.calls = append(s.calls, call{op: op, id: id, begin: s.clock})
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running--
		s.clock++
		s.calls[at].end = s.clock
		s.mu.Unlock()
	}()
	var do behaviour
	if s.behave != nil {
		do = s.behave(op, id)
	}
	if do.panics != nil {
		panic(do.panics)
	}
	if do.wait != nil {
		if err := do.wait(ctx); err != nil {
			return err
		}
	}
	if do.before != nil {
		return do.before
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := effect(); err != nil {
		return err
	}
	s.calls[at].effective = true
	return do.after
}

func (s *service) CreateTenant(ctx context.Context, id string, fields map[string]resource.Value) (string, error) {
	err := s.call(ctx, "create", id, func() error {
		if s.tenants[id] != nil {
			return errRefused
		}
		s.tenants[id] = maps.Clone(fields)
		s.settings[id] = map[string]resource.Value{"enabled": "true", "sessionTokenExpiration": "7"}
		return nil
	})
	if s.giveID != nil {
		return s.giveID(id), err
	}
	return id, err
}

func (s *service) UpdateTenant(ctx context.Context, id string, edit resource.TenantEdit) error {
	return s.call(ctx, "update", id, func() error {
		live := s.tenants[id]
		if live == nil {
			return errRefused
		}
		if edit.Check != nil && (s.reread || edit.TouchesAttributes()) {
			if err := edit.Check(s.tenant(id)); err != nil {
				return err
			}
		}
		maps.Copy(live, edit.Set)
		attributes, _ := live["customAttributes"].AsObject()
		attributes = maps.Clone(attributes)
		if attributes == nil {
			attributes = map[string]resource.Value{}
		}
		maps.Copy(attributes, edit.SetAttributes)
		for _, key := range edit.RemoveAttributes {
			delete(attributes, key)
		}
		if edit.TouchesAttributes() {
			live["customAttributes"] = resource.ObjectValue(attributes)
		}
		return nil
	})
}

func (s *service) UpdateSettings(ctx context.Context, id string, edit resource.SettingsEdit) error {
	return s.call(ctx, "settings", id, func() error {
		if edit.Check != nil {
			bare, err := resource.ParseTenant(json.RawMessage(`{"id":` + string(resource.StringValue(id)) + `}`))
			if err != nil {
				return err
			}
			live, err := bare.WithSettings(json.RawMessage(resource.ObjectValue(s.settings[id])))
			if err != nil {
				return err
			}
			if err := edit.Check(live); err != nil {
				return err
			}
		}
		maps.Copy(s.settings[id], edit.Set)
		if edit.Whole != nil {
			bare := resource.Tenant{ID: id}
			whole, err := bare.WithSettings(json.RawMessage(resource.ObjectValue(s.settings[id])))
			if err != nil {
				return err
			}
			edit.Whole(whole)
		}
		return nil
	})
}

func (s *service) SetDefaultRoles(ctx context.Context, id string, edit resource.RolesEdit) error {
	return s.call(ctx, "roles", id, func() error {
		s.tenants[id]["defaultRoles"] = resource.StringsValue(edit.Roles)
		return nil
	})
}

func (s *service) DeleteTenant(ctx context.Context, id string, edit resource.TenantDelete) error {
	op := "delete"
	if edit.Cascade {
		op = "delete with users"
	}
	return s.call(ctx, op, id, func() error {
		delete(s.tenants, id)
		return nil
	})
}

func (s *service) Tenants(ctx context.Context) ([]resource.Tenant, error) {
	s.mu.Lock()
	s.lists++
	s.mu.Unlock()
	if s.beforeL != nil {
		s.beforeL()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listErr != nil {
		return nil, s.listErr
	}
	var all []resource.Tenant
	for _, id := range slices.Sorted(maps.Keys(s.tenants)) {
		all = append(all, s.tenant(id))
	}
	return all, nil
}

// tenant is the live object as the API shows it; the caller holds the lock.
func (s *service) tenant(id string) resource.Tenant {
	fields := maps.Clone(s.tenants[id])
	fields["id"] = resource.StringValue(id)
	tenant, err := resource.ParseTenant(json.RawMessage(resource.ObjectValue(fields)))
	if err != nil {
		panic(err)
	}
	return tenant
}

// sent lists the calls as "op id", in the order of their beginning.
func (s *service) sent() []string {
	list := []string{}
	for _, call := range s.calls {
		list = append(list, call.op+" "+call.id)
	}
	return list
}

// failing makes the calls in the table behave as it says; the others succeed.
func failing(table map[string]behaviour) func(op, id string) behaviour {
	return func(op, id string) behaviour { return table[op+" "+id] }
}

// options are those of most tests: a few workers, a clock that stands still.
func options() apply.Options {
	return apply.Options{Workers: 4, Grace: 5 * time.Second, Now: func() time.Time { return time.Unix(0, 0) }}
}

func (s *service) run(t *testing.T, opts apply.Options, changes ...resource.Change) apply.Outcome {
	t.Helper()
	outcome, err := s.runContext(t.Context(), opts, changes...)
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, outcome)
	return outcome
}

func (s *service) runContext(ctx context.Context, opts apply.Options, changes ...resource.Change) (apply.Outcome, error) {
	return apply.Run(ctx, &resource.Plan{Changes: changes}, []apply.Kind{apply.Tenants(s, s, apply.TenantOptions{})}, opts)
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// checkSums is promise P7.
func checkSums(t failer, outcome apply.Outcome) {
	t.Helper()
	s := outcome.Summary
	if planned := s.Create + s.Update + s.Delete; s.Succeeded+s.Failed+s.Skipped+s.Unknown != planned || len(outcome.Results) != planned {
		t.Errorf("the sums do not add up: %+v over %d results", s, len(outcome.Results))
	}
	for _, result := range outcome.Results {
		if (result.Status == resource.StatusSuccess) != (result.Error == nil) {
			t.Errorf("%s is %q with the error %v", result.Address, result.Status, result.Error)
		}
		if result.Error != nil && (result.Error.Code == "" || result.Error.Message == "" || result.Error.Hint == "") {
			t.Errorf("%s: the fault does not say everything: %+v", result.Address, *result.Error)
		}
	}
}

func address(id string) resource.Address { return resource.NewAddress(resource.KindTenant, id) }

func change(action resource.Action, id string, fields ...resource.FieldChange) resource.Change {
	return resource.Change{Address: address(id), Kind: resource.KindTenant, ID: id, Action: action, Fields: fields}
}

func create(id string, fields ...resource.FieldChange) resource.Change {
	return change(resource.ActionCreate, id, append([]resource.FieldChange{field("name", "", resource.StringValue(id))}, fields...)...)
}

func remove(id string) resource.Change { return change(resource.ActionDelete, id) }

func after(change resource.Change, ids ...string) resource.Change {
	for _, id := range ids {
		change.After = append(change.After, address(id))
	}
	return change
}

// field is one managed value; the name is "field" or "field.key".
func field(name string, before, after resource.Value) resource.FieldChange {
	at := resource.Path{Field: name}
	for _, prefix := range []string{"custom_attributes", "settings"} {
		if len(name) > len(prefix) && name[:len(prefix)+1] == prefix+"." {
			at = resource.Path{Field: prefix, Key: name[len(prefix)+1:]}
		}
	}
	return resource.FieldChange{Path: at.String(), At: at, Before: before, After: after}
}

// brief is "id status code" of every result.
func brief(outcome apply.Outcome) []string {
	var lines []string
	for _, result := range outcome.Results {
		line := result.Address.ID() + " " + string(result.Status)
		if result.Error != nil {
			line += " " + result.Error.Code
		}
		lines = append(lines, line)
	}
	return lines
}

func result(t *testing.T, outcome apply.Outcome, id string) resource.Result {
	t.Helper()
	for _, result := range outcome.Results {
		if result.Address == address(id) {
			return result
		}
	}
	t.Fatalf("no result for %s", id)
	return resource.Result{}
}

// counterKey and countAttempts stand for the client's counter of requests.
type counterKey struct{}

func countAttempts(ctx context.Context, n *atomic.Int64) context.Context {
	return context.WithValue(ctx, counterKey{}, n)
}

func countRequest(ctx context.Context, n int64) error {
	counter, ok := ctx.Value(counterKey{}).(*atomic.Int64)
	if !ok {
		return errors.New("the call has no counter")
	}
	counter.Add(n)
	return nil
}
