package pace_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/pace"
)

// service is an emulator without a network, in virtual time.
type service struct {
	*testing.T
	server *emulator.Server
}

func newService(t *testing.T, latency, jitter time.Duration, limits ...string) service {
	t.Helper()
	parsed, err := emulator.ParseLimits(limits)
	must(t, err)
	server, err := emulator.New(emulator.Options{
		Projects: []emulator.Project{{ID: "P0", ManagementKey: "K0"}, {ID: "P1", ManagementKey: "K1"}},
		Latency:  latency, LatencyJitter: jitter, Limits: parsed, Rand: rand.New(rand.NewPCG(1, 2)),
	})
	must(t, err)
	t.Cleanup(func() { must(t, server.Close()) })
	return service{t, server}
}

func (s service) call(project int, method, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(s.Context(), method, path, strings.NewReader(body))
	request.Header.Set("Authorization", fmt.Sprintf("Bearer P%d:K%d", project, project))
	request.Header.Set("X-Descope-Emulator", "1")
	answer := httptest.NewRecorder()
	s.server.ServeHTTP(answer, request)
	return answer
}

// limited is the number of calls that were answered with 429, and the largest
// number in any window.
func (s service) limited() (refused, most int) {
	s.Helper()
	var stats struct {
		Classes []struct {
			Class       string `json:"class"`
			Limited     int    `json:"limited"`
			MaxInWindow int    `json:"max_in_window"`
		} `json:"classes"`
	}
	must(s, json.Unmarshal(s.call(0, "GET", "http://127.0.0.1/_emulator/v1/stats", "").Body.Bytes(), &stats))
	for _, class := range stats.Classes {
		if class.Class == "tenant" {
			return class.Limited, class.MaxInWindow
		}
	}
	s.Fatalf("stats %+v", stats)
	return 0, 0
}

// create makes tenants, ten at a time, and returns the sum of the latencies.
func (s service) create(budget *pace.Budget, project, calls int) (latencies time.Duration) {
	const path = "/v1/mgmt/tenant/create"
	took := make([]time.Duration, calls)
	atOnce(s, 10, calls, func(ctx context.Context, call int) error {
		slot, err := budget.Acquire(ctx, pace.ClassOf("POST", path), 1)
		if err != nil {
			return err
		}
		under, release := pace.WithSlot(ctx, slot)
		defer release()
		begin := time.Now()
		slot, _ = pace.TakeSlot(under, pace.ClassTenant)
		defer slot.Done()
		answer := s.call(project, http.MethodPost, path, fmt.Sprintf(`{"id":"tenant-%d","name":"Tenant %d"}`, call, call))
		if answer.Code != http.StatusOK {
			return fmt.Errorf("status %d: %s", answer.Code, answer.Body)
		}
		took[call] = time.Since(begin)
		return nil
	})
	for _, latency := range took {
		latencies += latency
	}
	return latencies
}

// TestHundredCreatesUnderTheSeedLimits: 0.5 s a call, 200 calls in a minute.
func TestHundredCreatesUnderTheSeedLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t, 500*time.Millisecond, 0, "seed")
		seed, err := pace.Profile("seed")
		must(t, err)
		budget := newBudget(t, openers()["file"](t)(), seed.Usable(pace.DefaultBuffer)...)
		begin := time.Now()
		s.create(budget, 0, 100)
		refused, most := s.limited()
		if took := time.Since(begin); took != 5*time.Second || refused != 0 || most != 100 {
			t.Errorf("took %v, %d refused, %d in a window", took, refused, most)
		}
	})
}

// TestFiveHundredCreatesAtTheLimit uses the whole limit, and is as fast as the
// model allows: from one process, and from two that share a file.
func TestFiveHundredCreatesAtTheLimit(t *testing.T) {
	const calls, limit, window = 500, 50, 3 * time.Second
	for processes, bound := range map[int]float64{1: 1.05, 2: 1.10} {
		t.Run(fmt.Sprint(processes, " processes"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newService(t, 0, 400*time.Millisecond, "tenant=50/3s")
				open := openers()["file"](t)
				latencies := make([]time.Duration, processes)
				var wait sync.WaitGroup
				begin := time.Now()
				for process := range processes {
					budget := newBudget(t, open(), rule(limit, window))
					wait.Go(func() { latencies[process] = s.create(budget, process, calls/processes) })
				}
				wait.Wait()
				took, sum := time.Since(begin), time.Duration(0)
				for _, one := range latencies {
					sum += one
				}
				ideal := (calls*window + sum) / limit
				refused, most := s.limited()
				t.Logf("%v, %.3f of calls x (W + mean latency) / L = %v; %d refused, at most %d in a window", took, took.Seconds()/ideal.Seconds(), ideal, refused, most)
				if refused != 0 || most > limit || took.Seconds() > bound*ideal.Seconds() {
					t.Errorf("the bound is %v", bound)
				}
			})
		})
	}
}
