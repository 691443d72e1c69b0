package drift

import (
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// difference is a finding together with what its severity depends on.
type difference struct {
	Finding
	at resource.Path // of a tenant's field
	// before and after are the values that the code has, or that were applied where
	// the code has none, and that are live; also where the finding may not show them.
	before, after resource.Value
	operation     *flow.Operation // in a flow; nil otherwise
	field         string          // the path inside of what the operation is about; empty for all of it
	breaks        bool            // the operation locks people out, or changes how they sign in
}

// Grade is one row of the table of severities.
type Grade struct {
	Kind     resource.Kind // empty for every kind
	What     string        // in words, as the documentation shows it
	Severity resource.Severity
	Why      string

	fits func(*difference) bool
}

// sessionKeys are the settings that say how long people stay signed in.
var sessionKeys = []string{
	"enabled", "refresh_token_expiration", "refresh_token_expiration_unit", "session_token_expiration", "session_token_expiration_unit",
	"stepup_token_expiration", "stepup_token_expiration_unit", "enable_inactivity", "inactivity_time", "inactivity_time_unit",
}

// grades is the table. The first row that fits a difference counts; the last two
// fit everything that is left.
var grades = []Grade{
	{
		What: "an object that is gone from the project, or may be gone", Severity: resource.SeverityCritical,
		Why:  "its users can no longer sign in",
		fits: func(d *difference) bool { return d.Change == ChangeMissing && d.State != StatePending },
	},
	{
		What: "an object that was not created yet", Severity: resource.SeverityWarning,
		Why:  "whoever counts on it finds nothing",
		fits: func(d *difference) bool { return d.Change == ChangeMissing },
	},
	{
		Kind: resource.KindTenant, What: "an orphan", Severity: resource.SeverityInfo,
		Why:  "tenants are often created by sign-up flows",
		fits: func(d *difference) bool { return d.State == StateOrphan },
	},
	{
		Kind: resource.KindFlow, What: "an orphan", Severity: resource.SeverityWarning,
		Why:  "people can sign in through a flow that nobody has reviewed",
		fits: func(d *difference) bool { return d.State == StateOrphan },
	},
	{
		What: "an object that is declared absent and live", Severity: resource.SeverityWarning,
		Why:  "somebody wanted it gone",
		fits: func(d *difference) bool { return d.Change == ChangeExtra },
	},
	{
		Kind: resource.KindTenant, What: "`enforce_sso`, `enforce_sso_exclusions`", Severity: resource.SeverityCritical,
		Why:  "people sign in past the identity provider, or cannot sign in at all",
		fits: isField("enforce_sso", "enforce_sso_exclusions"),
	},
	{
		Kind: resource.KindTenant, What: "`disabled`", Severity: resource.SeverityCritical,
		Why:  "members are shut out, or let in again",
		fits: isField("disabled"),
	},
	{
		Kind: resource.KindTenant, What: "`self_provisioning_domains`: a domain that is live and not in the code", Severity: resource.SeverityCritical,
		Why:  "whoever has an address there joins the tenant",
		fits: func(d *difference) bool { return isField("self_provisioning_domains")(d) && gained(d.before, d.after) },
	},
	{
		Kind: resource.KindTenant, What: "`self_provisioning_domains`: a domain that is in the code and not live", Severity: resource.SeverityWarning,
		Why:  "new people do not join the tenant",
		fits: isField("self_provisioning_domains"),
	},
	{
		Kind: resource.KindTenant, What: "`settings`: session lifetimes (`enabled`, `*_expiration`, `*_expiration_unit`, `enable_inactivity`, `inactivity_time`, `inactivity_time_unit`)",
		Severity: resource.SeverityCritical, Why: "a session that lasts longer is there to be stolen",
		fits: isSetting(sessionKeys...),
	},
	{
		Kind: resource.KindTenant, What: "`settings.jit_disabled`", Severity: resource.SeverityCritical,
		Why:  "it decides who becomes a user at the first sign-in",
		fits: isSetting("jit_disabled"),
	},
	{
		Kind: resource.KindTenant, What: "`default_roles`, `role_inheritance`, `parent`", Severity: resource.SeverityWarning,
		Why:  "people may do more, or less, than was meant",
		fits: isField("default_roles", "role_inheritance", "parent"),
	},
	{
		Kind: resource.KindTenant, What: "`federated_app_ids`, and all other `settings`", Severity: resource.SeverityWarning,
		Why:  "what the tenant's people and administrators can reach",
		fits: isField("federated_app_ids", "settings"),
	},
	{
		Kind: resource.KindTenant, What: "`name`, `custom_attributes`", Severity: resource.SeverityInfo,
		Why:  "nobody's sign-in depends on them",
		fits: isField("name", "custom_attributes"),
	},
	{
		Kind: resource.KindFlow, What: "the flow is switched on or off", Severity: resource.SeverityCritical,
		Why: "nobody can sign in through it, or people can who should not",
		fits: func(d *difference) bool {
			return d.operation.Object == flow.ObjectMetadata && d.operation.Subject == "disabled"
		},
	},
	{
		Kind: resource.KindFlow, What: "a sign-in method that came or went, and every other breaking change (`flow diff` lists them)",
		Severity: resource.SeverityCritical, Why: "people are locked out, or let in who should not be",
		fits: func(d *difference) bool { return d.breaks },
	},
	{
		Kind: resource.KindFlow, What: "texts, names, descriptions, translations, and the order of parts", Severity: resource.SeverityInfo,
		Why:  "people read something else, and can do the same",
		fits: isWording,
	},
	{
		Kind: resource.KindFlow, What: "everything else: steps, branches, edges, screens, inputs, buttons, references, switches",
		Severity: resource.SeverityWarning, Why: "the flow does something else",
		fits: func(*difference) bool { return true },
	},
	{
		Kind: resource.KindTenant, What: "everything else", Severity: resource.SeverityWarning, Why: "what nobody has graded is not taken lightly",
		fits: func(*difference) bool { return true },
	},
}

// Grades is the table of severities: the first row that fits counts, before the
// rules of the configuration.
func Grades() []Grade { return slices.Clone(grades) }

// gradeOf is what the table says.
func gradeOf(d *difference) resource.Severity {
	if d.State == StateConverged {
		return resource.SeverityInfo
	}
	for i := range grades {
		if row := &grades[i]; (row.Kind == "" || row.Kind == d.Kind) && row.fits(d) {
			return row.Severity
		}
	}
	return resource.SeverityWarning
}

// IsWatched reports whether a change at a path of a tenant can be critical: such a
// change is reported also where the configuration leaves the path alone.
func IsWatched(path resource.Path) bool {
	one := difference{Finding: Finding{Kind: resource.KindTenant, Change: ChangeField, State: StateDrifted}, at: path, after: `["gained"]`}
	return gradeOf(&one) == resource.SeverityCritical
}

// severityOf is what the table says, unless a rule of the configuration says
// otherwise; the last one that fits counts.
func severityOf(d *difference, rules []resource.SeverityRule) resource.Severity {
	severity := gradeOf(d)
	if d.State == StateConverged {
		return severity
	}
	for _, rule := range rules {
		if covers(rule.Address, string(d.Address)) && covers(rule.Path, d.Path) {
			severity = rule.Severity
		}
	}
	return severity
}

// covers matches a pattern; an empty one fits everything.
func covers(glob resource.Glob, text string) bool { return glob == "" || glob.Match(text) }

func isField(names ...string) func(*difference) bool {
	return func(d *difference) bool { return slices.Contains(names, d.at.Field) }
}

func isSetting(keys ...string) func(*difference) bool {
	return func(d *difference) bool { return d.at.Field == "settings" && slices.Contains(keys, d.at.Key) }
}

// gained reports whether the second set has an item that the first has not. What
// is no set may have gained anything.
func gained(before, after resource.Value) bool {
	old, known := orEmptySet(before).AsStrings()
	now, readable := orEmptySet(after).AsStrings()
	if !known || !readable {
		return true
	}
	return slices.ContainsFunc(now, func(item string) bool { return !slices.Contains(old, item) })
}

func orEmptySet(value resource.Value) resource.Value {
	if value.IsAbsent() {
		return resource.ShapeSet.Zero()
	}
	return value
}

// isWording reports whether an operation changes only what people read, or where
// they read it. The order of branches decides, and an address leads somewhere.
func isWording(d *difference) bool {
	field := strings.ToLower(d.field)
	if strings.Contains(field, "href") || strings.Contains(field, "url") {
		return false
	}
	switch o := d.operation; o.Object {
	case flow.ObjectMetadata:
		return slices.Contains([]string{"name", "description", "translation"}, o.Subject)
	case flow.ObjectText:
		return true
	case flow.ObjectTask, flow.ObjectScreen:
		return o.Action == flow.ActionChanged && (field == "name" || field == "description")
	case flow.ObjectButton, flow.ObjectInput, flow.ObjectElement:
		words := strings.HasSuffix(field, "children") || strings.HasSuffix(field, "label") || strings.HasSuffix(field, "placeholder")
		return o.Action == flow.ActionMoved || o.Action == flow.ActionChanged && words
	default:
		return false
	}
}
