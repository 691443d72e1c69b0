package emulator

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// modelLimiter is the rule in its plainest form: it remembers every call and
// looks at all of them each time.
type modelLimiter struct {
	limit        int
	window       time.Duration
	admitted     []time.Duration
	seen         []time.Duration
	blockedUntil time.Duration
}

func (m *modelLimiter) admit(at time.Duration) time.Duration {
	m.seen = append(m.seen, at)
	if at < m.blockedUntil {
		return m.blockedUntil - at
	}
	if countWithin(m.admitted, at, m.window) >= m.limit {
		m.blockedUntil = at + m.window
		return m.window
	}
	m.admitted = append(m.admitted, at)
	return 0
}

func (m *modelLimiter) most() int {
	most := 0
	for i, at := range m.seen {
		most = max(most, countWithin(m.seen[:i+1], at, m.window))
	}
	return most
}

func countWithin(times []time.Duration, at, window time.Duration) int {
	count := 0
	for _, one := range times {
		if one > at-window && one <= at {
			count++
		}
	}
	return count
}

func TestLimiterAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		now := time.Unix(1000, 0)
		l := newLimiter(Limits{[]limitRule{{[]Class{ClassTenant}, limit, 10 * time.Millisecond}}}, func() time.Time { return now })
		models := map[string]*modelLimiter{}
		at := time.Duration(0)
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			step := time.Duration(rapid.IntRange(0, 6).Draw(t, "step")) * time.Millisecond
			at, now = at+step, now.Add(step)
			client := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "client")
			if models[client] == nil {
				models[client] = &modelLimiter{limit: limit, window: 10 * time.Millisecond}
			}
			if got, want := l.admit(ClassTenant, client, "P"), models[client].admit(at); got != want {
				t.Fatalf("at %v: got %v, want %v", at, got, want)
			}
		}
		most := 0
		for _, model := range models {
			most = max(most, model.most())
		}
		if got := l.stats()[0].MaxInWindow; got != most {
			t.Fatalf("most in a window: got %d, want %d", got, most)
		}
	})
}

func TestClassOf(t *testing.T) {
	for path, want := range map[string]Class{
		"/v1/mgmt/tenant": ClassTenant, "/v1/mgmt/tenant/create": ClassTenant, "/v2/mgmt/tenant/adminlinks/sso/generate": ClassTenant,
		"/v1/mgmt/tenants": ClassOther, "/v1/mgmt/user": ClassUser, "/v1/mgmt/user/delete": ClassUser, "/v1/mgmt/users": ClassOther,
		"/v1/mgmt/user/create": ClassUserCreate, "/v1/mgmt/user/create/test": ClassUserCreate, "/v1/mgmt/user/create/batch": ClassUserCreate,
		"/v1/mgmt/user/update": ClassUserUpdate, "/v1/mgmt/user/update/status": ClassUserUpdate, "/v2/mgmt/user/search": ClassUserUpdate,
		"/v1/mgmt/user/search/test": ClassUserUpdate, "/v1/mgmt/user/searches": ClassUser,
		"/v1/mgmt/license": ClassOther, "/v1/mgmt/flow/list": ClassOther, "/": ClassOther, "/v1/auth/tenant": ClassOther,
	} {
		if got := classOf(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
