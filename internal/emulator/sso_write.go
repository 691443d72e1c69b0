package emulator

import (
	"encoding/json"
	"maps"
	"slices"
)

// A configure call of SAML names some fields otherwise than the read does.
var samlRenamed = map[string]string{
	"idpUrl": "idpSSOUrl", "entityId": "idpEntityId", "idpCert": "idpCertificate", "idpAdditionalCerts": "idpAdditionalCertificates",
}

var (
	samlCommonFields = slices.Concat(samlSecrets, []field{
		{name: "entityId"},
		{name: "idpAdditionalCerts", kind: kindTexts},
		{name: "roleMappings", kind: kindObjects},
		{name: "attributeMapping", kind: kindMap},
		{name: "defaultSSORoles", kind: kindTexts},
		{name: "groupsPriority", kind: kindTexts},
		{name: "fgaMappings", kind: kindMap},
		{name: "configFGATenantIDResourcePrefix"},
		{name: "configFGATenantIDResourceSuffix"},
		{name: "spACSUrl"},
		{name: "spEntityId"},
		{name: "subjectNameIdFormat"},
	})
	samlManualFields   = append(slices.Clone(samlCommonFields), field{name: "idpUrl"}, field{name: "idpCert"})
	samlMetadataFields = append(slices.Clone(samlCommonFields), field{name: "idpMetadataUrl"})

	oidcWriteFields = append(slices.Clone(oidcFields), field{name: "roleMappings", kind: kindObjects})
)

// The members of attribute mappings, in the order of the unconfigured values.
var (
	samlAttributeFields = attributeFields(
		"name", "email", "phoneNumber", "username", "group", "givenName", "middleName", "familyName", "picture", "verifiedEmail", "verifiedPhone")
	oidcAttributeFields = attributeFields(
		"loginId", "username", "name", "email", "phoneNumber", "verifiedEmail", "verifiedPhone", "picture", "givenName", "middleName", "familyName", "group")
)

func attributeFields(names ...string) []field {
	fields := make([]field, 0, len(names)+1)
	for _, name := range names {
		fields = append(fields, field{name: name})
	}
	return append(fields, field{name: "customAttributes", kind: kindMap})
}

// The members of one mapping of groups to a role, as they are written and as
// they are read.
var (
	roleMappingFields   = []field{{name: "groups", kind: kindTexts}, {name: "roleName"}}
	groupsMappingFields = []field{{name: "groups", kind: kindTexts}, {name: "role", kind: kindMap}}
	mappedRoleFields    = []field{{name: "id"}, {name: "name"}}
)

// set is the object with one more member; the old one stays as it is.
func (o object) set(name string, value json.RawMessage) object {
	changed := object{}
	maps.Copy(changed, o)
	changed[name] = value
	return changed
}

// nested checks an object inside of a request against a table. Unknown members
// are taken where the stored object carries them, and refused or ignored as
// those of the request itself.
func (s *Server) nested(fields []field, raw json.RawMessage, carries func(key string) bool) (object, error) {
	members, err := parseObject(raw)
	if err != nil {
		return nil, err
	}
	inner := &call{}
	if inner.body, inner.unknown, err = split(fields, members); err != nil {
		return nil, err
	}
	extras, err := s.extras(inner, carries)
	if err != nil {
		return nil, err
	}
	maps.Copy(inner.body, extras)
	return inner.body, nil
}

func carriesNothing(string) bool { return false }

// ssoSettings is the checked "settings" object of a configure call.
func (s *Server) ssoSettings(c *call, fields []field, stored object, storedFields []field) (object, error) {
	raw, sent := c.body["settings"]
	if !sent {
		return nil, required("settings")
	}
	return s.nested(fields, raw, func(key string) bool { return carriesExtra(stored, storedFields, key) })
}

