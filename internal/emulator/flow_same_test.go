package emulator_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var screenID = regexp.MustCompile(`^SC[0-9A-Za-z]{27}$`)

type exportedShape struct {
	Contents struct {
		Tasks map[string]struct{ ScreenID string }
	}
	Screens []struct{ ScreenID string }
}

// sameButIdentity asserts what a live import may do to a flow and no more: new
// ids for all screens, sorted; another version of the components; zero values
// where nothing was.
func sameButIdentity(t testing.TB, sent, got string) {
	t.Helper()
	before, after := decode[exportedShape](t, sent), decode[exportedShape](t, got)
	old := map[string]string{} // new id → old id
	for id, task := range before.Contents.Tasks {
		if task.ScreenID != "" {
			old[after.Contents.Tasks[id].ScreenID] = task.ScreenID
		}
	}
	if len(after.Screens) != len(before.Screens) {
		t.Fatalf("%d screens of %d", len(after.Screens), len(before.Screens))
	}
	var sorted []string
	for _, screen := range after.Screens {
		sorted = append(sorted, screen.ScreenID)
		if !screenID.MatchString(screen.ScreenID) {
			t.Errorf("the screen id %q", screen.ScreenID)
		}
		if _, shown := old[screen.ScreenID]; shown {
			continue
		}
		for _, was := range before.Screens { // a screen that no task shows: there is one at most
			if !slices.Contains(slices.Collect(maps.Values(old)), was.ScreenID) {
				old[screen.ScreenID] = was.ScreenID
				break
			}
		}
	}
	if !slices.IsSorted(sorted) {
		t.Errorf("the screens are not sorted: %q", sorted)
	}
	for _, screen := range before.Screens {
		if screenID.MatchString(screen.ScreenID) && strings.Contains(got, screen.ScreenID) {
			t.Errorf("the old screen id %s is still there", screen.ScreenID)
		}
	}
	for now, was := range old {
		got = strings.ReplaceAll(got, now, was)
	}
	want, have := exactly(t, sent), exactly(t, got)
	for _, flow := range []any{want, have} {
		sortScreens(flow)
		if metadata, ok := flow.(map[string]any)["metadata"].(map[string]any); ok {
			delete(metadata, "componentsVersion")
		}
	}
	for _, problem := range filledIn("", want, have) {
		t.Error(problem)
	}
}

func sortScreens(flow any) {
	screens, _ := flow.(map[string]any)["screens"].([]any)
	slices.SortFunc(screens, func(a, b any) int {
		return cmp.Compare(a.(map[string]any)["screenId"].(string), b.(map[string]any)["screenId"].(string))
	})
}

// filledIn lists where got is not want with zero values filled in.
func filledIn(path string, want, got any) (problems []string) {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: %v is no object", path, got)}
		}
		for key, value := range want {
			problems = append(problems, filledIn(path+"/"+key, value, have[key])...)
			if _, found := have[key]; !found {
				problems = append(problems, path+"/"+key+": lost")
			}
		}
		for key, value := range have {
			if _, found := want[key]; !found && !isZeroValue(value) {
				problems = append(problems, fmt.Sprintf("%s/%s: came from nowhere: %v", path, key, value))
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) != len(want) {
			return []string{fmt.Sprintf("%s: %v instead of %v", path, got, want)}
		}
		for i := range want {
			problems = append(problems, filledIn(fmt.Sprintf("%s/%d", path, i), want[i], have[i])...)
		}
	case nil:
		if !isZeroValue(got) {
			problems = append(problems, fmt.Sprintf("%s: %v instead of null", path, got))
		}
	default:
		if !reflect.DeepEqual(want, got) {
			problems = append(problems, fmt.Sprintf("%s: %v instead of %v", path, got, want))
		}
	}
	return problems
}

// isZeroValue reports what stands for "not set", also one level deeper.
func isZeroValue(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, inner := range value {
			if !isZeroValue(inner) {
				return false
			}
		}
		return true
	case []any:
		return len(value) == 0
	case nil:
		return true
	default:
		return value == "" || value == false || value == json.Number("0")
	}
}
