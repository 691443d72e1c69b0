package backup_test

import (
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
)

func TestName(t *testing.T) {
	at := testTime.Truncate(time.Second)
	cases := map[string]backup.Name{
		"2025-11-10_14-30-15_pre-tenant-sync.json":    {At: at, Operation: "tenant-sync", Number: 1},
		"2025-11-10_14-30-15_pre-tenant-sync-2.json":  {At: at, Operation: "tenant-sync", Number: 2},
		"2025-11-10_14-30-15_pre-apply.json":          {At: at, Operation: "apply", Number: 1},
		"2025-11-10_14-30-15_pre-tenant-sync-17.json": {At: at, Operation: "tenant-sync", Number: 17},
		"2025-11-10_14-30-15_pre-pre-2fa.json":        {At: at, Operation: "pre-2fa", Number: 1},
	}
	for name, want := range cases {
		if got, ok := backup.ParseName(name); !ok || got != want || want.String() != name {
			t.Errorf("%s: %+v, %v; written %s", name, got, ok, want)
		}
	}
	zone := time.FixedZone("", 2*3600)
	if got := (backup.Name{At: testTime.In(zone), Operation: "apply"}).String(); got != "2025-11-10_14-30-15_pre-apply.json" {
		t.Errorf("another zone: %s", got)
	}
	for _, foreign := range []string{
		"", "a.json", "descope.json", "2025-11-10_14-30-15_pre-tenant-sync", "2025-11-10_14-30-15_pre-.json", "2025-11-10_14-30-15_pre-2.json",
		"2025-11-10_14-30-15_pre-tenant-sync-1.json", "2025-11-10_14-30-15_pre-tenant-sync-02.json", "2025-13-10_14-30-15_pre-apply.json",
		"2025-11-10_14-30-15_pre-Apply.json", "2025-11-10_14-30-15_pre-a--b.json", "2025-11-10_14-30-15_pre-a b.json",
		"2025-11-10_14-30-15_post-apply.json", "25-11-10_14-30-15_pre-apply.json", ".2025-11-10_14-30-15_pre-apply.json",
		"2025-11-10_14-30-15_pre-apply.json.json", "2025-11-10_14-30-15_pre-tenant-sync-2-3.json",
	} {
		if got, ok := backup.ParseName(foreign); ok {
			t.Errorf("%q is taken for %+v", foreign, got)
		}
	}
}
