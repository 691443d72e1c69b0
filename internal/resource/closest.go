package resource

import "strings"

// Closest returns the candidate that a misspelt word most likely meant, or ""
// when none is near. Spelling in another case style (customAttributes for
// custom_attributes) counts as nearest; a word of three letters or more that a
// candidate starts with comes last.
func Closest(name string, candidates []string) string {
	folded := fold(name)
	if folded == "" || len(folded) > 64 {
		return ""
	}
	best, bestDistance := "", 1+max(1, min(3, len(folded)/3))
	for _, candidate := range candidates {
		if fold(candidate) == folded {
			return candidate
		}
		if d := distance(folded, fold(candidate), bestDistance); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	if best != "" {
		return best
	}
	for _, candidate := range candidates {
		if len(folded) >= 3 && strings.HasPrefix(fold(candidate), folded) {
			return candidate
		}
	}
	return ""
}

func fold(s string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(s))
}

// distance is the number of insertions, deletions, replacements and swaps of
// neighbours that turn a into b, or limit when it is at least that.
func distance(a, b string, limit int) int {
	if diff := len(a) - len(b); diff >= limit || -diff >= limit {
		return limit
	}
	before, last, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(last[j]+1, current[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, last, current = last, current, before
	}
	return min(last[len(b)], limit)
}
