package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// variables is an environment for tests.
type variables map[string]string

func (v variables) lookup(name string) (string, bool) {
	value, set := v[name]
	return value, set
}

// texts are files by name; they are read in the order of their names.
type texts map[string]string

// sources serves the files from memory.
func (f texts) sources() []source {
	var sources []source
	for _, name := range slices.Sorted(maps.Keys(f)) {
		content := f[name]
		sources = append(sources, source{
			name: name, folder: "/conf",
			json: strings.HasSuffix(name, ".json"),
			open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
		})
	}
	return sources
}

func loadTexts(files texts, env variables) (*Config, error) {
	return loadSources(context.Background(), Options{Lookup: env.lookup, ToolVersion: "1.2.3"}, files.sources())
}

// loadTrusted reads one text that may name commands to run.
func loadTrusted(text string, env variables) (*Config, error) {
	return loadSources(context.Background(), Options{Lookup: env.lookup, AllowExec: true}, texts{"descope.yaml": text}.sources())
}

// load reads one text as descope.yaml and fails the test on errors.
func load(t *testing.T, text string, env variables) *Config {
	t.Helper()
	cfg, err := loadTexts(texts{"descope.yaml": text}, env)
	if err != nil {
		for _, d := range diagnosticsOf(t, cfg, err) {
			t.Log(d.Render())
		}
		t.Fatal(err)
	}
	return cfg
}

// diagnosticsOf returns what was said about a configuration, valid or not.
func diagnosticsOf(t *testing.T, cfg *Config, err error) []Diagnostic {
	t.Helper()
	if err == nil {
		return cfg.Warnings()
	}
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("error %v, want *InvalidError", err)
	}
	return invalid.Diagnostics
}

// lines writes diagnostics as the tables of tests have them.
func lines(diagnostics []Diagnostic) []string {
	var out []string
	for _, d := range diagnostics {
		out = append(out, fmt.Sprintf("%s: %s %s: %s", d.Position, d.Severity, d.Code, d.Message))
	}
	return out
}

func wantLines(t *testing.T, got []Diagnostic, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(got)); diff != "" {
		t.Errorf("diagnostics (-want +got):\n%s", diff)
	}
}

// tenants puts tenant entries under a valid head. The entries start on line 3,
// indented by two.
func tenants(entries string) string {
	return "version: \"1.0\"\ntenants:\n" + entries
}

// fieldsOf lists the fields of a tenant as "path=value", or "path removed".
func fieldsOf(t *testing.T, cfg *Config, environment, id string) []string {
	t.Helper()
	for _, desired := range cfg.Desired(environment) {
		if desired.ID == id {
			return fieldTexts(desired)
		}
	}
	t.Fatalf("no tenant %q", id)
	return nil
}

func fieldTexts(desired resource.Desired) []string {
	var out []string
	for _, field := range desired.Fields {
		if field.Remove {
			out = append(out, field.Path.String()+" removed")
			continue
		}
		out = append(out, field.Path.String()+"="+string(field.Value))
	}
	return out
}

func idsOf(desired []resource.Desired) []string {
	var ids []string
	for _, d := range desired {
		ids = append(ids, d.ID)
	}
	return ids
}
