package config

import (
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The fields of the tenant table that have rules of their own.
const (
	fieldName       = "name"
	fieldDomains    = "self_provisioning_domains"
	fieldAttributes = "custom_attributes"
	fieldParent     = "parent"
	fieldSettings   = "settings"

	fieldRemoved = "remove_attributes" // no field, but the key that removes attributes
)

// tenantBlock is the table of a tenant entry: what is managed, from the field
// table of the resource package, and what only says how it is managed.
func tenantBlock() *block[rawTenant] {
	settings := settingsBlock()
	keys := identityKeys()
	for _, field := range resource.TenantFields() {
		keys = append(keys, key[rawTenant]{
			name: field.Name, title: field.Title, description: field.Description, example: field.Example,
			schema: schemaOfField(field, settings),
			read: func(l *loader, n *yaml.Node, raw *rawTenant) {
				l.readField(field, settings, n, raw)
			},
			unmanage: unmanageField(field.Name, resource.Path{Field: field.Name}),
			inLayer:  layerSchemaOfField(field, settings),
		})
	}
	return newBlock(append(keys, managementKeys()...))
}

// identityKeys say which tenant the entry is about.
func identityKeys() []key[rawTenant] {
	return []key[rawTenant]{
		{
			name: "id", title: "Id", example: `"acme-corp"`, fallback: "required",
			description: "The tenant's id at Descope, required. Tenants that this tool creates have 3 to 50 lower-case letters, digits and hyphens; a tenant made elsewhere is named as it is.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawTenant) { raw.id, raw.hasID = l.text(n, "id"), true },
		},
		{
			name: "key", title: "Logical name", example: `"acme"`,
			description: "A name for the entry that stays the same where the environments have different ids for it.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawTenant) { raw.key = l.text(n, "key") },
		},
		{
			name: "state", title: "State", example: `absent`, fallback: "`present`",
			description: "`present` (the default), or `absent`: the tenant is deleted where it exists. An absent entry may carry only id, key, state, only, except and protect.",
			schema:      schemaWord([]string{"present", "absent"}),
			read: func(l *loader, n *yaml.Node, raw *rawTenant) {
				state, ok := l.word(n, "state", []string{"present", "absent"})
				raw.absent, raw.hasState, raw.stateAt = state == "absent", ok, l.position(n)
			},
		},
	}
}

// managementKeys say how an entry is managed.
func managementKeys() []key[rawTenant] {
	return []key[rawTenant]{
		{
			name: "domains", title: "Domains", example: `["acme.com"]`,
			description: "With self_provisioning: true the same as self_provisioning_domains. With false, or without self_provisioning, the domains take no effect.",
			schema:      schemaDomains(), read: readPairDomains,
			unmanage: unmanageField("domains", resource.Path{Field: fieldDomains}),
		},
		{
			name: "self_provisioning", title: "Self-provisioning", example: `true`,
			description: "`true` manages the list in domains (at least one), `false` an empty list. Left out, nothing is written.",
			schema:      schema{"type": "boolean"},
			read: func(l *loader, n *yaml.Node, raw *rawTenant) {
				raw.pair.enabledAt = l.position(n)
				raw.pair.on, raw.pair.enabled = l.flag(n, "self_provisioning")
				raw.pair.broken = !raw.pair.enabled
			},
			unmanage: unmanageField("self_provisioning", resource.Path{Field: fieldDomains}),
		},
		{
			name: "remove_attributes", title: "Remove attributes", example: `["old_plan"]`,
			description: "Custom attributes to delete from the tenant.",
			schema:      schemaTexts(),
			read: func(l *loader, n *yaml.Node, raw *rawTenant) {
				raw.hasRemoved = true
				raw.removed, _ = l.texts(n, "remove_attributes")
				for _, name := range raw.removed {
					l.checkAttributeKey(name.value, name.at)
				}
			},
			unmanage: unmanageField(fieldRemoved, resource.Path{Field: fieldRemoved}),
		},
		{
			name: "protect", title: "Protect", example: `true`, fallback: "false",
			description: "No plan deletes or disables the tenant.",
			schema:      schema{"type": "boolean"},
			read: func(l *loader, n *yaml.Node, raw *rawTenant) {
				raw.protect, raw.hasProtect = l.flag(n, "protect")
				raw.protectAt = l.position(n)
			},
		},
		{
			name: "only", title: "Only in environments", example: `["dev", "test"]`,
			description: "The environments that the entry belongs to. Elsewhere the tenant is unmanaged, and never an orphan.",
			schema:      schemaNames(),
			read:        func(l *loader, n *yaml.Node, raw *rawTenant) { raw.only = l.selector(n, "only") },
		},
		{
			name: "except", title: "Except in environments", example: `["prod"]`,
			description: "The environments that the entry does not belong to. Not together with only.",
			schema:      schemaNames(),
			read:        func(l *loader, n *yaml.Node, raw *rawTenant) { raw.except = l.selector(n, "except") },
		},
	}
}

// settingsBlock is the table of the keys inside "settings".
func settingsBlock() *block[rawTenant] {
	var keys []key[rawTenant]
	for _, field := range resource.TenantSettingsFields() {
		k := key[rawTenant]{
			name: field.Name, title: field.Title, description: field.Description, example: field.Example,
			schema: schemaOfField(field, nil),
			read: func(l *loader, n *yaml.Node, raw *rawTenant) {
				value, secret, ok := l.marked(markedByPath, func() (resource.Value, bool) { return l.fieldValue(field, n, field.Name) })
				if ok {
					raw.addMarked(resource.Path{Field: fieldSettings, Key: field.Name}, value, l.position(n), secret)
				}
			},
			unmanage: unmanageField(field.Name, resource.Path{Field: fieldSettings, Key: field.Name}),
		}
		if field.Wire != field.Name {
			k.wire = field.Wire
		}
		keys = append(keys, k)
	}
	return newBlock(keys)
}

// readField decodes one managed field of the tenant table.
func (l *loader) readField(field resource.Field, settings *block[rawTenant], n *yaml.Node, raw *rawTenant) {
	switch field.Name {
	case fieldAttributes:
		l.readAttributes(n, raw)
		return
	case fieldSettings:
		settings.read(l, n, raw, fieldSettings, "")
		return
	case fieldDomains:
		raw.list.given, raw.list.at = true, l.position(n)
		if values, ok := l.domains(n, fieldDomains, raw); ok {
			raw.add(resource.Path{Field: fieldDomains}, resource.StringsValue(values), l.position(n))
		}
		return
	case fieldName:
		raw.name = l.markedText(n, fieldName)
		if raw.name.given {
			raw.addMarked(resource.Path{Field: fieldName}, resource.StringValue(raw.name.value), raw.name.at, raw.name.secret)
		}
		return
	case fieldParent:
		raw.parent = l.text(n, fieldParent)
		if raw.parent.given {
			raw.add(resource.Path{Field: fieldParent}, resource.StringValue(raw.parent.value), raw.parent.at)
		}
		return
	}
	if value, ok := l.fieldValue(field, n, field.Name); ok {
		raw.add(resource.Path{Field: field.Name}, value, l.position(n))
	}
}

// maxInt32 is the largest whole number that Descope's settings hold.
const maxInt32 = 1<<31 - 1

// fieldValue decodes a value by its field's shape.
func (l *loader) fieldValue(field resource.Field, n *yaml.Node, what string) (resource.Value, bool) {
	switch field.Shape {
	case resource.ShapeString:
		if field.Enum != nil {
			value, ok := l.word(n, what, field.Enum)
			return resource.StringValue(value), ok
		}
		value := l.text(n, what)
		return resource.StringValue(value.value), value.given
	case resource.ShapeBool:
		value, ok := l.flag(n, what)
		return resource.BoolValue(value), ok
	case resource.ShapeInt:
		value, ok := l.wholeNumber(n, what, 0, maxInt32)
		return resource.Value(strconv.FormatInt(value, 10)), ok
	case resource.ShapeSet:
		items, ok := l.texts(n, what)
		if !ok || len(items) < len(n.Content) {
			return resource.Absent, false
		}
		l.checkItems(items, what)
		return resource.StringsValue(l.set(items, what)), true
	default:
		if n.Kind != yaml.MappingNode {
			l.wrongType(n, what, "a mapping", "")
			return resource.Absent, false
		}
		return l.any(n, what)
	}
}

// readAttributes decodes custom_attributes key by key.
func (l *loader) readAttributes(n *yaml.Node, raw *rawTenant) {
	members, _ := l.members(n, fieldAttributes)
	for _, m := range members {
		what := "the attribute " + show(m.name)
		if !l.checkAttributeKey(m.name, l.position(m.key)) {
			continue
		}
		if l.layer != nil && kindOf(m.value) == kindNull {
			unmanageField(what, resource.Path{Field: fieldAttributes, Key: m.name})(raw, l.position(m.value))
			continue
		}
		value, secret, ok := l.marked(markedByPath, func() (resource.Value, bool) { return l.attribute(m.value, what) })
		if ok {
			raw.addMarked(resource.Path{Field: fieldAttributes, Key: m.name}, value, l.position(m.value), secret)
		}
	}
}

// attribute reads what Descope takes as an attribute: text, a number, a
// boolean, or a list of those.
func (l *loader) attribute(n *yaml.Node, what string) (resource.Value, bool) {
	if n.Kind == yaml.SequenceNode {
		return l.list(n, what, l.attributeItem)
	}
	if n.Kind == yaml.MappingNode {
		l.wrongType(n, what, "text, a number, true or false, or a list of those", "write a nested value as JSON text")
		return resource.Absent, false
	}
	if kindOf(n) == kindNull {
		l.errorAt(n, codeNull, what+" is null", "list the key under remove_attributes to delete it, or drop it to leave it unmanaged")
		return resource.Absent, false
	}
	return l.attributeItem(n, what)
}

func (l *loader) attributeItem(n *yaml.Node, what string) (resource.Value, bool) {
	if n.Kind != yaml.ScalarNode {
		l.wrongType(n, what, "text, a number, or true or false", "write a nested value as JSON text")
		return resource.Absent, false
	}
	return l.scalar(n, what)
}
