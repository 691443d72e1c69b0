package audit_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/audit"
)

// BenchmarkWriter10000 records ten thousand changes through a writer, as a run
// does, until all of them are on disk.
func BenchmarkWriter10000(b *testing.B) {
	const records = 10_000
	for i := 0; b.Loop(); i++ {
		writer := audit.NewWriter(open(b.TempDir()))
		for k := range records {
			must(b, writer.Add(change(strconv.Itoa(k))))
		}
		must(b, writer.Close(b.Context()))
	}
	b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkAppend is one record, durably: what a run waits for at its end.
func BenchmarkAppend(b *testing.B) {
	log := open(b.TempDir())
	for b.Loop() {
		must(b, log.Append(b.Context(), change("a")))
	}
}

// BenchmarkVerify100000 reads and checks a log of a hundred thousand records.
func BenchmarkVerify100000(b *testing.B) {
	const records = 100_000
	log := open(b.TempDir())
	for i := 0; i < records; i += 1000 {
		must(b, log.Append(b.Context(), changes(i, i+1000)...))
	}
	for b.Loop() {
		if got := verified(b, log); got.Records != records {
			b.Fatal(fmt.Sprint(got))
		}
	}
	b.ReportMetric(float64(records*b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(len(content(b, log.Path())))/records, "B/record")
}
