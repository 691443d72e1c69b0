package resource

import "slices"

// TenantFields is the table of what can be managed on a tenant. Validator,
// schema, planner and writer all read it, so that they cannot disagree. Names
// on the wire: Descope's tenant object, create and update calls.
func TenantFields() []Field { return tenantFields }

// TenantSettingsFields is the table of the keys inside "settings", which
// Descope keeps apart from the tenant and replaces as a whole on every write.
// Its own "domains" (SSO routing), "authType" and "selfProvisioningDomains" are
// not here: the first two belong to the SSO configuration, the third to the tenant.
func TenantSettingsFields() []Field { return tenantSettingsFields }

// WritableTenantFields is [TenantFields] and what no configuration can name, but
// what putting a tenant back as it was writes all the same. Planner and writer
// read it; validator and schema do not.
func WritableTenantFields() []Field { return writableTenantFields }

// ShapeOf says how the value at a path of a tenant is compared; what is not in
// the tables, and a key of a map, is compared as a whole.
func ShapeOf(path Path) Shape {
	table, name := writableTenantFields, path.Field
	if path.Field == "settings" {
		table, name = tenantSettingsFields, path.Key
	}
	field, known := FindField(table, name)
	if !known || field.Shape == ShapeMap {
		return ShapeObject
	}
	return field.Shape
}

var timeUnits = []string{"seconds", "minutes", "hours", "days", "weeks"}

var tenantFields = []Field{
	{
		Name: "name", Wire: "name", Shape: ShapeString, Call: CallTenant,
		Title:       "Display name",
		Description: "The name of the organisation, unique in the project, 1 to 100 characters where this tool creates it.",
		Example:     `"Acme Corporation"`,
	},
	{
		Name: "self_provisioning_domains", Wire: "selfProvisioningDomains", Shape: ShapeSet, Call: CallTenant,
		Title:       "Self-provisioning domains",
		Description: "Mail domains whose users join this tenant when they sign up. Managed as a whole set; a domain belongs to one tenant only, and public mail domains are refused.",
		Example:     `["acme.com", "acme.net"]`,
	},
	{
		Name: "custom_attributes", Wire: "customAttributes", Shape: ShapeMap, Call: CallTenant,
		Title:       "Custom attributes",
		Description: "Attributes of the tenant, managed key by key: keys that are not named here keep their live values. Descope wants each key defined in the console first.",
		Example:     `{ plan: "enterprise", seats: 250 }`,
	},
	{
		Name: "disabled", Wire: "disabled", Shape: ShapeBool, Call: CallTenant,
		Title:       "Disabled",
		Description: "A disabled tenant's members cannot sign in to it. Reversible, unlike a delete.",
		Example:     `false`,
	},
	{
		Name: "enforce_sso", Wire: "enforceSSO", Shape: ShapeBool, Call: CallTenant,
		Title:       "Enforce SSO",
		Description: "Members of the tenant must sign in through its identity provider.",
		Example:     `false`,
	},
	{
		Name: "parent", Wire: "parent", Shape: ShapeString, Call: CallTenant, CreateOnly: true,
		Title:       "Parent tenant",
		Description: "The id of the tenant above this one. Descope sets it at creation only: a difference from a live tenant blocks the change.",
		Example:     `"acme-group"`,
	},
	{
		Name: "role_inheritance", Wire: "roleInheritance", Shape: ShapeString, Call: CallTenant, Enum: []string{"", "none", "userOnly"},
		Title:       "Role inheritance",
		Description: "Whether users of the parent tenant carry their roles into this one.",
		Example:     `"userOnly"`,
	},
	{
		Name: "default_roles", Wire: "defaultRoles", Shape: ShapeSet, Call: CallDefaultRoles,
		Title:       "Default roles",
		Description: "Names of project-level roles that new members of the tenant get. Managed as a whole set.",
		Example:     `["Viewer"]`,
	},
	{
		Name: "settings", Wire: "settings", Shape: ShapeMap, Call: CallSettings,
		Title:       "Session settings",
		Description: "Session lifetimes and related settings of the tenant, managed key by key. Naming any key costs one read of the tenant's settings.",
		Example:     `{ enabled: true, session_token_expiration: 10, session_token_expiration_unit: "minutes" }`,
	},
}

// The two are in the create and update calls of Descope's SDKs. "authType" is
// too, but belongs to the SSO configuration, which nothing here writes.
var writableTenantFields = append(slices.Clone(tenantFields),
	Field{
		Name: "enforce_sso_exclusions", Wire: "enforceSSOExclusions", Shape: ShapeSet, Call: CallTenant,
		Title: "Users exempt from SSO", Example: `[]`,
		Description: "Ids of users who may sign in without the identity provider although SSO is enforced.",
	},
	Field{
		Name: "federated_app_ids", Wire: "federatedAppIds", Shape: ShapeSet, Call: CallTenant,
		Title: "Federated applications", Example: `[]`,
		Description: "Ids of the federated applications that the tenant may use.",
	},
)

var tenantSettingsFields = []Field{
	{
		Name: "enabled", Wire: "enabled", Shape: ShapeBool, Call: CallSettings,
		Title: "Own session settings", Example: `true`,
		Description: "Whether the tenant's session settings override the project's.",
	},
	expiration("refresh_token_expiration", "refreshTokenExpiration", "Refresh token lifetime"),
	expirationUnit("refresh_token_expiration_unit", "refreshTokenExpirationUnit", "Unit of the refresh token lifetime"),
	expiration("session_token_expiration", "sessionTokenExpiration", "Session token lifetime"),
	expirationUnit("session_token_expiration_unit", "sessionTokenExpirationUnit", "Unit of the session token lifetime"),
	expiration("stepup_token_expiration", "stepupTokenExpiration", "Step-up token lifetime"),
	expirationUnit("stepup_token_expiration_unit", "stepupTokenExpirationUnit", "Unit of the step-up token lifetime"),
	{
		Name: "enable_inactivity", Wire: "enableInactivity", Shape: ShapeBool, Call: CallSettings,
		Title: "End idle sessions", Example: `true`,
		Description: "Whether a session ends after a time without activity.",
	},
	expiration("inactivity_time", "inactivityTime", "Idle time"),
	expirationUnit("inactivity_time_unit", "inactivityTimeUnit", "Unit of the idle time"),
	{
		Name: "jit_disabled", Wire: "JITDisabled", Shape: ShapeBool, Call: CallSettings,
		Title: "No just-in-time users", Example: `false`,
		Description: "Whether users are no longer created at their first SSO sign-in.",
	},
	{
		Name: "sso_setup_suite_settings", Wire: "ssoSetupSuiteSettings", Shape: ShapeObject, Call: CallSettings,
		Title: "SSO setup suite", Example: `{ enabled: true }`,
		Description: "What a tenant administrator may do in the SSO setup suite, with Descope's own key names; managed as a whole.",
	},
}

func expiration(name, wire, title string) Field {
	return Field{
		Name: name, Wire: wire, Shape: ShapeInt, Call: CallSettings, Title: title, Example: `10`,
		Description: title + ", a whole number; its unit is the key of the same name with _unit.",
	}
}

func expirationUnit(name, wire, title string) Field {
	return Field{
		Name: name, Wire: wire, Shape: ShapeString, Call: CallSettings, Enum: timeUnits, Title: title, Example: `"minutes"`,
		Description: title + ": seconds, minutes, hours, days or weeks.",
	}
}
