package docstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaFolder is where the published schemas are, below the repository's root.
const schemaFolder = "docs/schemas"

// Schemas are the published schemas of the program's documents, by file name.
type Schemas map[string]*jsonschema.Schema

// ReadSchemas compiles the published schemas. With strict they refuse keys that they do
// not name: what the program writes has to be documented, while readers must accept
// what later minor versions add.
func ReadSchemas(repository fs.FS, strict bool) (Schemas, error) {
	paths, err := fs.Glob(repository, path.Join(schemaFolder, "*.schema.json"))
	if err != nil {
		return nil, fmt.Errorf("find the schemas: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, name := range paths {
		text, err := fs.ReadFile(repository, name)
		if err != nil {
			return nil, fmt.Errorf("read a schema: %w", err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if strict {
			refuseOthers(document)
		}
		if err := compiler.AddResource(path.Base(name), document); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	schemas := Schemas{}
	for _, name := range paths {
		compiled, err := compiler.Compile(path.Base(name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		schemas[path.Base(name)] = compiled
	}
	return schemas, nil
}

// refuseOthers lets each object of a schema have no keys but those that it names.
func refuseOthers(node any) {
	switch node := node.(type) {
	case map[string]any:
		if _, isObject := node["properties"].(map[string]any); isObject && node["additionalProperties"] == nil {
			node["additionalProperties"] = false
		}
		for _, child := range node {
			refuseOthers(child)
		}
	case []any:
		for _, child := range node {
			refuseOthers(child)
		}
	}
}

// kinds are the kinds of documents, by keys that no document of another kind has together;
// the first that fits counts.
var kinds = []struct {
	schema string
	keys   []string
}{
	{"plan.schema.json", []string{"plan_digest"}},
	{"report.schema.json", []string{"results"}},
	{"drift.schema.json", []string{"recorded"}},
	{"comparison.schema.json", []string{"differences"}},
	{"backup.schema.json", []string{"metadata.timestamp", "metadata.operation"}},
	{"audit-record.schema.json", []string{"seq", "prev"}},
	{"audit-verification.schema.json", []string{"records", "head"}},
	{"audit-list.schema.json", []string{"records"}},
	{"adoption.schema.json", []string{"into_record"}},
	{"promotion.schema.json", []string{"promotions"}},
	{"export.schema.json", []string{"remaining"}},
	{"backups.schema.json", []string{"backups"}},
	{"validation.schema.json", []string{"valid"}},
	{"several-environments.schema.json", []string{"environments", "summary.exit_status"}},
	{"environment-checks.schema.json", []string{"environments", "summary.failed"}},
	{"environments.schema.json", []string{"environments"}},
	{"tenants.schema.json", []string{"project_id!", "version!", "tenants"}},
	{"flows.schema.json", []string{"project_id!", "version!", "flows"}},
	{"error.schema.json", []string{"format_version!", "error"}},
	{"doctor.schema.json", []string{"checks"}},
}

// Check finds the kind of a document and wants it to be as its schema says. Documents
// of other kinds, and text that is no document, have no schema; known says which.
func (s Schemas) Check(text []byte) (known string, err error) {
	if !json.Valid(text) {
		return "", nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return "", fmt.Errorf("read the document: %w", err)
	}
	document, isObject := value.(map[string]any)
	if !isObject {
		return "", nil
	}
	for _, kind := range kinds {
		if s[kind.schema] == nil || !hasKeys(document, kind.keys) {
			continue
		}
		if err := s[kind.schema].Validate(document); err != nil {
			return kind.schema, fmt.Errorf("the document is not as %s says: %s", kind.schema, strings.TrimSpace(err.Error()))
		}
		return kind.schema, nil
	}
	return "", nil
}

// hasKeys reports whether a document has all the keys: "a.b" is b in a, and "a!" wants that
// there is no a.
func hasKeys(document map[string]any, keys []string) bool {
	for _, key := range keys {
		name, unwanted := strings.CutSuffix(key, "!")
		name, below, nested := strings.Cut(name, ".")
		value, there := document[name]
		if nested {
			inner, _ := value.(map[string]any)
			_, there = inner[below]
		}
		if there == unwanted {
			return false
		}
	}
	return true
}
