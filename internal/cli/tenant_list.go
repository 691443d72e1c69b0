package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// tenantList is list's document: each tenant as the API gave it, sorted by id.
type tenantList struct {
	FormatVersion string            `json:"format_version"`
	Tenants       []json.RawMessage `json:"tenants"`
}

func newTenantListCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:     "list",
		Short:   "List the live tenants",
		Long:    "Lists every live tenant with one call. In JSON and YAML each tenant stands as the API gave it.",
		Example: "  descope-mgmt tenant list -e dev\n  descope-mgmt tenant list --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runTenantList(cmd.Context()) },
	}, talking...)
}

func (a *App) runTenantList(ctx context.Context) error {
	session, err := a.open(ctx, need{})
	if err != nil {
		return err
	}
	tenants, err := session.reader.Tenants(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(tenants, func(x, y resource.Tenant) int { return cmp.Compare(x.ID, y.ID) })
	document := tenantList{FormatVersion: resource.FormatVersion, Tenants: make([]json.RawMessage, 0, len(tenants))}
	rows := make([][]string, 0, len(tenants))
	for _, tenant := range tenants {
		tenant = session.withoutSecrets(tenant)
		document.Tenants = append(document.Tenants, tenant.Raw)
		rows = append(rows, tenantRow(tenant))
	}
	return a.show(document, func(w io.Writer) {
		fmt.Fprintf(w, "%s\n\n", session.headline())
		writeTable(w, []string{"ID", "NAME", "PARENT", "DOMAINS", "STATE"}, rows, 1, 3)
		fmt.Fprintf(w, "\n%s.\n", counted(len(tenants), "tenant"))
	})
}

func tenantRow(tenant resource.Tenant) []string {
	domains, _ := tenant.Member("selfProvisioningDomains") // what cannot be read is shown as none
	items, _ := domains.AsStrings()
	disabled, _ := tenant.Member("disabled")
	return []string{tenant.ID, tenant.Name, tenant.Parent, strings.Join(items, " "), switchText(disabled == resource.BoolValue(true))}
}
