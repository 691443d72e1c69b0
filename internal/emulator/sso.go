package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// defaultSSO is the configuration that a call means when it names none.
const defaultSSO = "default_ssoid"

// What an SSO configuration holds besides its two protocols.
var (
	ssoID          = field{name: "ssoId"}
	ssoDisplayName = field{name: "displayName"} // nobody is known to answer it
	ssoSAML        = field{name: "saml", kind: kindMap}
	ssoOIDC        = field{name: "oidc", kind: kindMap}

	ssoFields = []field{ssoID, ssoDisplayName, ssoSAML, ssoOIDC}
)

// samlFields is the SAML part as it is read, in the order in which it is
// answered. The write call names and shapes some of it otherwise.
var samlFields = []field{
	{name: "idpEntityId"},
	{name: "idpSSOUrl"},
	{name: "idpCertificate"},
	{name: "idpAdditionalCertificates", kind: kindTexts},
	{name: "idpMetadataUrl"},
	{name: "spEntityId"},
	{name: "spACSUrl"},
	{name: "spCertificate"},
	{name: "spSignCertificate"},
	{name: "subjectNameIdFormat"},
	{name: "attributeMapping", kind: kindMap, unset: `{"name":"name","email":"email","phoneNumber":"phone","username":"","group":"",` +
		`"givenName":"","middleName":"","familyName":"","picture":"","verifiedEmail":"","verifiedPhone":"","customAttributes":{}}`},
	{name: "groupsMapping", kind: kindObjects},
	{name: "defaultSSORoles", kind: kindTexts},
	{name: "groupsPriority", kind: kindTexts},
	{name: "redirectUrl"},
	{name: "fgaMappings", kind: kindMap},
	{name: "configFGATenantIDResourcePrefix"},
	{name: "configFGATenantIDResourceSuffix"},
	{name: "providerID"},
	{name: "scimProviderID"},
	{name: "lastSuccessTestTime", kind: kindWhole},
}

// oidcFields is the OIDC part, in the order in which it is answered.
var oidcFields = []field{
	{name: "name"},
	{name: "clientId"},
	{name: "clientSecret"}, // stored, and answered as ""
	{name: "redirectUrl"},
	{name: "authUrl"},
	{name: "tokenUrl"},
	{name: "userDataUrl"},
	{name: "scope", kind: kindTexts},
	{name: "JWKsUrl"},
	{name: "userAttrMapping", kind: kindMap, unset: `{"loginId":"sub","username":"","name":"name","email":"email","phoneNumber":"phone_number",` +
		`"verifiedEmail":"email_verified","verifiedPhone":"phone_number_verified","picture":"picture","givenName":"given_name",` +
		`"middleName":"middle_name","familyName":"family_name","group":"","customAttributes":{}}`},
	{name: "manageProviderTokens", kind: kindFlag},
	{name: "callbackDomain"},
	{name: "prompt", kind: kindTexts},
	{name: "grantType", unset: `"authorization_code"`, allowed: []string{"", "authorization_code", "implicit"}},
	{name: "issuer"},
	{name: "groupsMapping", kind: kindObjects},
	{name: "defaultSSORoles", kind: kindTexts},
	{name: "groupsPriority", kind: kindTexts},
	{name: "fgaMappings", kind: kindMap},
	{name: "providerID"},
	{name: "scimProviderID"},
	{name: "lastSuccessTestTime", kind: kindWhole},
}

var (
	// ssoReadOnly are fields of both protocols that no configure call sets.
	ssoReadOnly = []string{"spCertificate", "spSignCertificate", "providerID", "scimProviderID", "lastSuccessTestTime"}
	// samlSecrets are stored with the SAML part and never answered.
	samlSecrets = []field{{name: "spEncryptionKey"}, {name: "spSignKey"}}

	samlStored = slices.Concat(samlFields, samlSecrets)
)

// ssoConfig is one stored SSO configuration of a tenant. Like a tenant it is
// never changed, only replaced.
type ssoConfig struct {
	tenant, id string
	// saml and oidc are the parts as they are read, with their secrets; nil
	// until someone configures them.
	saml, oidc object
	fields     object // the whole as stored, with fields that nobody knows
}

// newSSOConfig checks a stored configuration.
func newSSOConfig(tenant string, from object) (*ssoConfig, error) {
	known, unknown, err := split(ssoFields, from)
	if err != nil {
		return nil, err
	}
	result := &ssoConfig{tenant: tenant, id: known.text(ssoID.name)}
	if result.id == "" {
		result.id = defaultSSO
		known[ssoID.name] = encoded(defaultSSO)
	}
	for _, part := range []struct {
		field  field
		fields []field
		into   *object
	}{{ssoSAML, samlStored, &result.saml}, {ssoOIDC, oidcFields, &result.oidc}} {
		raw := known[part.field.name]
		if raw == nil {
			continue
		}
		members, err := parseObject(raw)
		if err != nil {
			return nil, &fieldError{part.field.name, "is invalid: " + err.Error()}
		}
		checked, extras, err := split(part.fields, members)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part.field.name, err)
		}
		maps.Copy(checked, extras)
		*part.into = checked
		known[part.field.name] = checked.encode()
	}
	maps.Copy(known, unknown)
	result.fields = known
	return result, nil
}

