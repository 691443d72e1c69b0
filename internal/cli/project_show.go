package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/plan"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// projectSummary is what machines read about a live project. What could not be read is
// null, and its error says why.
type projectSummary struct {
	FormatVersion string          `json:"format_version"`
	Environment   *string         `json:"environment"`
	ProjectID     string          `json:"project_id"`
	Host          string          `json:"host"`
	Protected     bool            `json:"protected"`
	License       *string         `json:"license"`
	Tenants       *tenantsSummary `json:"tenants"`
	Flows         *flowsSummary   `json:"flows"`
	Limits        *limitsInForce  `json:"limits"`
	Errors        []partError     `json:"errors"`
}

type tenantsSummary struct {
	Total    int `json:"total"`
	Disabled int `json:"disabled"`
	Nested   int `json:"nested"` // below another tenant
}

type flowsSummary struct {
	Total    int `json:"total"`
	BuiltIn  int `json:"built_in"` // that every project has
	Disabled int `json:"disabled"`
}

// partError is one part that could not be read.
type partError struct {
	Part string `json:"part"`
	errorBody
}

func newProjectShowCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "show",
		Short: "Summarise the live project: tenants, flows, licence, limits",
		Long: "Counts what is live, with three calls: the list of tenants, the list of flows, and the licence. A part that the key may\n" +
			"not read, or that the host does not know, is said and does not fail the others.",
		Example: "  descope-mgmt project show\n  descope-mgmt project show -e prod --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runProjectShow(cmd.Context()) },
	}, talking...)
}

func (a *App) runProjectShow(ctx context.Context) error {
	session, err := a.open(ctx, need{})
	if err != nil {
		return err
	}
	summary := projectSummary{
		FormatVersion: resource.FormatVersion, Environment: session.environment(), ProjectID: session.target.ProjectID,
		Host: session.host, Protected: session.target.Protected, Limits: session.limitsNow(), Errors: []partError{},
	}
	if err := session.summarise(ctx, &summary); err != nil {
		return err
	}
	return a.show(summary, func(w io.Writer) { summary.write(w, session.headline()) })
}

// summarise reads the parts at the same time. It fails only where neither tenants nor
// flows could be read.
func (s *session) summarise(ctx context.Context, into *projectSummary) error {
	parts := []struct {
		name string
		read func(context.Context) error
	}{
		{"tenants", func(ctx context.Context) error {
			tenants, err := s.reader.Tenants(ctx)
			if err == nil {
				into.Tenants = summariseTenants(tenants)
			}
			return err
		}},
		{"flows", func(ctx context.Context) error {
			flows, err := s.reader.Flows(ctx)
			if err == nil {
				into.Flows = summariseFlows(flows)
			}
			return err
		}},
		{"licence", func(ctx context.Context) error {
			license, err := s.reader.License(ctx)
			if err == nil && license != "" {
				into.License = &license
			}
			return err
		}},
	}
	failures := make([]error, len(parts))
	var tasks errgroup.Group
	for i, part := range parts {
		tasks.Go(func() error {
			failures[i] = part.read(ctx)
			return nil
		})
	}
	_ = tasks.Wait() // what failed stands beside the parts
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i, failure := range failures {
		if failure != nil {
			into.Errors = append(into.Errors, partError{parts[i].name, describe(failure)})
		}
	}
	if into.Tenants == nil && into.Flows == nil {
		return failures[0]
	}
	return nil
}

func summariseTenants(tenants []resource.Tenant) *tenantsSummary {
	summary := &tenantsSummary{Total: len(tenants)}
	for _, one := range tenants {
		if disabled, err := one.Member("disabled"); err == nil && disabled == resource.BoolValue(true) {
			summary.Disabled++
		}
		if one.Parent != "" {
			summary.Nested++
		}
	}
	return summary
}

func summariseFlows(flows []resource.Flow) *flowsSummary {
	summary := &flowsSummary{Total: len(flows)}
	for _, one := range flows {
		if plan.IsBuiltIn(one.ID) {
			summary.BuiltIn++
		}
		if one.Disabled {
			summary.Disabled++
		}
	}
	return summary
}

func (p projectSummary) write(w io.Writer, headline string) {
	fmt.Fprintf(w, "%s\n\n", headline)
	rows := [][]string{}
	if p.Tenants != nil {
		rows = append(rows, []string{"tenants", withParts(p.Tenants.Total, counts{{p.Tenants.Nested, "below another one"}, {p.Tenants.Disabled, "disabled"}})})
	}
	if p.Flows != nil {
		rows = append(rows, []string{"flows", withParts(p.Flows.Total, counts{{p.Flows.BuiltIn, "built in"}, {p.Flows.Disabled, "disabled"}})})
	}
	if p.License != nil {
		rows = append(rows, []string{"licence", printableLine(*p.License)})
	}
	rows = append(rows, []string{"limits", printableLine(p.Limits.text())}, []string{"host", printableLine(p.Host)})
	for _, one := range p.Errors {
		rows = append(rows, []string{one.Part, "not readable: " + printableLine(one.Message)})
	}
	writeTable(w, []string{"PART", "WHAT IS LIVE"}, rows)
}

// counts are numbers with what they count, in the order in which they are said.
type counts []struct {
	number int
	what   string
}

// withParts is a total and what of it there is.
func withParts(total int, parts counts) string {
	var texts []string
	for _, part := range parts {
		if part.number > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", part.number, part.what))
		}
	}
	if len(texts) == 0 {
		return fmt.Sprint(total)
	}
	return fmt.Sprintf("%d (%s)", total, strings.Join(texts, ", "))
}
