package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestSchemaByAjv has a validator of another language read the schema, in its strict
// mode: ajv, by npm install ajv-cli. It runs where that is found.
func TestSchemaByAjv(t *testing.T) {
	ajv, err := exec.LookPath("ajv")
	if err != nil {
		t.Skip("ajv is not installed")
	}
	text, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	schemaPath := filepath.Join(folder, schemaFile)
	if err := os.WriteFile(schemaPath, text, 0o600); err != nil {
		t.Fatal(err)
	}
	valid := slices.Collect(maps.Values(validTexts()))
	for _, block := range readDocumented(t) {
		if len(block.codes) == 0 {
			valid = append(valid, strings.Split(block.text, "\n---\n")...)
		}
	}
	for verdict, documents := range map[string][]string{"valid": valid, "invalid": slices.Collect(maps.Values(invalidTexts()))} {
		for i, document := range documents {
			var value any
			if err := yaml.Load([]byte(document), &value); err != nil {
				t.Fatal(err)
			}
			encoded, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%d.json", verdict, i)), encoded, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		command := exec.CommandContext(t.Context(), ajv, "test", "--spec=draft2020", "--strict=true", "--strict-required=false", "--allow-union-types", "-s", schemaPath, "-d", filepath.Join(folder, verdict+"-*.json"), "--"+verdict)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s documents: %v\n%s", verdict, err, out)
		} else {
			t.Logf("%d %s documents", len(documents), verdict)
		}
	}
}
