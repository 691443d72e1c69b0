package emulator

import (
	"fmt"
	"net/http"
	"slices"
)

// unknown is one behaviour of the real service that no public source records,
// and what the emulator does instead. docs/emulator.md lists them all; a test
// compares.
type unknown struct {
	key      string
	question string
	choice   string    // what the emulator does; for an error, what the call meets
	err      *apiError // the answer, where it is an error
}

// Keys of the unknowns that the code branches on.
const (
	unknownAuthMissing        = "auth-missing"
	unknownAuthMalformed      = "auth-malformed"
	unknownAuthProject        = "auth-unknown-project"
	unknownAuthKey            = "auth-wrong-key"
	unknownBodySyntax         = "body-syntax"
	unknownBodySize           = "body-size"
	unknownProjectList        = "projects-list-refused"
	unknownTenantParent       = "tenant-create-unknown-parent"
	unknownTenantDelete       = "tenant-delete-missing"
	unknownTenantChildren     = "tenant-delete-with-children"
	unknownTenantSettings     = "tenant-settings-missing-tenant"
	unknownTenantDefaultRoles = "tenant-default-roles-missing-tenant"
	unknownTenantRoleNames    = "tenant-default-roles-unknown-role"
	unknownPatchMissing       = "tenant-patch-missing"
	unknownPatchAttributes    = "tenant-patch-custom-attributes"
	unknownUserTenant         = "user-create-unknown-tenant"
	unknownUserRoleIDs        = "user-search-role-ids"

	unknownSSOTenant       = "sso-missing-tenant"
	unknownSSOLoad         = "sso-load-missing"
	unknownSSOAllUnset     = "sso-all-unset"
	unknownSSOConfigure    = "sso-configure-missing"
	unknownSSONewExisting  = "sso-new-existing"
	unknownSSODelete       = "sso-delete-missing"
	unknownSSORole         = "sso-unknown-role"
	unknownSSOBothMappings = "sso-oidc-both-mappings"
	unknownSSOBlankSecret  = "sso-blank-secret"

	unknownPermissionDelete = "permission-delete-missing"
	unknownPermissionSystem = "permission-delete-system"
	unknownPermissionUsed   = "permission-delete-used"
	unknownRoleTenant       = "role-create-unknown-tenant"
	unknownRoleDelete       = "role-delete-missing"

	unknownPasswordTenant   = "password-missing-tenant"
	unknownPasswordInherits = "password-tenant-unset"

	unknownFlowID          = "flow-import-id"
	unknownFlowIncomplete  = "flow-import-incomplete"
	unknownFlowTasks       = "flow-import-task-limit"
	unknownFlowEdge        = "flow-import-edge-to-nowhere"
	unknownFlowScreen      = "flow-import-missing-screen"
	unknownFlowScreenTwice = "flow-import-screen-twice"
	unknownFlowDelete      = "flow-delete-missing"
	unknownFlowBuiltIn     = "flow-delete-built-in"
	unknownThemeIncomplete = "theme-import-incomplete"

	unknownAuditTenant  = "audit-event-unknown-tenant"
	unknownAuditFilters = "audit-search-other-filters"
	unknownAuditSize    = "audit-search-size"
)

const (
	choiceRefuse  = "refused"
	choiceAccept  = "accepted"
	choiceReplace = "the map that is sent replaces the stored one"
	choiceMerge   = "the keys that are sent are laid over the stored ones"

	choiceListDefault   = "the default configuration, with the values of an unconfigured one"
	choiceListNone      = "nothing"
	choiceClear         = "cleared"
	choiceKeep          = "kept"
	choiceRoleMappings  = "`roleMappings` wins"
	choiceGroupsMapping = "`groupsMapping` wins"
	choiceProject       = "those of the project"
	choiceZero          = "zero values"
)

func unauthorized(detail string) *apiError {
	return &apiError{http.StatusUnauthorized, "E111119", "Unauthorized", detail}
}

// unknowns is the table, in the order of the documentation.
func unknowns() []unknown {
	return slices.Concat(
		callUnknowns(), tenantUnknowns(), ssoUnknowns(), permissionUnknowns(), roleUnknowns(), passwordUnknowns(), userUnknowns(),
		flowUnknowns(), themeUnknowns(), auditUnknowns(), limitUnknowns(),
	)
}

