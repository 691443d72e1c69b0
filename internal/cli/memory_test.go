package cli

import "testing"

// A heap may always grow to 16 MiB, and beyond that by half.
func TestGrowth(t *testing.T) {
	for _, one := range []struct {
		live    uint64
		percent int
	}{{0, 400}, {1 << 20, 400}, {4 << 20, 300}, {8 << 20, 100}, {11 << 20, 50}, {16 << 20, 50}, {17 << 20, 50}, {1 << 30, 50}, {1 << 63, 50}} {
		if percent := growth(one.live); percent != one.percent {
			t.Errorf("%d bytes in use: %d %%, want %d %%", one.live, percent, one.percent)
		}
	}
}

// Go lets a heap grow to its size before the first collection in any case, and scales
// that with the percentage: a small heap must not be allowed more than 16 MiB by it.
func TestGrowthOfSmallHeaps(t *testing.T) {
	for _, live := range []uint64{0, 1 << 20, 2 << 20, 3 << 20, 4 << 20} {
		if least := startHeap * growth(live) / 100; least > smallHeap {
			t.Errorf("%d bytes in use: the heap grows to %d MiB, want at most %d MiB", live, least>>20, smallHeap>>20)
		}
	}
}
