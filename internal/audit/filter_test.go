package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func TestFilterBounds(t *testing.T) {
	at := func(ms int) audit.Record {
		return audit.Record{Time: audit.At(time.UnixMilli(int64(ms))), Address: "tenant/a/b", User: "alice"}
	}
	cases := []struct {
		name   string
		filter audit.Filter
		record audit.Record
		want   bool
	}{
		{"all", audit.Filter{}, at(1), true},
		{"since, at the moment itself", audit.Filter{Since: time.UnixMilli(5)}, at(5), true},
		{"since, in another zone", audit.Filter{Since: time.UnixMilli(5).In(time.FixedZone("", 7200))}, at(5), true},
		{"since, just before", audit.Filter{Since: time.UnixMilli(5)}, at(4), false},
		{"a glob", audit.Filter{Address: "tenant/a*"}, at(1), true},
		{"another glob", audit.Filter{Address: "tenant/b*"}, at(1), false},
		{"a glob for all, without an address", audit.Filter{Address: "*"}, audit.Record{}, false},
		{"another user", audit.Filter{User: "Alice"}, at(1), false},
		{"a result that it has not", audit.Filter{Result: "failed"}, at(1), false},
	}
	for _, c := range cases {
		if got := c.filter.Match(c.record); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestFiltersChoose: reading with a filter gives exactly the records of which
// each part that the filter has is true, in their order.
func TestFiltersChoose(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "a", "b"})
	milliseconds := rapid.Int64Range(1, 4)
	rapid.Check(t, func(r *rapid.T) {
		log := open(t.TempDir())
		var all []audit.Record
		for range rapid.IntRange(1, 12).Draw(r, "records") {
			record := audit.Record{
				Time: audit.At(time.UnixMilli(milliseconds.Draw(r, "time"))), Event: audit.EventChange,
				User: text.Draw(r, "user"), Result: text.Draw(r, "result"), RunID: text.Draw(r, "run"),
			}
			if id := text.Draw(r, "id"); id != "" {
				record.Address = resource.NewAddress(resource.KindTenant, id)
			}
			all = append(all, record)
		}
		must(t, log.Append(t.Context(), all...))
		filter := audit.Filter{User: text.Draw(r, "of user"), Result: text.Draw(r, "of result"), RunID: text.Draw(r, "of run")}
		address := rapid.SampledFrom([]string{"", "tenant/a", "tenant/?", "x"}).Draw(r, "of address")
		filter.Address = resource.Glob(address)
		if since := milliseconds.Draw(r, "since"); since > 1 {
			filter.Since = time.UnixMilli(since)
		}
		var want []int
		for i, record := range all {
			fits := (filter.User == "" || filter.User == record.User) && (filter.Result == "" || filter.Result == record.Result) &&
				(filter.RunID == "" || filter.RunID == record.RunID) && (filter.Since.IsZero() || record.Time.UnixMilli() >= filter.Since.UnixMilli())
			switch address {
			case "tenant/a":
				fits = fits && record.Address == "tenant/a"
			case "tenant/?":
				fits = fits && record.Address != ""
			case "x":
				fits = false
			}
			if fits {
				want = append(want, i+1)
			}
		}
		var got []int
		for _, record := range collect(t, log, filter) {
			got = append(got, record.Seq)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Error(diff)
		}
	})
}

func TestReaderMayStop(t *testing.T) {
	log := open(t.TempDir())
	must(t, log.Append(t.Context(), changes(0, 5)...))
	seen := 0
	for _, err := range log.Records(t.Context(), audit.Filter{}) {
		must(t, err)
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("saw %d", seen)
	}
}