func callUnknowns() []unknown {
	return []unknown{
		{unknownAuthMissing, "no bearer", choiceRefuse, unauthorized("The authorization header is missing")},
		{unknownAuthMalformed, "a bearer that is not P…:K…", choiceRefuse, unauthorized("The bearer must be a project id and a management key, joined with a colon")},
		{unknownAuthProject, "a project that does not exist", choiceRefuse, unauthorized("Unknown project")},
		{unknownAuthKey, "a wrong management key", choiceRefuse, unauthorized("Invalid management key")},
		{unknownBodySyntax, "a body that is not a JSON object, or names a key twice", choiceRefuse, &apiError{http.StatusBadRequest, "E011001", "Bad request", "the body is no JSON object"}},
		{unknownBodySize, "a body over the limit (32 MiB)", choiceRefuse, &apiError{http.StatusRequestEntityTooLarge, "E011001", "Bad request", "The request body is too large"}},
		{"unknown-fields", "request fields that the endpoint does not know", "ignored; refused with 400 E011003 under `--unknown-fields reject`", nil},
		{"enum-values", "an authType or roleInheritance that is none of the documented values", "refused with 400 E011003", nil},
		{"license-tier", "the licence of a project", "`tier1`, under both names", nil},
		{"project-name", "the name of a project that nobody named", "its id", nil},
		{unknownProjectList, "the status of a list of projects with a key that is limited to projects; the code is known", "refused where it is set up so", &apiError{http.StatusForbidden, "E011008", "Project not found", "Project not found"}},
		{"project-tags", "which tags a project takes", "1 to 50 bytes each, as in Terraform; else refused with 400 E011003", nil},
		{"key-only-list", "what a key without a project lists", "every project that this key opens", nil},
	}
}

func tenantUnknowns() []unknown {
	return []unknown{
		{"tenant-order", "the order of tenants in a list", "by id", nil},
		{"tenant-id-format", "which ids a create accepts", "any text", nil},
		{"tenant-attribute-keys", "attribute keys that the console does not define, and nested values", choiceAccept, nil},
		{"tenant-attribute-null", "a null inside customAttributes", "absent", nil},
		{"tenant-domain-shared", "a self-provisioning domain that another tenant has", choiceAccept, nil},
		{unknownTenantParent, "create under a parent that does not exist", choiceRefuse, invalid("The parent tenant does not exist")},
		{"tenant-update-absent", "a writable field that an update or a settings write leaves out", "wiped", nil},
		{unknownPatchMissing, "patch of a tenant that does not exist", choiceRefuse, errTenantUpdate},
		{unknownPatchAttributes, "customAttributes in a patch", choiceReplace, nil},
		{unknownTenantDelete, "delete of a tenant that does not exist", choiceRefuse, errTenantLoad},
		{unknownTenantChildren, "delete of a tenant with children", choiceRefuse, invalid("The tenant has child tenants, delete them first")},
		{unknownTenantSettings, "settings of a tenant that does not exist, read or written", choiceRefuse, errTenantLoad},
		{"tenant-settings-unset", "settings that nobody has written", "zero values: `false`, `0`, `\"\"`, `[]`, `{}`", nil},
		{"tenant-settings-disabled", "settings while `enabled` is false", "shown as stored", nil},
		{"tenant-settings-sso-fields", "enforceSSO, enforceSSOExclusions and federatedAppIds in a settings write", "unknown fields of that endpoint", nil},
		{unknownTenantDefaultRoles, "default roles of a tenant that does not exist", choiceRefuse, errTenantUpdate},
		{unknownTenantRoleNames, "default roles that are no roles of the project", choiceAccept, nil},
	}
}

func ssoUnknowns() []unknown {
	return []unknown{
		{unknownSSOTenant, "SSO of a tenant that does not exist, read or written", choiceRefuse, errTenantLoad},
		{unknownSSOLoad, "load of an ssoId that does not exist", "the values of an unconfigured one", nil},
		{unknownSSOAllUnset, "what a list shows of a default configuration that nobody has written", choiceListDefault, nil},
		{"sso-all-order", "the order of SSO configurations in a list", "the default one, then by id", nil},
		{"sso-display-name", "where the display name is answered", "nowhere; the state has it", nil},
		{"sso-sp-unset", "spEntityId and spACSUrl before SAML is configured", "blank; afterwards the defaults where nothing overrides them, the ACS address under `https://api.descope.com/v1/auth/saml/acs`", nil},
		{unknownSSONewExisting, "a new configuration under an ssoId that exists", choiceRefuse, invalid("The SSO configuration already exists")},
		{unknownSSOConfigure, "configuration of an ssoId that does not exist", choiceAccept, nil},
		{"sso-saml-required", "an empty idpUrl, entityId, idpCert or idpMetadataUrl, which the Go SDK refuses to send", "refused with 400 E011003; `entityId` may be empty with metadata", nil},
		{"sso-metadata-fetch", "what a metadata address changes besides", "nothing: it is never fetched, and a manual address and certificate are wiped", nil},
		{"sso-other-protocol", "the OIDC part when SAML is configured, and the reverse", choiceKeep, nil},
		{"sso-attribute-mapping", "the attribute mapping when a configure call leaves it out, or leaves out members of it", "the values of an unconfigured one; blank members", nil},
		{unknownSSOBlankSecret, "clientSecret, spEncryptionKey and spSignKey when a configure call sends none or a blank", choiceClear, nil},
		{unknownSSOBothMappings, "an OIDC write with both groupsMapping and roleMappings", choiceRoleMappings, nil},
		{unknownSSORole, "a mapping to a role that does not exist", choiceRefuse, errRoleNotFound},
		{"sso-default-roles", "defaultSSORoles that are no roles", choiceAccept, nil},
		{"sso-several-domains", "SSO domains of a tenant with several configurations", "the tenant has one list, that of the last configure call", nil},
		{unknownSSODelete, "delete of a configuration that does not exist", choiceAccept, nil},
		{"sso-delete-tenant", "the tenant after the delete of its last configured one", "authType `none`, no SSO domains", nil},
	}
}

