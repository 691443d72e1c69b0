package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// mostCandidates is how many words a shell gets. Of more objects it gets what their
	// ids begin with, as far as the next letter.
	mostCandidates = 500
	// longestCandidate and longestAbout bound a word and what is said about it, in
	// bytes and in characters.
	longestCandidate = 256
	longestAbout     = 60
)

// candidate is a word that fits, and a few words about it, which may be empty.
type candidate struct{ word, about string }

func candidatesOf(words []string) []candidate {
	found := make([]candidate, 0, len(words))
	for _, word := range words {
		found = append(found, candidate{word: word})
	}
	return found
}

// wordsOf are the words of an answer as cobra takes them: each once, those that begin
// with what was typed, and none that a shell could take for anything but a word.
func wordsOf(found answer, typed string) []string {
	var words []string
	seen := map[string]bool{}
	for _, one := range found.candidates {
		if !strings.HasPrefix(one.word, typed) || !isPlainWord(one.word) || seen[one.word] {
			continue
		}
		if seen[one.word] = true; len(seen) > mostCandidates {
			break
		}
		word := one.word
		if about := aboutLine(one.about); about != "" {
			word += "\t" + about
		}
		words = append(words, word)
	}
	return words
}

// isPlainWord reports whether a word means itself in every shell. Ids come from
// repositories and from Descope, and shells do not agree on how they quote: a word with
// a blank, a dollar sign or a backtick in it is not offered.
func isPlainWord(word string) bool {
	if word == "" || len(word) > longestCandidate || !utf8.ValidString(word) || strings.ContainsRune("-~=", rune(word[0])) {
		return false
	}
	return strings.IndexFunc(word, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.,:/@%+=~", r)
	}) < 0
}

// aboutLine is a description on one short line.
func aboutLine(about string) string {
	about = strings.Join(strings.Fields(printableLine(about)), " ")
	if runes := []rune(about); len(runes) > longestAbout {
		return string(runes[:longestAbout-1]) + "…"
	}
	return about
}

// stems are what many ids begin with: all that they have in common, and one more
// letter. A list that is cut off would make a shell complete what only its beginning
// has in common. The ids begin with what was typed.
func stems(ids []string) []candidate {
	common := ids[0]
	for _, id := range ids {
		common = commonPrefix(common, id)
	}
	counts := map[string]int{}
	for _, id := range ids {
		_, size := utf8.DecodeRuneInString(id[len(common):])
		counts[id[:len(common)+size]]++
	}
	found := make([]candidate, 0, len(counts))
	for stem, count := range counts {
		about := ""
		if count > 1 {
			about = fmt.Sprintf("%d begin so", count)
		}
		found = append(found, candidate{stem, about})
	}
	sortCandidates(found)
	return found
}

func sortCandidates(found []candidate) {
	slices.SortFunc(found, func(a, b candidate) int { return strings.Compare(a.word, b.word) })
}

// commonPrefix ends at the end of a character.
func commonPrefix(a, b string) string {
	length := 0
	for length < len(a) && length < len(b) && a[length] == b[length] {
		length++
	}
	for length > 0 && length < len(a) && !utf8.RuneStart(a[length]) {
		length--
	}
	return a[:length]
}
