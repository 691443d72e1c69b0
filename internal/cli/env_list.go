package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/descope"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// environmentList is what machines read about the configured environments.
type environmentList struct {
	FormatVersion string              `json:"format_version"`
	Environments  []listedEnvironment `json:"environments"` // in promotion order
}

// listedEnvironment is one environment as the configuration has it.
type listedEnvironment struct {
	Name        string  `json:"name"`
	Environment string  `json:"environment"` // the same, under the key of the other documents
	Order       *int    `json:"order"`       // null where the configuration gives none
	Protected   bool    `json:"protected"`
	ProjectID   *string `json:"project_id"` // null where it is not known
	Missing     *string `json:"missing"`    // the variable that would give it
	Problem     *string `json:"problem"`    // why the project is not known
	Host        string  `json:"host"`       // empty where it is not known
	BaseURL     string  `json:"base_url"`
	// Tenants and Flows are how many the configuration wants to be there; null where
	// its overlay has a variable that is not set.
	Tenants *int `json:"tenants"`
	Flows   *int `json:"flows"`
	// OverlayMissing is that variable; null where there is none.
	OverlayMissing *string `json:"overlay_missing"`

	overlayPlace string
}

func newEnvListCommand(a *App) *cobra.Command {
	return exits(&cobra.Command{
		Use:   "list",
		Short: "List the configured environments",
		Long: "Lists the environments of the configuration: their place in the order of promotion, whether they are protected,\n" +
			"their project and host as far as the variables are set, and how many tenants and flows the configuration\n" +
			"wants in each, or ? where its overlay has a variable that is not set. Asks Descope nothing and needs no key.",
		Example: "  descope-mgmt env list\n  descope-mgmt env list --format json",
		Args:    exactArgs(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runEnvList(cmd.Context()) },
	})
}

func (a *App) runEnvList(ctx context.Context) error {
	loaded, err := a.loadConfig(ctx, need{configuration: true})
	if err != nil {
		return err
	}
	document := environmentList{FormatVersion: resource.FormatVersion, Environments: []listedEnvironment{}}
	for _, environment := range loaded.EnvironmentList(a.lookupSet) {
		document.Environments = append(document.Environments, a.listEnvironment(loaded, environment))
	}
	return a.show(document, func(w io.Writer) { writeEnvironments(w, document.Environments) })
}

// listEnvironment finds out what can be known of an environment without a key.
func (a *App) listEnvironment(loaded *config.Config, environment config.Environment) listedEnvironment {
	listed := listedEnvironment{
		Name: environment.Name, Environment: environment.Name, Order: environment.Order, Protected: environment.Protected,
	}
	if missing := loaded.MissingVariables(environment.Name); len(missing) > 0 {
		listed.OverlayMissing, listed.overlayPlace = &missing[0].Name, missing[0].At.String()
	} else {
		tenants, flows := present(loaded.Desired(environment.Name)), present(loaded.DesiredFlows(environment.Name))
		listed.Tenants, listed.Flows = &tenants, &flows
	}
	target, err := config.Resolve(loaded, config.Selection{
		Environment: environment.Name, ProjectID: a.flags.projectID, BaseURL: a.flags.baseURL, Lookup: a.lookupSet, WithoutKey: true,
	})
	if err == nil {
		listed.ProjectID, listed.Protected = &target.ProjectID, target.Protected
		endpoint, failure := descope.Endpoint(target.ProjectID, target.BaseURL)
		if err = failure; err == nil {
			listed.Host, listed.BaseURL = descope.HostName(endpoint), endpoint.String()
		}
	}
	if missing, ok := errors.AsType[*config.MissingCredentialError](err); ok {
		listed.Missing = &missing.Variable
	}
	if err != nil {
		problem := err.Error()
		listed.Problem = &problem
	}
	return listed
}

func numberOrUnknown(number *int) string {
	if number == nil {
		return "?"
	}
	return strconv.Itoa(*number)
}

// present counts what is wanted to be there.
func present(desired []resource.Desired) int {
	count := 0
	for i := range desired {
		if !desired[i].Absent {
			count++
		}
	}
	return count
}

func writeEnvironments(w io.Writer, list []listedEnvironment) {
	if len(list) == 0 {
		fmt.Fprintln(w, "No environments are configured.")
		return
	}
	rows := make([][]string, 0, len(list))
	for _, environment := range list {
		order, protected, project := "-", "", ""
		if environment.Order != nil {
			order = strconv.Itoa(*environment.Order)
		}
		if environment.Protected {
			protected = "protected"
		}
		switch {
		case environment.ProjectID != nil:
			project = *environment.ProjectID
		case environment.Missing != nil:
			project = "(" + *environment.Missing + " is not set)"
		default:
			project = "(wrong)"
		}
		rows = append(rows, []string{environment.Name, order, project, environment.Host, numberOrUnknown(environment.Tenants), numberOrUnknown(environment.Flows), protected})
	}
	writeTable(w, []string{"NAME", "ORDER", "PROJECT", "HOST", "TENANTS", "FLOWS", ""}, rows)
	fmt.Fprintln(w)
	for _, environment := range list {
		if environment.Problem != nil && environment.Missing == nil {
			fmt.Fprintf(w, "%s: %s\n", environment.Name, printableLine(*environment.Problem))
		}
		if environment.OverlayMissing != nil {
			fmt.Fprintf(w, "%s: its overlay uses the variable %s (%s), which is not set\n",
				environment.Name, *environment.OverlayMissing, printableLine(environment.overlayPlace))
		}
	}
	fmt.Fprintf(w, "%s.\n", counted(len(list), "environment"))
}
