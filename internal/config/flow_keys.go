package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// flowBlock is the table of an entry of flows.
func flowBlock() *block[rawFlow] {
	return newBlock(append(append(flowSourceKeys(), flowValueKeys()...), flowManagementKeys()...))
}

// flowSourceKeys say which flow the entry is about and what it is made of.
func flowSourceKeys() []key[rawFlow] {
	states := []string{"present", "absent"}
	return []key[rawFlow]{
		{
			name: "template", title: "Template", example: `"mfa-login"`,
			description: "The template that the flow is made from: one of the tool's own, or one in the folder `templates` beside this file.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { raw.template = l.text(n, "template") },
		},
		{
			name: "file", title: "File", example: `"flows/sign-in.json"`,
			description: "The exported flow, instead of a template: a management export, a console export, or the folder of a flow in a project snapshot. The path begins at the folder of this file and stays inside of it.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { raw.file = l.text(n, "file") },
		},
		{
			name: "id", title: "Id", example: `"sign-in"`, fallback: "the one in the file, or the template's name",
			description: "The flow's id at Descope: letters, digits, `-` and `_`. Left out, it is the one in the file, or the template's name; never the file's name.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { raw.id, raw.hasID = l.text(n, "id"), true },
		},
		{
			name: "key", title: "Logical name", example: `"sign-in"`,
			description: "A name for the entry that stays the same where the environments have different ids for it.",
			schema:      schemaText(),
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { raw.key = l.text(n, "key") },
		},
		{
			name: "state", title: "State", example: `absent`, fallback: "`present`",
			description: "`present` (the default), or `absent`: the flow is deleted where it exists. An absent entry needs neither template nor file, if it has an id.",
			schema:      schemaWord(states),
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				state, ok := l.word(n, "state", states)
				raw.absent, raw.hasState, raw.stateAt = state == "absent", ok, l.position(n)
			},
		},
	}
}

// flowValueKeys say what is laid over the template or file.
func flowValueKeys() []key[rawFlow] {
	references := referencesBlock()
	return []key[rawFlow]{
		{
			name: "name", title: "Name", example: `"Multi-Factor Authentication"`, fallback: "that of the template or file",
			description: "The flow's name for people. Left out, the template or file says it.",
			schema:      schemaText(),
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				raw.noteUseless("name", l.position(n))
				raw.name = l.markedText(n, "name")
			},
			unmanage: unmanageFlow("name"),
		},
		{
			name: "enabled", title: "Enabled", example: `true`,
			description: "Whether the flow can be run. Left out, a live flow stays as it is.",
			schema:      schema{"type": "boolean"},
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				raw.noteUseless("enabled", l.position(n))
				if value, ok := l.flag(n, "enabled"); ok {
					raw.enabled, raw.enabledAt = &value, l.position(n)
				}
			},
			unmanage: unmanageFlow("enabled"),
		},
		{
			name: "config", title: "Parameters", example: `{ methods: ["sms", "totp"], remember_device: true }`,
			description: "The parameters of the template, by name. Those that are left out have their defaults.",
			schema:      schema{"type": "object", "additionalProperties": schema{"$ref": "#/$defs/value"}},
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				raw.noteUseless("config", l.position(n))
				raw.hasConfig, raw.configAt = true, l.position(n)
				raw.config = l.flowValues(n, "config", raw)
			},
			unmanage: unmanageFlow("config"), inLayer: nullableMembers(schema{"$ref": "#/$defs/value"}),
		},
		{
			name: "set", title: "Values", example: `{ "metadata.description": "Sign in to ${REGION:-Europe}" }`,
			description: "Values that are laid over the flow, by path: `task 'Send code'.arguments.url`, `screen 'Welcome'.heading.props.children`, `metadata.description`.",
			schema:      schema{"type": "object", "additionalProperties": schema{"$ref": "#/$defs/value"}},
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				raw.noteUseless("set", l.position(n))
				raw.set = l.flowValues(n, "set", raw)
			},
			unmanage: unmanageFlow("set"), inLayer: nullableMembers(schema{"$ref": "#/$defs/value"}),
		},
		{
			name: "references", title: "References", example: `{ connectors: { "SMS gateway": "CI2prd0000000000000000000000" } }`,
			description: "Ids of connectors and roles in the project, by the names under which the flow refers to them.",
			schema:      references.object(),
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				raw.noteUseless("references", l.position(n))
				references.read(l, n, raw, "references", "")
			},
			unmanage: unmanageFlow("references"), inLayer: references.layerObject,
		},
	}
}

