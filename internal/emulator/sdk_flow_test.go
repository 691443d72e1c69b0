package emulator_test

import (
	"testing"

	"github.com/descope/go-sdk/descope"
	"github.com/google/go-cmp/cmp"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

// The official SDK sends no body where none is needed, and speaks v2.
func TestOfficialSDKFlows(t *testing.T) {
	for _, behavior := range []emulator.ImportBehavior{emulator.ImportLive, emulator.ImportVerbatim} {
		t.Run(string(behavior), func(t *testing.T) {
			h := start(t, emulator.Options{RejectUnknownFields: true, ImportBehavior: behavior})
			flows := sdk(t, h).Management.Flow()
			ctx := t.Context()
			listed := must[*descope.FlowList](t)(flows.ListFlows(ctx))
			if len(listed.Flows) != 4 || listed.Flows[3].FlowID != "step-up" || listed.Flows[3].Name != "Step Up" || listed.Flows[3].Description == "" || listed.Flows[3].Disabled {
				t.Errorf("flows %+v", listed)
			}
			exported := must[map[string]any](t)(flows.ExportFlow(ctx, "sign-up"))
			exported["metadata"].(map[string]any)["disabled"] = true
			if err := flows.ImportFlow(ctx, "copied", exported); err != nil { // it sets the id itself
				t.Fatal(err)
			}
			again := must[map[string]any](t)(flows.ExportFlow(ctx, "copied"))
			if behavior == emulator.ImportVerbatim {
				assertEqual(t, "verbatim", exported, again)
			} else if cmp.Equal(exported["screens"], again["screens"]) {
				t.Error("live: the screens kept their ids")
			}
			if again["flowId"] != "copied" || again["metadata"].(map[string]any)["disabled"] != true {
				t.Errorf("flow %v", again)
			}
			if err := flows.DeleteFlows(ctx, []string{"sign-up"}); !hasCode(err, "E011003") {
				t.Errorf("delete of a built-in one: %v", err)
			}
			if err := flows.DeleteFlows(ctx, []string{"copied"}); err != nil {
				t.Error(err)
			}
			if _, err := flows.ExportFlow(ctx, "copied"); !hasCode(err, "E103003") {
				t.Errorf("export of a deleted one: %v", err)
			}
			if err := flows.ImportFlow(ctx, "broken", map[string]any{"metadata": map[string]any{}}); !hasCode(err, "E011003") {
				t.Errorf("import without contents: %v", err)
			}
		})
	}
}

func TestOfficialSDKTheme(t *testing.T) {
	h := start(t, emulator.Options{RejectUnknownFields: true, ImportBehavior: emulator.ImportVerbatim})
	flows := sdk(t, h).Management.Flow()
	ctx := t.Context()
	theme := must[map[string]any](t)(flows.ExportTheme(ctx))
	theme["styles"].(map[string]any)["light"].(map[string]any)["ours"] = "blue"
	if err := flows.ImportTheme(ctx, theme); err != nil {
		t.Fatal(err)
	}
	assertEqual(t, "theme", theme, must[map[string]any](t)(flows.ExportTheme(ctx)))
	if err := flows.ImportTheme(ctx, map[string]any{}); !hasCode(err, "E011003") {
		t.Errorf("import of nothing: %v", err)
	}
}
