package cli

import "testing"

func TestDeleteCounts(t *testing.T) {
	for name, c := range map[string]struct {
		given       []string
		environment string
		count       int
		isGiven     bool
		wrong       bool
	}{
		"nothing":              {nil, "dev", 0, false, false},
		"a number":             {[]string{"3"}, "dev", 3, true, false},
		"none is a number too": {[]string{"0"}, "dev", 0, true, false},
		"its own":              {[]string{"dev=2", "prod=5"}, "dev", 2, true, false},
		"of another":           {[]string{"prod=5"}, "dev", 0, false, false},
		"its own goes first":   {[]string{"7", "dev=2"}, "dev", 2, true, false},
		"no environment":       {[]string{"prod=5"}, "", 0, false, false},
		"below zero":           {[]string{"-1"}, "dev", 0, false, true},
		"no number":            {[]string{"many"}, "dev", 0, false, true},
		"no name":              {[]string{"=3"}, "dev", 0, false, true},
		"empty":                {[]string{""}, "dev", 0, false, true},
		"twice":                {[]string{"dev=1", "dev=2"}, "dev", 0, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var counts deleteCounts
			var err error
			for _, text := range c.given {
				if err == nil {
					err = counts.Set(text)
				}
			}
			if (err != nil) != c.wrong {
				t.Fatalf("error %v", err)
			}
			if c.wrong {
				return
			}
			if count, given := counts.in(c.environment); count != c.count || given != c.isGiven {
				t.Errorf("%d, %v; want %d, %v", count, given, c.count, c.isGiven)
			}
		})
	}
}
