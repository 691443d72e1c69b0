package descope_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestAttemptsAreBounded(t *testing.T) {
	for _, write := range writeCases() {
		t.Run(write.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{NoPatch: write.noPatch})
				s.expect(at(map[string]moment{write.call: lost}))
				err := write.send(t.Context(), s.client(t).Writer())
				failure, ok := errors.AsType[*descope.Error](err)
				if !ok || failure.Status != 503 || failure.OutcomeUnknown() || !strings.Contains(failure.Hint, "did not take effect in 5 attempts") {
					t.Errorf("never took effect: %+v", failure)
				}
				if sent := s.count(write.call); sent != 5 {
					t.Errorf("sent %d times", sent)
				}
			})
		})
	}
	t.Run("the last one took effect", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShaky(t, emulator.Options{})
			s.expect(at(map[string]moment{"POST /create": lost, "POST /create 5": {effect: true, broken: reset}}))
			if err := create(t, s.client(t)); err != nil {
				t.Errorf("error = %v", err)
			}
		})
	})
	t.Run("a rate limit that is never lifted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShaky(t, emulator.Options{})
			s.expect(at(map[string]moment{"POST /create 1": lost, "POST /create": {broken: status(429, "")}}))
			err := create(t, s.client(t))
			if !descope.IsRateLimited(err) || s.count("POST /create") != 5 || s.count("GET ") != 1 {
				t.Errorf("error = %v, %v", err, s.calls)
			}
		})
	})
}

// A check that stops the second attempt does not undo the first: the error is
// the call's own, and no longer the check's.
func TestChecksBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShaky(t, emulator.Options{NoPatch: true})
		theirs := func() { s.other(t, "POST", "/update", `{"id":"acme","name":"Theirs"}`) }
		// The reads are: before the first update, reading back, before the second.
		s.expect(at(map[string]moment{"POST /update 1": lost, "GET  3": {before: theirs}}))
		stop := errors.New("name changed since the plan was made")
		err := s.client(t).Writer().UpdateTenant(t.Context(), "acme", resource.TenantEdit{
			Set: values{"name": `"New"`},
			Check: func(live resource.Tenant) error {
				if live.Name != "Acme" {
					return stop
				}
				return nil
			},
		})
		failure, ok := errors.AsType[*descope.Error](err)
		if !ok || errors.Is(err, stop) || failure.Code != descope.CodeConflict || failure.OutcomeUnknown() || !strings.Contains(err.Error(), stop.Error()) {
			t.Errorf("error = %v", err)
		}
		if sent := s.count("POST /update"); sent != 1 {
			t.Errorf("sent %d times", sent)
		}
	})
}

// The answer to an unknown route is an answer for the first partial update, and
// trouble for all later ones.
func TestServerErrorsOfPatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShaky(t, emulator.Options{})
		edit := resource.TenantEdit{Set: values{"name": `"New"`}, Check: func(resource.Tenant) error { return nil }}
		client := s.client(t)
		s.expect(at(map[string]moment{"PATCH /patch 2": {broken: status(500, serverError)}}))
		for range 2 {
			if err := client.Writer().UpdateTenant(t.Context(), "acme", edit); err != nil {
				t.Fatal(err)
			}
			edit.Set = values{"name": `"Newer"`}
		}
		if s.count("PATCH /patch") != 3 || s.count("GET ") != 1 || s.count("POST /update") != 0 {
			t.Errorf("calls = %v", s.calls)
		}

		old := newShaky(t, emulator.Options{})
		old.expect(at(map[string]moment{"PATCH /patch": {broken: status(500, serverError)}}))
		if err := old.client(t).Writer().UpdateTenant(t.Context(), "acme", edit); err != nil {
			t.Fatal(err)
		}
		if old.count("PATCH /patch") != 1 || old.count("POST /update") != 1 {
			t.Errorf("calls = %v", old.calls)
		}
	})
}

// A refusal is never repeated, not even with the status of a server error.
func TestRefusalsAreFinal(t *testing.T) {
	refusals := map[string]moment{
		"400":                     {broken: status(400, `{"errorCode":"E011003"}`)},
		"404":                     {broken: status(404, "")},
		"409":                     {broken: status(409, "{}")},
		"401":                     {broken: status(401, "")},
		"307":                     {broken: status(307, "")},
		"500 unknown tenant":      {broken: status(500, `{"errorCode":"E111104"}`)},
		"500 tenant not updated":  {broken: status(500, `{"errorCode":"E111102"}`)},
		"500 duplicate":           {broken: status(500, `{"errorCode":"E073307"}`)},
		"500 role does not exist": {broken: status(500, `{"errorCode":"E111403"}`)},
	}
	for name, refusal := range refusals {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, write := range writeCases() {
					if write.noPatch {
						continue
					}
					s := newShaky(t, emulator.Options{})
					s.expect(at(map[string]moment{write.call: refusal}))
					if name == "404" && write.call == "PATCH /patch" {
						continue // it says that the host has no such call
					}
					if err := write.send(t.Context(), s.client(t).Writer()); err == nil || s.count(write.call) != 1 {
						t.Errorf("%s: %v, sent %d times", write.name, err, s.count(write.call))
					}
				}
				s := newShaky(t, emulator.Options{})
				s.expect(at(map[string]moment{"GET /all": refusal}))
				if _, err := s.client(t).Reader().Tenants(t.Context()); err == nil || s.count("GET /all") != 1 {
					t.Errorf("read: %v, sent %d times", err, s.count("GET /all"))
				}
			})
		})
	}
}

func TestReadsAreRepeated(t *testing.T) {
	tests := []struct {
		name  string
		meets moment
		sent  int // until it goes well, or is given up
	}{
		{"no answer", moment{broken: noAnswer}, 2},
		{"reset", moment{broken: reset}, 2},
		{"cut off in its head", moment{broken: headCut}, 2},
		{"cut off in its body", moment{effect: true, broken: bodyCut}, 2},
		{"429", moment{broken: status(429, "")}, 2},
		{"502", moment{broken: status(502, "")}, 2},
		{"503", moment{broken: status(503, "")}, 2},
		{"504", moment{broken: status(504, "")}, 2},
		{"522", moment{broken: status(522, "")}, 2},
		{"530", moment{broken: status(530, "")}, 2},
		{"500 unknown route", moment{broken: status(500, serverError)}, 1},
		{"500", moment{broken: status(500, "")}, 1},
		{"501", moment{broken: status(501, "")}, 1},
		{"505", moment{broken: status(505, "")}, 1},
		{"528", moment{broken: status(528, "")}, 1},
		{"HTML", moment{broken: status(200, "<html>")}, 1},
		{"another answer", moment{broken: status(200, `{"users":[]}`)}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShaky(t, emulator.Options{})
				s.expect(at(map[string]moment{"GET /all 1": test.meets}))
				_, err := s.client(t).Reader().Tenants(t.Context())
				if (err == nil) != (test.sent > 1) || s.count("GET /all") != test.sent {
					t.Errorf("%v, sent %d times, want %d", err, s.count("GET /all"), test.sent)
				}
			})
		})
	}
}
