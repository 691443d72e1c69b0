package pace_test

import (
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

func TestClassOf(t *testing.T) {
	for path, want := range map[string]pace.Class{
		"/v1/mgmt/tenant": pace.ClassTenant, "/v1/mgmt/tenant/all": pace.ClassTenant, "//v1/mgmt/tenant/create": pace.ClassTenant,
		"v1/mgmt/tenant/patch": pace.ClassTenant, "/v1/mgmt/tenants": pace.ClassOther, "/v2/mgmt/tenant/search": pace.ClassTenant,
		"/v1/mgmt/user": pace.ClassUser, "/v1/mgmt/user/delete": pace.ClassUser, "/v1/mgmt/users": pace.ClassOther,
		"/v1/mgmt/user/create": pace.ClassUserCreate, "/v1/mgmt/user/create/batch": pace.ClassUserCreate, "/v1/mgmt/user/created": pace.ClassUser,
		"/v1/mgmt/user/update/status": pace.ClassUserUpdate, "/v2/mgmt/user/search": pace.ClassUserUpdate, "/v1/mgmt/user/searches": pace.ClassUser,
		"/v1/mgmt/license": pace.ClassOther, "/v1/mgmt/flow/list": pace.ClassOther, "/": pace.ClassOther, "": pace.ClassOther,
		"/v1/auth/tenant": pace.ClassOther, "/v3/mgmt/tenant": pace.ClassOther,
	} {
		if got := pace.ClassOf("POST", path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

func TestClassNames(t *testing.T) {
	for _, class := range pace.Classes() {
		back, err := pace.ParseClass(class.String())
		if err != nil || back != class {
			t.Errorf("%s: got %s, %v", class, back, err)
		}
		if perProject := strings.HasPrefix(class.String(), "user"); class.PerProject() != perProject {
			t.Errorf("%s per project: %v", class, class.PerProject())
		}
	}
	if _, err := pace.ParseClass("users"); err == nil || !strings.Contains(err.Error(), `no class "users", only tenant, user, user-create, user-update, other`) {
		t.Errorf("error %v", err)
	}
	if got := pace.Class(9).String(); got != "class(9)" {
		t.Error(got)
	}
}

const (
	seedText       = "tenant=200/1m0s user=500/1m0s user-create=100/1m0s user-update=200/1m0s other=1000/10s"
	documentedText = "tenant+other=100/1m0s user=500/1m0s user-create=100/1m0s user-update=200/1m0s"
)

func TestParseRules(t *testing.T) {
	for _, test := range []struct {
		name  string
		base  string
		texts []string
		want  string // or a part of the error
		ok    bool
	}{
		{"nothing keeps the base", "seed", nil, seedText, true},
		{"a profile replaces the base", "seed", []string{"documented"}, documentedText, true},
		{"off", "seed", []string{"off"}, "off", true},
		{"classes change the base", "seed", []string{"tenant=50/3s,other=off"}, strings.Replace(strings.Replace(seedText, "200/1m0s", "50/3s", 1), " other=1000/10s", "", 1), true},
		{"texts and commas are the same", "off", []string{"tenant=5/1s", " user=6/500ms , other=off"}, "tenant=5/1s user=6/500ms", true},
		{"a profile and classes", "seed", []string{"off,user-create=1/1h"}, "user-create=1/1h0m0s", true},
		{"a class leaves the limit that it shared", "documented", []string{"tenant=50/3s"}, "tenant=50/3s" + strings.TrimPrefix(documentedText, "tenant+other=100/1m0s") + " other=100/1m0s", true},
		{"a class of a shared limit is off", "documented", []string{"other=off"}, "tenant" + strings.TrimPrefix(documentedText, "tenant+other"), true},
		{"a profile later", "seed", []string{"tenant=5/1s", "off"}, `rate limit "off": a profile stands first`, false},
		{"a class twice", "seed", []string{"tenant=5/1s,tenant=off"}, "the class tenant is given twice", false},
		{"an unknown class", "seed", []string{"tenants=5/1s"}, `no class "tenants"`, false},
		{"an unknown word", "seed", []string{"fast"}, "expected seed, documented, off, CLASS=N/WINDOW", false},
		{"an empty text", "seed", []string{""}, "expected seed", false},
		{"no window", "seed", []string{"user=5"}, `"5" is no limit`, false},
		{"no calls", "seed", []string{"user=0/1s"}, "no whole number from 1", false},
		{"too many calls", "seed", []string{"user=99999999/1s"}, "no whole number from 1", false},
		{"a window without a unit", "seed", []string{"user=1/60"}, "no duration above zero", false},
		{"a window of nothing", "seed", []string{"user=1/0s"}, "no duration above zero", false},
		{"a window that is too long", "seed", []string{"user=1/25h"}, "up to 24h0m0s", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, err := pace.Profile(test.base)
			if err != nil {
				t.Fatal(err)
			}
			before := base.String()
			rules, err := pace.ParseRules(base, test.texts)
			switch {
			case test.ok && (err != nil || rules.String() != test.want):
				t.Errorf("got  %s, %v\nwant %s", rules, err, test.want)
			case !test.ok && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %s", err, test.want)
			}
			if base.String() != before {
				t.Error("the base was changed")
			}
		})
	}
	if _, err := pace.Profile("fast"); err == nil || !strings.Contains(err.Error(), `no profile "fast", only seed, documented, off`) {
		t.Errorf("error %v", err)
	}
}

func TestUsable(t *testing.T) {
	for _, test := range []struct {
		limit  int
		buffer float64
		want   int
	}{{200, 0.8, 160}, {100, 0.29, 29}, {1, 0.8, 1}, {3, 0.5, 1}, {1000, 1, 1000}, {7, 0.8, 5}, {10, 0.001, 1}} {
		rules := pace.Rules{{Classes: []pace.Class{pace.ClassUser}, Limit: test.limit, Window: time.Second}}
		if got := rules.Usable(test.buffer)[0].Limit; got != test.want || rules[0].Limit != test.limit {
			t.Errorf("%d at %v: got %d, want %d", test.limit, test.buffer, got, test.want)
		}
	}
}

func TestOptimalWorkers(t *testing.T) {
	for _, test := range []struct {
		name            string
		limit           int
		window, latency time.Duration
		safety          float64
		want            int
	}{
		{"the example", 200, time.Minute, 500 * time.Millisecond, 0.8, 2},
		{"no latency", 200, time.Minute, 0, 0.8, 1},
		{"a whole number still adds one", 60, time.Minute, 2 * time.Second, 1, 3},
		{"at most twenty", 1000, 10 * time.Second, time.Second, 1, 20},
		{"far more than twenty", 1 << 24, time.Nanosecond, time.Hour, 1, 20},
		{"no window", 1, 0, time.Second, 1, 20},
		{"no calls", 0, time.Minute, time.Second, 0.8, 1},
		{"a negative factor", 100, time.Minute, time.Second, -1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := pace.OptimalWorkers(test.limit, test.window, test.latency, test.safety); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}
