package config

import (
	"slices"
	"testing"
)

// A panic is met where the result is taken over, so that whoever guards that sees it, and
// what came before it is taken over first.
func TestAPanicOfASequenceIsMetInItsTurn(t *testing.T) {
	for _, width := range []int{1, 2, 8} {
		var taken []int
		s := sequence[int]{width: width, take: func(i int) error { taken = append(taken, i); return nil }}
		met := func() (met any) {
			defer func() { met = recover() }()
			for i := range 5 {
				if err := s.add(func() int {
					if i == 3 {
						panic("met")
					}
					return i
				}); err != nil {
					return err
				}
			}
			return s.finish()
		}()
		if met != "met" || !slices.Equal(taken, []int{0, 1, 2}) {
			t.Errorf("%d at a time: met %v, took %v", width, met, taken)
		}
		s.abandon()
	}
}