func permissionUnknowns() []unknown {
	return []unknown{
		{"permission-system", "which permissions a new project has, and their descriptions", "`Impersonate`, `SSO Admin`, `User Admin`, without description", nil},
		{unknownPermissionDelete, "delete of a permission that does not exist", choiceRefuse, errPermissionNotFound},
		{unknownPermissionSystem, "delete of a system permission", choiceRefuse, invalid("A system permission cannot be deleted")},
		{unknownPermissionUsed, "delete of a permission that roles have", "accepted, and the roles lose it", nil},
	}
}

func roleUnknowns() []unknown {
	return []unknown{
		{"role-tenant-admin", "permissions and description of `Tenant Admin`", "all system permissions, no description", nil},
		{"role-delete-tenant-admin", "delete of `Tenant Admin`", choiceAccept, nil},
		{unknownRoleTenant, "create of a role in a tenant that does not exist", choiceRefuse, invalid("The tenant of the role does not exist")},
		{"role-default", "what `default` and `private` do to users", "nothing", nil},
		{"role-search", "role search: levels without tenantIds, several permissions, where text looks", "both levels; any of them; in name and description", nil},
		{"role-search-sort", "the fields by which roles can be sorted", "`id`, `name`, `description`, `createdTime`, `tenantId`", nil},
		{unknownRoleDelete, "delete of a role that does not exist", choiceRefuse, errRoleNotFound},
		{"role-delete-used", "delete of a role that users, default roles or SSO mappings name", "accepted; the names stay", nil},
	}
}

func passwordUnknowns() []unknown {
	return []unknown{
		{"password-unset", "password settings that nobody has written", "zero values: `false`, `0`, `\"\"`", nil},
		{unknownPasswordInherits, "password settings of a tenant that has none of its own", choiceProject, nil},
		{unknownPasswordTenant, "password settings of a tenant that does not exist, read or written", choiceRefuse, errTenantLoad},
		{"password-disallowed", "the type of disallowedCharacters", "a string", nil},
	}
}

func userUnknowns() []unknown {
	return []unknown{
		{unknownUserTenant, "create of a user in a tenant that does not exist", choiceRefuse, invalid("The tenant of the user does not exist")},
		{"user-delete-missing", "delete of a user who does not exist", choiceRefuse, errUserNotFound},
		{unknownUserRoleIDs, "user search by role ids, while users have the names of roles", choiceRefuse, invalid("The emulator cannot search users by role ids")},
		{"user-search-limit", "the largest limit of a user search", "none", nil},
	}
}

func auditUnknowns() []unknown {
	return []unknown{
		{"audit-actions", "the actions that management calls leave", "method and path, such as `POST /v1/mgmt/tenant/create`", nil},
		{"audit-data", "where a record has the caller's request id", "`data.externalRequestId`, beside `data.method` and `data.path`", nil},
		{"audit-refused", "whether a refused call leaves a record", "one of type `error` with `data.errorCode`, if the bearer was accepted", nil},
		{"audit-event-required", "what an event must have", "action, type, actorId and tenantId, as the Go SDK demands", nil},
		{unknownAuditTenant, "an event of a tenant that does not exist", choiceAccept, nil},
		{"audit-search-from", "a search without `from`, or from more than 30 days ago", "the last 30 days", nil},
		{unknownAuditSize, "a search with a size over 1000", choiceRefuse, invalid("The size field must not be larger than 1000")},
		{"audit-search-no-tenants", "noTenants without tenants", "no condition", nil},
		{unknownAuditFilters, "searchFields, auditTypes and levels", choiceRefuse, invalid("The emulator cannot search by searchFields, auditTypes or levels")},
	}
}

func limitUnknowns() []unknown {
	return []unknown{
		{"limit-window", "fixed or sliding windows of the rate limits", "sliding", nil},
		{"limit-create-general", "whether a user create also counts as a general user call", "each call counts in one class", nil},
	}
}

// documented is how docs/emulator.md words the choice.
func (u unknown) documented() string {
	if u.err == nil {
		return u.choice
	}
	status := fmt.Sprint(u.err.status)
	if u.err.status == statusNotFound {
		status = "`--not-found-status`"
	}
	return fmt.Sprintf("%s: %s %s", u.choice, status, u.err.code)
}

// chosen returns the choice for a key.
func (s *Server) chosen(key string) unknown { return s.unknowns[key] }

// refusal is the error chosen for a key; nil where the call is accepted, which
// the table allows only where the code says what happens then.
func (s *Server) refusal(key string) error {
	if chosen := s.unknowns[key]; chosen.err != nil {
		return chosen.err
	}
	return nil
}
