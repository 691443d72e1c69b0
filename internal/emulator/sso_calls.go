package emulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// ssoRoutes are the calls on SSO configurations.
var ssoRoutes = []route{
	{method: http.MethodGet, path: "/v2/mgmt/sso/settings", tenant: "tenantId", handle: (*Server).loadSSO},
	{method: http.MethodGet, path: "/v2/mgmt/sso/settings/all", tenant: "tenantId", handle: (*Server).loadAllSSO},
	{method: http.MethodPost, path: "/v1/mgmt/sso/settings/new", fields: ssoNewFields, tenant: "tenantId", handle: (*Server).newSSO},
	{method: http.MethodPost, path: "/v1/mgmt/sso/saml", fields: samlCallFields, tenant: "tenantId", handle: (*Server).configureSAML},
	{method: http.MethodPost, path: "/v1/mgmt/sso/saml/metadata", fields: samlCallFields, tenant: "tenantId", handle: (*Server).configureSAMLMetadata},
	{method: http.MethodPost, path: "/v1/mgmt/sso/oidc", fields: oidcCallFields, tenant: "tenantId", handle: (*Server).configureOIDC},
	{method: http.MethodPost, path: "/v1/mgmt/sso/redirect", fields: ssoRedirectFields, tenant: "tenantId", handle: (*Server).redirectSSO},
	{method: http.MethodDelete, path: "/v1/mgmt/sso/settings", tenant: "tenantId", handle: (*Server).deleteSSO},
}

var (
	ssoTarget         = []field{{name: "tenantId"}, ssoID}
	ssoNewFields      = append(slices.Clone(ssoTarget), ssoDisplayName)
	oidcCallFields    = append(slices.Clone(ssoTarget), field{name: "settings", kind: kindMap}, tenantDomains)
	samlCallFields    = append(slices.Clone(oidcCallFields), field{name: "redirectUrl"})
	ssoRedirectFields = append(slices.Clone(ssoTarget), field{name: "samlRedirectUrl"}, field{name: "oauthRedirectUrl"})
)

// ssoTenant is the tenant that the call names, in its body or in its query.
func (s *Server) ssoTenant(c *call) (*tenant, error) {
	id := c.about()
	if id == "" {
		return nil, required("tenantId")
	}
	found, exists := c.content().tenants.get(id)
	if !exists {
		return nil, s.refusal(unknownSSOTenant)
	}
	return found, nil
}

// ssoForWrite finds the configuration that a write names, and its tenant.
func (s *Server) ssoForWrite(c *call) (*tenant, *ssoConfig, error) {
	t, err := s.ssoTenant(c)
	if err != nil {
		return nil, nil, err
	}
	one, stored := c.content().ssoFor(t.id, c.body.text(ssoID.name))
	if err := s.refusal(unknownSSOConfigure); err != nil && !stored && one.id != defaultSSO {
		return nil, nil, err
	}
	return t, one, nil
}

func (s *Server) loadSSO(c *call) ([]byte, error) {
	t, err := s.ssoTenant(c)
	if err != nil {
		return nil, err
	}
	one, stored := c.content().ssoFor(t.id, c.query.Get(ssoID.name))
	if err := s.refusal(unknownSSOLoad); err != nil && !stored && one.id != defaultSSO {
		return nil, err
	}
	return c.content().showSSO(c.project.id, t, one), nil
}

// loadAllSSO lists the default configuration, written or not, and then the
// others by id.
func (s *Server) loadAllSSO(c *call) ([]byte, error) {
	t, err := s.ssoTenant(c)
	if err != nil {
		return nil, err
	}
	content := c.content()
	first, stored := content.ssoFor(t.id, defaultSSO)
	var items [][]byte
	if stored || s.chosen(unknownSSOAllUnset).choice == choiceListDefault {
		items = append(items, content.showSSO(c.project.id, t, first))
	}
	for _, one := range content.ssoOf(t.id) {
		if one.id != defaultSSO {
			items = append(items, content.showSSO(c.project.id, t, one))
		}
	}
	return answerObject(answerMember{"SSOSettings", list(items)}), nil
}

// newSSO adds a configuration, which holds nothing yet.
func (s *Server) newSSO(c *call) ([]byte, error) {
	t, err := s.ssoTenant(c)
	if err != nil {
		return nil, err
	}
	if c.body.text(ssoDisplayName.name) == "" {
		return nil, required(ssoDisplayName.name)
	}
	id := c.body.text(ssoID.name)
	if id == "" {
		id = s.random.id("SSO")
	}
	if _, taken := c.content().ssoFor(t.id, id); taken {
		return nil, s.refusal(unknownSSONewExisting)
	}
	created, err := newSSOConfig(t.id, object{ssoID.name: encoded(id), ssoDisplayName.name: c.body[ssoDisplayName.name]})
	if err != nil {
		return nil, err
	}
	b := &batch{call: c}
	b.putSSO(created)
	if err := s.commit(b); err != nil {
		return nil, err
	}
	return c.content().showSSO(c.project.id, t, created), nil
}

