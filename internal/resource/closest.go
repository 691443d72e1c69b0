package resource

import "strings"

// Closest returns the known word that a misspelt one most likely meant, or ""
// when none is near: at most a third of the letters differ, or one is the start of the other.
func Closest(given string, known []string) string {
	best, bestDistance := "", len(given)/3+1
	for _, candidate := range known {
		distance := editDistance(strings.ToLower(given), strings.ToLower(candidate))
		if distance < bestDistance || (distance == bestDistance && best == "") {
			best, bestDistance = candidate, distance
		}
	}
	if best != "" {
		return best
	}
	for _, candidate := range known {
		if len(given) >= 3 && strings.HasPrefix(candidate, given) {
			return candidate
		}
	}
	return ""
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn one word into the other.
func editDistance(a, b string) int {
	before, previous := []int(nil), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current := make([]int, len(b)+1)
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous = previous, current
	}
	return previous[len(b)]
}
