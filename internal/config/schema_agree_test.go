package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"testing"

	google "github.com/google/jsonschema-go/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// validators are independent readers of the schema; each says why it refuses a
// document in JSON.
type validators map[string]func(document []byte) error

func compileSchemas(t *testing.T) validators {
	t.Helper()
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	first := compileSchema(t)
	var second google.Schema
	if err := json.Unmarshal(text, &second); err != nil {
		t.Fatal(err)
	}
	resolved, err := second.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return validators{
		"santhosh-tekuri/jsonschema": func(document []byte) error {
			decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
			if err != nil {
				return err
			}
			return first.Validate(decoded)
		},
		"google/jsonschema-go": func(document []byte) error {
			var decoded any
			if err := json.Unmarshal(document, &decoded); err != nil {
				return err
			}
			return resolved.Validate(decoded)
		},
	}
}

// structural are the codes of mistakes in the structure of one document, which the
// schema finds too.
var structural = []string{
	codeUnknownKey, codeType, codeNull, codeValue, codeUnsupported, codeVersion, codeLiteralKey, codeID, codeName, codeSelection, codeDomain, codeDomainPair, codeAttribute, codeFlowSource, codeDriftRule,
}

// acrossObjects are messages of such codes about more than one object, or about the
// documents together.
var acrossObjects = regexp.MustCompile(`^the version is missing$|^a flow has neither template nor file$`)

// otherValues are put in the place of a value.
func otherValues() []any {
	return []any{
		nil, "text", "", 1, -1, 1.5, true, []any{}, map[string]any{}, []any{"x"}, []any{""}, []any{nil}, []any{map[string]any{}}, map[string]any{"x": "y"}, map[string]any{"x": nil},
	}
}

// mutate changes one place of a document: another value, a key less, or an unknown one.
func mutate(t *rapid.T, value any, last string) any {
	keys := keysOfInstance(value)
	if len(keys) == 0 || last != "" && rapid.IntRange(0, 4).Draw(t, "here") == 0 {
		made := rapid.SampledFrom(otherValues()).Draw(t, "value")
		if made == "" && last == "template" {
			return "text" // an unknown template, to the loader
		}
		return made
	}
	key := rapid.SampledFrom(keys).Draw(t, "key")
	if list, ok := value.([]any); ok {
		at, changed := slices.Index(keys, key), slices.Clone(list)
		changed[at] = mutate(t, list[at], key)
		return changed
	}
	changed := maps.Clone(value.(map[string]any))
	switch rapid.IntRange(0, 9).Draw(t, "how") {
	case 0:
		delete(changed, key)
	case 1:
		changed["unknown"] = rapid.SampledFrom(otherValues()).Draw(t, "value")
	default:
		changed[key] = mutate(t, changed[key], key)
	}
	return changed
}

func keysOfInstance(value any) []string {
	var keys []string
	switch typed := value.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(typed))
	case []any:
		for i := range typed {
			keys = append(keys, strconv.Itoa(i))
		}
	}
	return keys
}

// documents are the valid texts.
func documents(t *testing.T) []any {
	t.Helper()
	var all []any
	valid := validTexts()
	for _, name := range slices.Sorted(maps.Keys(valid)) {
		all = append(all, instance(t, valid[name]))
	}
	return all
}

// structureOf is what the loader finds in the structure of a document. Whole is false
// where it also says something about several objects that the schema might say.
func structureOf(t *rapid.T, text string) (found []string, whole bool) {
	_, err := loadSources(context.Background(), Options{AllowExec: true}, texts{"descope.json": text}.sources())
	var invalid *InvalidError
	if err != nil && !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	if invalid == nil {
		return nil, true
	}
	across := false
	for _, d := range invalid.Errors() {
		switch {
		case acrossObjects.MatchString(d.Message):
			across = across || d.Code == codeFlowSource
		case slices.Contains(structural, d.Code), d.Message == `no environment is called ""`:
			found = append(found, d.String())
		}
	}
	return found, len(found) > 0 || !across
}

// TestSchemaAndLoaderAgree changes valid documents at random places, 1,000 of them.
// What the loader finds in the structure is refused by the schema, and nothing else.
func TestSchemaAndLoaderAgree(t *testing.T) {
	schemas, valid := compileSchemas(t), documents(t)
	refused, accepted := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			text, err := json.Marshal(mutate(t, rapid.SampledFrom(valid).Draw(t, "document"), ""))
			if err != nil {
				t.Fatal(err)
			}
			found, whole := structureOf(t, string(text))
			if !whole {
				continue
			}
			if len(found) > 0 {
				refused++
			} else {
				accepted++
			}
			for name, validate := range schemas {
				if err := validate(text); (err != nil) != (len(found) > 0) {
					t.Errorf("%s says %v and the loader %q of %s", name, err, found, text)
				}
			}
		}
	})
	if least := (refused + accepted) / 10; refused < least || accepted < least {
		t.Errorf("%d were refused and %d accepted", refused, accepted)
	}
}

// TestSchemaIsComplete wants for each key what an editor shows of it.
func TestSchemaIsComplete(t *testing.T) {
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	keys := 0
	var walk func(path string, s map[string]any)
	walk = func(path string, s map[string]any) {
		for name, inner := range s {
			child, ok := inner.(map[string]any)
			if list, isList := inner.([]any); isList {
				for _, item := range list {
					if one, ok := item.(map[string]any); ok && name != "examples" {
						walk(path+"/"+name, one)
					}
				}
			}
			if !ok || name == "if" || name == "then" || name == "not" {
				continue
			}
			if name != "properties" {
				walk(path+"/"+name, child)
				continue
			}
			for key, property := range child {
				keys++
				described := property.(map[string]any)
				for _, part := range []string{"title", "description", "examples"} {
					if value := described[part]; value == nil || value == "" {
						t.Errorf("%s/%s has no %s", path, key, part)
					}
				}
				walk(path+"/"+key, described)
			}
		}
	}
	walk("", document)
	if keys < 100 {
		t.Errorf("only %d keys", keys)
	}
}