func (s *Server) configureSAML(c *call) ([]byte, error) {
	return s.writeSAML(c, samlManualFields, "idpUrl", "entityId", "idpCert")
}

// configureSAMLMetadata keeps the address of the metadata; it is never fetched.
func (s *Server) configureSAMLMetadata(c *call) ([]byte, error) {
	return s.writeSAML(c, samlMetadataFields, "idpMetadataUrl")
}

// writeSAML replaces the SAML part but for what is read-only.
func (s *Server) writeSAML(c *call, fields []field, needed ...string) ([]byte, error) {
	t, one, err := s.ssoForWrite(c)
	if err != nil {
		return nil, err
	}
	settings, err := s.ssoSettings(c, fields, one.saml, samlStored)
	if err != nil {
		return nil, err
	}
	for _, name := range needed {
		if settings.text(name) == "" {
			return nil, required(name)
		}
	}
	read, err := s.samlAsRead(c.content(), t.id, settings)
	if err != nil {
		return nil, err
	}
	if raw, sent := c.body["redirectUrl"]; sent {
		read["redirectUrl"] = raw
	}
	s.keepStored(read, one.saml, "spEncryptionKey", "spSignKey")
	return nil, s.saveSSO(c, t, one.with(read, one.oidc), "saml")
}

// configureOIDC replaces the OIDC part but for what is read-only.
func (s *Server) configureOIDC(c *call) ([]byte, error) {
	t, one, err := s.ssoForWrite(c)
	if err != nil {
		return nil, err
	}
	settings, err := s.ssoSettings(c, oidcWriteFields, one.oidc, oidcFields)
	if err != nil {
		return nil, err
	}
	read, err := s.oidcAsRead(c.content(), t.id, settings)
	if err != nil {
		return nil, err
	}
	s.keepStored(read, one.oidc, "clientSecret")
	return nil, s.saveSSO(c, t, one.with(one.saml, read), "oidc")
}

// keepStored lays what is read-only over a replaced part, and the secrets that
// the write left blank where blanks keep them.
func (s *Server) keepStored(read, before object, secrets ...string) {
	kept := slices.Clone(ssoReadOnly)
	if s.chosen(unknownSSOBlankSecret).choice == choiceKeep {
		kept = append(kept, slices.DeleteFunc(slices.Clone(secrets), func(name string) bool { return read.text(name) != "" })...)
	}
	for _, name := range kept {
		if raw, found := before[name]; found {
			read[name] = raw
		}
	}
}

// saveSSO stores a configured part and gives the tenant the domains of the
// call, which are overwritten even when they are empty, and the protocol.
func (s *Server) saveSSO(c *call, t *tenant, one *ssoConfig, protocol string) error {
	b := &batch{call: c}
	b.putSSO(one)
	b.putTenant(t.withSSO(protocol, c.body[tenantDomains.name]))
	return s.commit(b)
}

// withSSO is the tenant with other SSO domains and another way to log in; no
// domains at all when they are nil.
func (t *tenant) withSSO(protocol string, domains json.RawMessage) *tenant {
	fields := maps.Clone(t.fields)
	fields[tenantAuthType.name] = encoded(protocol)
	delete(fields, tenantDomains.name)
	if domains != nil {
		fields[tenantDomains.name] = domains
	}
	return t.with(fields, t.settings)
}

// redirectSSO sets one or both redirect addresses and nothing else.
func (s *Server) redirectSSO(c *call) ([]byte, error) {
	_, one, err := s.ssoForWrite(c)
	if err != nil {
		return nil, err
	}
	saml, samlSent := c.body["samlRedirectUrl"]
	oidc, oidcSent := c.body["oauthRedirectUrl"]
	if !samlSent && !oidcSent {
		return nil, required("samlRedirectUrl")
	}
	changed := one
	if samlSent {
		changed = changed.with(changed.saml.set("redirectUrl", saml), changed.oidc)
	}
	if oidcSent {
		changed = changed.with(changed.saml, changed.oidc.set("redirectUrl", oidc))
	}
	b := &batch{call: c}
	b.putSSO(changed)
	return nil, s.commit(b)
}

// deleteSSO removes a configuration. With the last configured one the tenant's domains
// and its way to log in go as well.
func (s *Server) deleteSSO(c *call) ([]byte, error) {
	t, err := s.ssoTenant(c)
	if err != nil {
		return nil, err
	}
	one, stored := c.content().ssoFor(t.id, c.query.Get(ssoID.name))
	if !stored {
		return nil, s.refusal(unknownSSODelete)
	}
	b := &batch{call: c}
	b.dropSSO(one)
	others := slices.DeleteFunc(c.content().ssoOf(t.id), func(other *ssoConfig) bool { return other == one })
	if !slices.ContainsFunc(others, (*ssoConfig).configured) {
		b.putTenant(t.withSSO("none", nil))
	}
	return nil, s.commit(b)
}
