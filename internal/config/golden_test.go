package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// environmentsFolder holds one configuration of five environments: the base, and an
// overlay in a file of its own for each.
const environmentsFolder = "testdata/environments"

// loadEnvironments loads a copy of it, with the flows' files, which are made here.
func loadEnvironments(t *testing.T) (cfg *Config, folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(environmentsFolder)); err != nil {
		t.Fatal(err)
	}
	connected, err := flow.Set(exported(t, "magic-link", nil), map[string]resource.Value{
		"references.connectors['SMS gateway']": `"CI2file-000"`, "task 1.arguments.providerId": `"CI2file-000"`,
	})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, folder, "flows/sign-up.json", connected.WithID("sign-up").Encode())
	writeFile(t, folder, "overlays/flows/sign-up.json", exported(t, "social-login", nil).WithID("sign-up").Encode())
	cfg, err = Load(t.Context(), Options{WorkDir: folder, Paths: []string{"descope.yaml", "overlays"}})
	for _, d := range diagnosticsOf(t, cfg, err) {
		if d.Severity != SeverityNote && d.Code != codeIDRule {
			t.Error(d.Render())
		}
	}
	if err != nil {
		t.FailNow()
	}
	return cfg, folder
}

// effectiveText writes everything that an environment makes of the configuration.
func effectiveText(cfg *Config, folder, environment string) string {
	var out strings.Builder
	keys := cfg.Keys(environment)
	for _, d := range append(cfg.Desired(environment), cfg.DesiredFlows(environment)...) {
		lines := placed([]resource.Desired{d})
		fmt.Fprintf(&out, "%s %s", d.Kind, lines[0])
		if key := keys[d.Address()]; key != "" {
			fmt.Fprintf(&out, " key %s", key)
		}
		if place := cfg.Place(environment, d.Address()); !place.Overlay.IsZero() {
			fmt.Fprintf(&out, " overlay @%s", short(place.Overlay))
		}
		out.WriteString("\n")
		for _, line := range lines[1:] {
			out.WriteString(line + "\n")
		}
		if d.Flow == nil {
			continue
		}
		if file := cfg.FlowFile(environment, d.ID); file != "" {
			relative, _ := filepath.Rel(folder, file)
			fmt.Fprintf(&out, "  from %s\n", filepath.ToSlash(relative))
		}
		metadata := d.Flow.Document.Get("metadata")
		fmt.Fprintf(&out, "  document %s name %s description %s disabled %s connectors %s\n", d.Flow.Document.Get("flowId"),
			metadata.Get("name"), metadata.Get("description"), metadata.Get("disabled"), d.Flow.Document.Get("references").Get("connectors"))
	}
	fmt.Fprintf(&out, "elsewhere: tenants %q, flows %q\n", cfg.Manage(environment).Elsewhere, cfg.ManageFlows(environment).Elsewhere)
	return out.String()
}

// TestFiveEnvironments compares every effective configuration with the one that was
// reviewed; -update writes it.
func TestFiveEnvironments(t *testing.T) {
	cfg, folder := loadEnvironments(t)
	for _, environment := range append(cfg.Environments(), "base") {
		name := environment
		if environment == "base" {
			environment = ""
		}
		got := effectiveText(cfg, folder, environment)
		golden := filepath.Join(environmentsFolder, name+".golden")
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
