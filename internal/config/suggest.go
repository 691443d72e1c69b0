package config

import "strings"

// closest returns the candidate that was probably meant; empty when none is
// near. Spelling in another case style (customAttributes) counts as nearest.
func closest(name string, candidates []string) string {
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
	return best
}

// didYouMean is a suggestion that names the closest candidate, or else lists
// all of them under the given heading.
func didYouMean(name string, candidates []string, heading string) string {
	if candidate := closest(name, candidates); candidate != "" {
		return "did you mean " + show(candidate) + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	return heading + ": " + strings.Join(candidates, ", ")
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