// with is the configuration with other parts.
func (c *ssoConfig) with(saml, oidc object) *ssoConfig {
	changed := &ssoConfig{tenant: c.tenant, id: c.id, saml: saml, oidc: oidc, fields: maps.Clone(c.fields)}
	if saml != nil {
		changed.fields[ssoSAML.name] = saml.encode()
	}
	if oidc != nil {
		changed.fields[ssoOIDC.name] = oidc.encode()
	}
	return changed
}

func (c *ssoConfig) configured() bool { return c.saml != nil || c.oidc != nil }

// key names the configuration in the store. Ids may hold any character.
func (c *ssoConfig) key() string { return string(encoded([]string{c.tenant, c.id})) }

// showSSO is a configuration as the API answers it: every known field,
// without any secret.
func (c *content) showSSO(project string, t *tenant, one *ssoConfig) []byte {
	saml := maps.Clone(one.saml)
	for _, secret := range samlSecrets {
		delete(saml, secret.name)
	}
	oidc := object{}
	maps.Copy(oidc, one.oidc)
	oidc["clientSecret"] = json.RawMessage(`""`)
	var serviceProvider object
	if one.saml != nil {
		serviceProvider = defaultServiceProvider(project, t.id)
		for name := range serviceProvider {
			if saml.text(name) == "" {
				delete(saml, name)
			}
		}
	}
	out := answerObject(
		answerMember{"tenant", c.showTenant(t)}, answerMember{ssoSAML.name, showObject(samlFields, saml, serviceProvider)},
		answerMember{ssoOIDC.name, showObject(oidcFields, oidc, nil)}, answerMember{ssoID.name, encoded(one.id)},
	)
	out = out[:len(out)-1]
	for _, key := range one.fields.sortedKeys() {
		if !hasField(ssoFields, key) {
			out = appendMember(out, key, one.fields[key])
		}
	}
	return append(out, '}')
}

// defaultServiceProvider is what a configuration shows that does not override it.
func defaultServiceProvider(project, tenant string) object {
	return object{
		"spEntityId": encoded(project + "-" + tenant),
		"spACSUrl":   encoded("https://api.descope.com/v1/auth/saml/acs?" + url.Values{"projectId": {project}, "tenantId": {tenant}}.Encode()),
	}
}

// ssoFor is a configuration of a tenant; one that nobody has written where
// there is none.
func (c *content) ssoFor(tenant, id string) (one *ssoConfig, stored bool) {
	if id == "" {
		id = defaultSSO
	}
	if configs := c.sso[tenant]; configs != nil {
		if one, stored = configs.get(id); stored {
			return one, true
		}
	}
	return &ssoConfig{tenant: tenant, id: id, fields: object{ssoID.name: encoded(id)}}, false
}

// ssoOf are the stored configurations of a tenant, by id.
func (c *content) ssoOf(tenant string) []*ssoConfig {
	if configs := c.sso[tenant]; configs != nil {
		return slices.Collect(configs.all())
	}
	return nil
}

func (c *content) putSSO(one *ssoConfig) {
	if c.sso[one.tenant] == nil {
		c.sso[one.tenant] = newTable[*ssoConfig]()
	}
	c.sso[one.tenant].put(one.id, one)
}

func (c *content) dropSSO(one *ssoConfig) {
	configs := c.sso[one.tenant]
	configs.drop(one.id)
	if configs.len() == 0 {
		delete(c.sso, one.tenant)
	}
}

func (b *batch) putSSO(one *ssoConfig) {
	b.put(storeSSO, one.key(), one.fields)
	b.apply = append(b.apply, func(c *content) { c.putSSO(one) })
}

func (b *batch) dropSSO(one *ssoConfig) {
	b.drop(storeSSO, one.key())
	b.apply = append(b.apply, func(c *content) { c.dropSSO(one) })
}

// addSSORow adds a stored configuration to the state of its project.
func (s *ProjectState) addSSORow(r row) {
	if key := decoded[[]string](json.RawMessage(r.id)); len(key) > 0 {
		s.SSO[key[0]] = append(s.SSO[key[0]], r.value)
	}
}

// addSSO lays the SSO configurations of a state into a content. Tenants and
// roles are there before.
func (b builder) addSSO(into *content, state ProjectState) error {
	for _, tenant := range slices.Sorted(maps.Keys(state.SSO)) {
		if _, exists := into.tenants.get(tenant); !exists {
			return fmt.Errorf("sso: there is no tenant %q", tenant)
		}
		for i, raw := range state.SSO[tenant] {
			fields, err := parseObject(raw)
			if err != nil {
				return fmt.Errorf("sso of tenant %q: [%d]: %w", tenant, i, err)
			}
			one, err := newSSOConfig(tenant, fields)
			if err != nil {
				return fmt.Errorf("sso of tenant %q: [%d]: %w", tenant, i, err)
			}
			if _, taken := into.ssoFor(tenant, one.id); taken {
				return fmt.Errorf("sso of tenant %q: [%d]: the ssoId %q occurs twice", tenant, i, one.id)
			}
			into.putSSO(one)
		}
	}
	return nil
}
