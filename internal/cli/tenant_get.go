package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func newTenantGetCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:     "get ID",
		Short:   "Show one live tenant",
		Long:    "Shows one live tenant. JSON and YAML hold the object as the API gave it, with every field and every digit.",
		Example: "  descope-mgmt tenant get acme-corp\n  descope-mgmt tenant get acme-corp --format json",
		Args:    exactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runTenantGet(cmd.Context(), args[0]) },
	}, talking...)
}

func (a *App) runTenantGet(ctx context.Context, id string) error {
	if id == "" {
		return usageError("the tenant's id is empty", "see descope-mgmt tenant list")
	}
	session, err := a.open(ctx, need{})
	if err != nil {
		return err
	}
	tenant, err := session.reader.Tenant(ctx, id)
	if err != nil {
		return session.explainMissing(err, resource.KindTenant, id)
	}
	tenant = session.withoutSecrets(tenant)
	return a.show(tenant.Raw, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		writeTenant(w, tenant)
	})
}

// writeTenant prints every field of the object in the API's own order.
func writeTenant(w io.Writer, tenant resource.Tenant) {
	var rows [][]string
	for name, raw := range members(tenant.Raw) {
		text := string(raw)
		if value, err := resource.ParseValue(raw); err == nil {
			text = string(value)
			if plain, isString := value.AsString(); isString {
				text = plain
			}
		}
		rows = append(rows, []string{name, text})
	}
	writeTable(w, []string{"FIELD", "VALUE"}, rows)
}

// members walks the members of a JSON object in their order.
func members(raw json.RawMessage) func(yield func(string, json.RawMessage) bool) {
	return func(yield func(string, json.RawMessage) bool) {
		decoder := newDecoder(raw)
		if _, err := decoder.Token(); err != nil {
			return
		}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return
			}
			var member json.RawMessage
			if err := decoder.Decode(&member); err != nil {
				return
			}
			if text, isString := name.(string); !isString || !yield(text, member) {
				return
			}
		}
	}
}
