package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// RefusedError is a project that the suite does not touch.
type RefusedError struct {
	Project string
	Reason  string
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("refusing to run the live tests in project %s: %s", e.Project, e.Reason)
}

// Guard looks at what the project is called before anything is written to it. A
// project whose name, tags or environment can mean production is refused. Where the
// key may not list projects, or the list does not have this one, nothing is
// known: then the target's Confirm has to be the project's id. The refusal is a
// [*RefusedError].
func Guard(ctx context.Context, api *API) error {
	target := api.target
	answer, err := api.Call(ctx, Request{Method: http.MethodPost, Path: "/v1/mgmt/projects/list", Body: "{}", Bearer: BearerKeyOnly})
	if err != nil {
		return fmt.Errorf("what is the project called: %w", err)
	}
	var list struct {
		Projects []project `json:"projects"`
	}
	unreadable := !answer.OK() || json.Unmarshal(answer.Body, &list) != nil
	at := slices.IndexFunc(list.Projects, func(p project) bool { return p.ID == target.ProjectID })
	if unreadable || at < 0 {
		if target.Confirm == target.ProjectID {
			return nil
		}
		return &RefusedError{target.ProjectID, fmt.Sprintf("the management key may not read what it is called (status %d); "+
			"if it exists for tests only, set %s to its id", answer.Status, VariableConfirm)}
	}
	if reason := list.Projects[at].production(); reason != "" {
		return &RefusedError{target.ProjectID, reason}
	}
	return nil
}

// project is what the list of projects shows.
type project struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Environment string   `json:"environment"`
	Tag         string   `json:"tag"` // deprecated, and still answered
	Tags        []string `json:"tags"`
}

// production says what makes the project look like production; empty when nothing does.
func (p project) production() string {
	for _, one := range []struct {
		what   string
		values []string
	}{{"name", []string{p.Name}}, {"environment", []string{p.Environment}}, {"tag", append([]string{p.Tag}, p.Tags...)}} {
		for _, value := range one.values {
			if doubt := doubtful(value); doubt != "" {
				return fmt.Sprintf("its %s %q has %s; if it exists for tests only, call it otherwise", one.what, value, doubt)
			}
		}
	}
	return ""
}

// doubtful says what in a text can mean production. A test project that is refused is
// called otherwise in a minute, and the other mistake costs more: so "product" is in
// doubt as well.
func doubtful(text string) string {
	letters, strange := fold(text)
	for _, word := range words(letters) {
		for _, part := range []string{"prod", "prd"} {
			if strings.Contains(word, part) {
				return fmt.Sprintf("%q in it", part)
			}
		}
		const live = "live" // not in the middle of a word, such as delivery
		if strings.HasPrefix(word, live) || strings.HasSuffix(word, live) {
			return fmt.Sprintf("%q in it", live)
		}
	}
	if strange != 0 {
		return fmt.Sprintf("%q (%U), which can stand for another letter", strange, strange)
	}
	return ""
}

// fold makes letters of full width plain ones, and leaves out what is not seen, and
// marks on letters. Strange is the first character that is neither of a European
// language in Latin letters nor between words.
func fold(text string) (plain string, strange rune) {
	const (
		firstWide, lastWide, wideToPlain = '！', '～', '！' - '!'
		lastLatin                        = 'ɏ' // of Latin Extended-B
	)
	plain = strings.Map(func(r rune) rune {
		switch {
		case r >= firstWide && r <= lastWide:
			return r - wideToPlain
		case unicode.In(r, unicode.Cf, unicode.M):
			return -1
		case strange == 0 && r > lastLatin && !unicode.In(r, unicode.P, unicode.Z):
			strange = r
		}
		return r
	}, text)
	return plain, strange
}

// words are the words of a text in lower case: runs of letters, and parts of
// them where a capital begins one (acmeProd, prod2, EU-PROD).
func words(text string) []string {
	var found []string
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		found = append(found, strings.ToLower(run))
		letters, from := []rune(run), 0
		for i := 1; i < len(letters); i++ {
			if unicode.IsUpper(letters[i]) && !unicode.IsUpper(letters[i-1]) {
				found = append(found, strings.ToLower(string(letters[from:i])))
				from = i
			}
		}
		if from > 0 {
			found = append(found, strings.ToLower(string(letters[from:])))
		}
	}
	return found
}
