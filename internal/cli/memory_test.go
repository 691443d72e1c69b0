package cli

import "testing"

// A heap may always grow to 32 MiB, and beyond that by half.
func TestGrowth(t *testing.T) {
	for _, one := range []struct {
		live    uint64
		percent int
	}{{0, 3100}, {1 << 20, 3100}, {8 << 20, 300}, {16 << 20, 100}, {22 << 20, 50}, {32 << 20, 50}, {33 << 20, 50}, {1 << 30, 50}, {1 << 63, 50}} {
		if percent := growth(one.live); percent != one.percent {
			t.Errorf("%d bytes in use: %d %%, want %d %%", one.live, percent, one.percent)
		}
	}
}