// samlAsRead gives the settings of a configure call the names and shapes that
// a load answers.
func (s *Server) samlAsRead(c *content, tenant string, settings object) (object, error) {
	read := object{}
	for key, raw := range settings {
		if renamed, found := samlRenamed[key]; found {
			key = renamed
		}
		read[key] = raw
	}
	delete(read, "roleMappings")
	if err := s.attributesAsRead(read, "attributeMapping", samlAttributeFields); err != nil {
		return nil, err
	}
	return read, s.roleMappingsAsRead(c, tenant, settings, read)
}

// oidcAsRead is the same for OIDC, where only the mappings have two shapes.
func (s *Server) oidcAsRead(c *content, tenant string, settings object) (object, error) {
	read := maps.Clone(settings)
	delete(read, "roleMappings")
	for _, name := range ssoReadOnly {
		delete(read, name)
	}
	if err := s.attributesAsRead(read, "userAttrMapping", oidcAttributeFields); err != nil {
		return nil, err
	}
	if _, sent := settings["groupsMapping"]; sent && !s.roleMappingsWin(settings) {
		return read, s.groupsMappingAsRead(c, tenant, read)
	}
	return read, s.roleMappingsAsRead(c, tenant, settings, read)
}

// roleMappingsWin says which mapping counts where an OIDC write has both.
func (s *Server) roleMappingsWin(settings object) bool {
	_, sent := settings["roleMappings"]
	return sent && s.chosen(unknownSSOBothMappings).choice == choiceRoleMappings
}

// attributesAsRead fills up an attribute mapping that was sent: what it leaves
// out is blank. One that was not sent stays unset.
func (s *Server) attributesAsRead(read object, name string, fields []field) error {
	raw, sent := read[name]
	if !sent {
		return nil
	}
	members, err := s.nested(fields, raw, carriesNothing)
	if err != nil {
		return err
	}
	read[name] = showObject(fields, members, nil)
	return nil
}

// roleMappingsAsRead turns roleMappings, which name their roles, into groupsMapping.
func (s *Server) roleMappingsAsRead(c *content, tenant string, settings, read object) error {
	var items [][]byte
	for _, raw := range decoded[[]json.RawMessage](settings["roleMappings"]) {
		mapping, err := s.nested(roleMappingFields, raw, carriesNothing)
		if err != nil {
			return err
		}
		item, err := s.mappedRole(c, tenant, "", mapping.text("roleName"), mapping["groups"])
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	if _, sent := settings["roleMappings"]; sent {
		read["groupsMapping"] = list(items)
	}
	return nil
}

// groupsMappingAsRead completes the roles of a written groupsMapping, which
// may name them by id, by name or by both.
func (s *Server) groupsMappingAsRead(c *content, tenant string, read object) error {
	var items [][]byte
	for _, raw := range decoded[[]json.RawMessage](read["groupsMapping"]) {
		mapping, err := s.nested(groupsMappingFields, raw, carriesNothing)
		if err != nil {
			return err
		}
		named := object{}
		if mapping["role"] != nil {
			if named, err = s.nested(mappedRoleFields, mapping["role"], carriesNothing); err != nil {
				return err
			}
		}
		item, err := s.mappedRole(c, tenant, named.text("id"), named.text("name"), mapping["groups"])
		if err != nil {
			return err
		}
		items = append(items, item)
	}
	read["groupsMapping"] = list(items)
	return nil
}

// mappedRole is one item of groupsMapping as it is answered.
func (s *Server) mappedRole(c *content, tenant, id, name string, groups json.RawMessage) ([]byte, error) {
	found, exists := c.roles.get(id)
	if id == "" {
		found, exists = c.roleFor(tenant, name)
	}
	if exists && (found.tenant == "" || found.tenant == tenant) {
		id, name = found.id, found.name
	} else if err := s.refusal(unknownSSORole); err != nil {
		return nil, err
	}
	if groups == nil {
		groups = json.RawMessage(`[]`)
	}
	return answerObject(
		answerMember{"role", answerObject(answerMember{"id", encoded(id)}, answerMember{"name", encoded(name)})},
		answerMember{"groups", groups},
	), nil
}
