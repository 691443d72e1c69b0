package backup_test

import (
	"bytes"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

// BenchmarkSave: 10,000 tenants of about 600 bytes: encoded, written, synced,
// named, read back and verified.
func BenchmarkSave(b *testing.B) {
	document := many(b, 10_000)
	files := directory(b, b.TempDir())
	var saved backup.Saved
	measure(b, func() { saved = save(b, files, document) })
	b.ReportMetric(float64(saved.Size)/1e6, "MB-file")
	b.ReportMetric(float64(len(document.Tenants[0].Raw)), "B/tenant")
}

// BenchmarkVerify: the check of that file.
func BenchmarkVerify(b *testing.B) {
	files := directory(b, b.TempDir())
	saved := save(b, files, many(b, 10_000))
	measure(b, func() {
		if _, err := backup.Verify(b.Context(), files, saved.Name); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkRead: that file with all its values.
func BenchmarkRead(b *testing.B) {
	files := directory(b, b.TempDir())
	saved := save(b, files, many(b, 10_000))
	measure(b, func() {
		if read, err := backup.Read(b.Context(), files, saved.Name); err != nil || len(read.Tenants) != 10_000 {
			b.Fatal(err)
		}
	})
}

// BenchmarkNewTenant: entries of tenants with something to look for in each.
func BenchmarkNewTenant(b *testing.B) {
	omit := backup.Omit{IsSecret: func(text string) bool { return bytes.Contains([]byte(text), []byte("K2secret")) }}
	for b.Loop() {
		tenant(b, acme, backup.Extras{}, omit)
	}
}

// BenchmarkList: the heads of 300 backups.
func BenchmarkList(b *testing.B) {
	files := directory(b, b.TempDir())
	for range 300 {
		save(b, files, many(b, 20))
	}
	for b.Loop() {
		if infos, err := backup.List(b.Context(), files); err != nil || len(infos) != 300 {
			b.Fatal(err, len(infos))
		}
	}
}

// BenchmarkDiff: 10,000 tenants, all of them changed.
func BenchmarkDiff(b *testing.B) {
	before, after := many(b, 10_000), many(b, 10_000)
	for i := range after.Tenants {
		after.Tenants[i].Raw = bytes.Replace(after.Tenants[i].Raw, []byte("us-east"), []byte("us-west"), 1)
	}
	for b.Loop() {
		if len(backup.Diff(before, after).Changed) != 10_000 {
			b.Fatal("not all are different")
		}
	}
}

// measure reports beside the time by how much the memory grew that the heap has
// of the system, garbage included.
func measure(b *testing.B, run func()) {
	b.Helper()
	debug.FreeOSMemory()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapSys-after.HeapReleased-(before.HeapSys-before.HeapReleased))/1e6, "MB-grown")
}
