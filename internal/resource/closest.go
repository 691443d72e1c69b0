package resource

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// DidYouMean is the hint that names the candidate closest to a misspelt word, as
// [Closest] finds it; empty when none is near.
func DidYouMean(name string, candidates []string) string {
	if closest := Closest(name, candidates); closest != "" {
		return Meant(closest)
	}
	return ""
}

// Meant is the hint that names what was most likely meant. The word stands as it is to
// be written, in quotes only where it would not be clear where it begins and ends.
func Meant(word string) string {
	unclear := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:@", r)
	}
	if word == "" || strings.ContainsFunc(word, unclear) {
		word = strconv.Quote(word)
	}
	return "did you mean " + word + "?"
}

// SuggestAddress is the hint for an address, or a pattern over addresses, that matches
// none of the candidates: the kind was left out or misspelt, or the id was. It is empty
// when no candidate is near.
func SuggestAddress(given string, candidates []string) string {
	for _, kind := range []Kind{KindTenant, KindFlow} {
		if with := Glob(NewAddress(kind, given)); slices.ContainsFunc(candidates, with.Match) {
			return Meant(string(with))
		}
	}
	kinds := []Kind{Address(given).Kind()}
	id := Address(given).ID()
	if kinds[0] == "" {
		kinds, id = []Kind{KindTenant, KindFlow}, given
	}
	known := false
	for _, kind := range kinds {
		var ids []string
		for _, candidate := range candidates {
			if Address(candidate).Kind() == kind {
				ids = append(ids, Address(candidate).ID())
			}
		}
		if closest := Closest(id, ids); closest != "" {
			return Meant(string(NewAddress(kind, closest)))
		}
		known = known || len(ids) > 0
	}
	if known {
		return ""
	}
	return DidYouMean(given, candidates)
}

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
