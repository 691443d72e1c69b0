package cli

import "testing"

// A heap may always grow to 16 MiB, and beyond that by half.
func TestGrowth(t *testing.T) {
	for _, one := range []struct {
		live    uint64
		percent int
	}{{0, 1500}, {1 << 20, 1500}, {4 << 20, 300}, {8 << 20, 100}, {11 << 20, 50}, {16 << 20, 50}, {17 << 20, 50}, {1 << 30, 50}, {1 << 63, 50}} {
		if percent := growth(one.live); percent != one.percent {
			t.Errorf("%d bytes in use: %d %%, want %d %%", one.live, percent, one.percent)
		}
	}
}