// flowManagementKeys say how an entry is managed.
func flowManagementKeys() []key[rawFlow] {
	return []key[rawFlow]{
		{
			name: "protect", title: "Protect", example: `true`, fallback: "false",
			description: "No plan deletes or disables the flow.",
			schema:      schema{"type": "boolean"},
			read: func(l *loader, n *yaml.Node, raw *rawFlow) {
				raw.protect, raw.hasProtect = l.flag(n, "protect")
				raw.protectAt = l.position(n)
			},
		},
		{
			name: "only", title: "Only in environments", example: `["dev", "test"]`,
			description: "The environments that the entry belongs to. Elsewhere the flow is unmanaged, and never an orphan.",
			schema:      schemaNames(),
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { raw.only = l.selector(n, "only") },
		},
		{
			name: "except", title: "Except in environments", example: `["prod"]`,
			description: "The environments that the entry does not belong to. Not together with only.",
			schema:      schemaNames(),
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { raw.except = l.selector(n, "except") },
		},
	}
}

// referencesBlock is the table of "references".
func referencesBlock() *block[rawFlow] {
	ids := schema{"type": "object", "additionalProperties": schemaText()}
	return newBlock([]key[rawFlow]{
		{
			name: "connectors", title: "Connectors", example: `{ "SMS gateway": "${SMS_GATEWAY_ID:-CI2dev0000000000000000000000}" }`, schema: ids,
			description: "Connectors by name. Tasks that use the id which the file has for the name get the new one too.",
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { l.readReferences(n, "connectors", raw) },
			unmanage:    unmanageFlow("references.connectors"), inLayer: nullableMembers(schemaText()),
		},
		{
			name: "roles", title: "Roles", example: `{ "Viewer": "ROL2prd000000000000000000000" }`, schema: ids,
			description: "Roles by name, in the same way.",
			read:        func(l *loader, n *yaml.Node, raw *rawFlow) { l.readReferences(n, "roles", raw) },
			unmanage:    unmanageFlow("references.roles"), inLayer: nullableMembers(schemaText()),
		},
	})
}

func (l *loader) readReferences(n *yaml.Node, kind string, raw *rawFlow) {
	members, _ := l.members(n, kind)
	for _, m := range members {
		if l.unmanages(m, "references."+kind, raw) {
			continue
		}
		raw.variables = raw.variables || hasVariable(m.value)
		id := l.text(m.value, show(m.name)+" in "+kind)
		if id.given && strings.TrimSpace(id.value) == "" {
			l.errorAt(m.value, codeValue, "the id of "+show(m.name)+" is empty", "write the id, or drop the key to leave it to the file")
			continue
		}
		if id.given {
			l.checked = append(l.checked, id)
			raw.references = append(raw.references, flowReference{kind: kind, name: m.name, key: l.position(m.key), id: id})
		}
	}
}

// noteUseless remembers a key that an absent entry has no use for.
func (raw *rawFlow) noteUseless(name string, at resource.Position) {
	raw.useless = append(raw.useless, uselessKey{name, at})
}

// flowValues reads config or set.
func (l *loader) flowValues(n *yaml.Node, what string, raw *rawFlow) []flowValue {
	members, _ := l.members(n, what)
	values := make([]flowValue, 0, len(members))
	for _, m := range members {
		if l.unmanages(m, what, raw) {
			continue
		}
		v := flowValue{name: m.name, key: l.position(m.key), from: l.position(m.value), at: l.position(m.value), plain: !hasVariable(m.value)}
		v.value, v.secret, v.given = l.marked(markedByValue, func() (resource.Value, bool) { return l.any(m.value, show(m.name)+" in "+what) })
		v.plain = v.plain && !v.secret
		raw.variables = raw.variables || !v.plain
		if m.value.Kind == yaml.SequenceNode {
			for _, item := range m.value.Content {
				v.items = append(v.items, l.position(item))
			}
		}
		if v.given {
			l.checkedValues = append(l.checkedValues, checkedValue{v.value, v.at})
		}
		values = append(values, v)
	}
	return values
}

// hasVariable reports whether a text under a node holds a reference to a variable,
// or is marked as secret: messages may show neither.
func hasVariable(n *yaml.Node) bool {
	n = dealias(n)
	if n.Kind == yaml.ScalarNode {
		return strings.Contains(n.Value, "${") || isSecret(n)
	}
	return slices.ContainsFunc(n.Content, hasVariable)
}
