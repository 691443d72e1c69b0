package resource_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const canary = "K2canary-do-not-print"

// holder is what a careless log line prints: a struct with a secret that fmt
// cannot ask for its methods.
type holder struct {
	Exported resource.Secret
	hidden   resource.Secret
	pointer  *resource.Secret
	list     []resource.Secret
}

func TestSecretNeverPrints(t *testing.T) {
	secret := resource.NewSecret(canary)
	held := holder{Exported: secret, hidden: secret, pointer: &secret, list: []resource.Secret{secret}}
	outputs := map[string]string{"String": secret.String(), "GoString": secret.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%t", "%10.3s", "%-v", "%w"} {
		outputs["secret "+verb] = fmt.Sprintf(verb, secret)
		outputs["pointer "+verb] = fmt.Sprintf(verb, &secret)
		outputs["inside "+verb] = fmt.Sprintf(verb, held)
		outputs["inside a pointer "+verb] = fmt.Sprintf(verb, &held)
		outputs["inside a map "+verb] = fmt.Sprintf(verb, map[string]holder{"k": held})
		outputs["inside an error "+verb] = fmt.Errorf("failed: "+verb, secret).Error()
	}
	asJSON, err := json.Marshal(map[string]any{"secret": secret, "held": held})
	outputs["JSON"] = string(asJSON)
	asYAML, yamlErr := yaml.Marshal(map[string]any{"secret": secret, "held": held})
	outputs["YAML"] = string(asYAML)
	if err := errors.Join(err, yamlErr); err != nil {
		t.Fatal(err)
	}
	var logs bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&logs, nil), slog.NewJSONHandler(&logs, nil)} {
		slog.New(handler).Info("m", "secret", secret, "held", held, slog.Group("g", "s", &secret))
	}
	outputs["slog"] = logs.String()
	for name, output := range outputs {
		if strings.Contains(output, canary) || strings.Contains(output, "canary") || strings.Contains(output, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s prints the secret: %s", name, output)
		}
	}
	if got := outputs["secret %v"]; got != "[redacted]" {
		t.Errorf("%%v prints %q", got)
	}
	if got := outputs["JSON"]; !strings.Contains(got, `"secret":"[redacted]"`) {
		t.Errorf("JSON is %s", got)
	}
}

func TestSecretReveals(t *testing.T) {
	if got := resource.NewSecret(canary).Reveal(); got != canary {
		t.Errorf("got %q", got)
	}
	if resource.NewSecret(canary).IsEmpty() || !resource.NewSecret("").IsEmpty() || !(resource.Secret{}).IsEmpty() {
		t.Error("emptiness is wrong")
	}
	if got := (resource.Secret{}).Reveal(); got != "" {
		t.Errorf("the zero secret reveals %q", got)
	}
}

func TestSecretAsText(t *testing.T) {
	text, err := resource.NewSecret(canary).MarshalText()
	if err != nil || string(text) != resource.Redacted {
		t.Errorf("got %s, %v", text, err)
	}
}
