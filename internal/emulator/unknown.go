package emulator

import (
	"fmt"
	"net/http"
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
)

const (
	choiceRefuse  = "refused"
	choiceAccept  = "accepted"
	choiceReplace = "the map that is sent replaces the stored one"
	choiceMerge   = "the keys that are sent are laid over the stored ones"
)

func unauthorized(detail string) *apiError {
	return &apiError{http.StatusUnauthorized, "E111119", "Unauthorized", detail}
}

// unknowns is the table, in the order of the documentation.
func unknowns() []unknown {
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
		{"key-only-list", "what a key without a project lists", "every project that this key opens", nil},
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
		{unknownUserTenant, "create of a user in a tenant that does not exist", choiceRefuse, invalid("The tenant of the user does not exist")},
		{"user-delete-missing", "delete of a user who does not exist", choiceRefuse, errUserNotFound},
		{unknownUserRoleIDs, "user search by role ids, which the emulator has none of", choiceRefuse, invalid("The emulator cannot search users by role ids")},
		{"user-search-limit", "the largest limit of a user search", "none", nil},
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
