package resource

import (
	"encoding/json"
	"fmt"
	"strings"
)

// What a configured SSO configuration has and an unconfigured one has not, by
// wire name. The others have default values in both (Descope's Python SDK shows
// them in its tests against the real service).
var (
	samlSigns = []string{"idpSSOUrl", "idpEntityId", "idpCertificate", "idpMetadataUrl"}
	oidcSigns = []string{"clientId", "authUrl", "tokenUrl", "userDataUrl", "issuer", "JWKsUrl"}
)

// DescribeSSO says in words which SSO configuration a tenant has, out of all its
// configurations as the API lists them and what the tenant object itself shows:
// "an SSO configuration (SAML)". It is empty when there is none. What cannot be
// read counts as one, since losing it could not be undone.
func DescribeSSO(configurations []json.RawMessage, tenant Tenant) string {
	count, kinds := 0, []string{}
	for _, raw := range configurations {
		kind, configured := ssoKind(raw)
		if !configured {
			continue
		}
		count++
		kinds = append(kinds, kind)
	}
	switch {
	case count == 1:
		return fmt.Sprintf("an SSO configuration (%s)", kinds[0])
	case count > 1:
		return fmt.Sprintf("%d SSO configurations (%s)", count, strings.Join(kinds, ", "))
	}
	domains, _ := tenant.Member("domains")
	kind, _ := tenant.Member("authType")
	switch {
	case !domains.IsAbsent() && domains != "[]":
		return "SSO domains"
	case !kind.IsAbsent() && kind != `"none"` && kind != `""`:
		return "SSO switched on"
	}
	return ""
}

// ssoKind tells one configuration apart from one that nobody has configured.
func ssoKind(raw json.RawMessage) (kind string, configured bool) {
	members, err := new(scanner).parseMembers(raw)
	if err != nil {
		return "unreadable", true
	}
	saml := hasAny(findMember(members, "saml"), samlSigns)
	oidc := hasAny(findMember(members, "oidc"), oidcSigns)
	switch {
	case saml && oidc:
		return "SAML and OIDC", true
	case saml:
		return "SAML", true
	case oidc:
		return "OIDC", true
	}
	// Further configurations are made on purpose, and have an id of their own.
	id, _ := findMember(members, "ssoId").AsString()
	return "without details", id != "" && id != "default_ssoid"
}

func hasAny(object Value, names []string) bool {
	for _, name := range names {
		if value := object.Get(name); !value.IsAbsent() && value != `""` && value != "null" {
			return true
		}
	}
	return false
}
