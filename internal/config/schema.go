package config

import (
	"encoding/json"
	"fmt"
	"maps"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// schema is a JSON Schema, or a part of one.
type schema map[string]any

const schemaID = "https://github.com/portcoconnect/pcc-descope-mgmt/descope.schema.json"

// Schema is the JSON Schema (2020-12) of one configuration document, made from
// the tables that the validator reads. It accepts every document that [Load]
// accepts, and refuses most that it refuses; rules between tenants and between
// files are for Load alone. "version" is not required, because one of several
// documents is enough to give it.
func Schema() ([]byte, error) {
	tenant := tenantBlock().object()
	tenant["required"] = []string{"id"}
	tenant["allOf"] = tenantRules()
	aFlow := flowBlock().object()
	aFlow["allOf"] = flowRules()
	overTenant, overFlow := layerSchemas()
	document := topBlock().object()
	document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	document["$id"] = schemaID
	document["title"] = "Configuration of descope-mgmt"
	document["$defs"] = schema{
		"tenant":         tenant,
		"flow":           aFlow,
		"overlay":        overlayBlock().object(),
		"overlay_tenant": overTenant,
		"overlay_flow":   overFlow,
		"scalar":         schema{"type": []string{"string", "number", "boolean"}},
		"value": schema{"anyOf": []any{
			schema{"$ref": "#/$defs/scalar"},
			schema{"type": "array", "items": schema{"$ref": "#/$defs/value"}},
			schema{"type": "object", "additionalProperties": schema{"$ref": "#/$defs/value"}},
		}},
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("schema of the configuration: %w", err)
	}
	return append(text, '\n'), nil
}

// example is a value as YAML flow text. It is read only where the schema is written,
// because the tables are made with every load.
type example string

// MarshalJSON writes the value.
func (e example) MarshalJSON() ([]byte, error) {
	var value any
	if err := yaml.Load([]byte(e), &value); err != nil {
		return nil, fmt.Errorf("example %s: %w", string(e), err)
	}
	return json.Marshal(value)
}

// object is the schema of a mapping with the block's keys.
func (b *block[T]) object() schema { return b.objectOf(func(k key[T]) schema { return k.schema }) }

// objectOf is the same with another schema for each key; nil leaves a key out.
func (b *block[T]) objectOf(of func(key[T]) schema) schema {
	properties := schema{}
	for _, k := range b.keys {
		if k.unsupported || of(k) == nil {
			continue
		}
		property := schema{"title": k.title, "description": k.description}
		maps.Copy(property, of(k))
		if k.example != "" {
			property["examples"] = []any{example(k.example)}
		}
		properties[k.name] = property
		if k.wire != "" {
			properties[k.wire] = property
		}
	}
	return schema{"type": "object", "additionalProperties": false, "properties": properties}
}

// tenantRules are the contradictions between keys of one tenant.
func tenantRules() []any {
	notBoth := func(a, b string) any { return schema{"not": schema{"required": []string{a, b}}} }
	return []any{
		notBoth(fieldDomains, "domains"),
		notBoth(fieldDomains, "self_provisioning"),
		notBoth("only", "except"),
		schema{
			"if":   schema{"required": []string{"self_provisioning"}, "properties": schema{"self_provisioning": schema{"const": true}}},
			"then": schema{"required": []string{"domains"}, "properties": schema{"domains": schema{"type": "array", "minItems": 1}}},
		},
	}
}

// flowRules are the contradictions between keys of one flow, and what it is made of.
func flowRules() []any {
	required := func(names ...string) schema { return schema{"required": names} }
	return []any{
		schema{"not": required("template", "file")},
		schema{"not": required("only", "except")},
		schema{"anyOf": []any{required("template"), required("file"), required("id", "state")}},
		schema{"if": required("config"), "then": schema{"anyOf": []any{required("template"), required("state")}}},
	}
}

// schemaOfField is the schema of a managed field by its shape.
func schemaOfField(field resource.Field, settings *block[rawTenant]) schema {
	switch {
	case field.Name == fieldSettings && settings != nil:
		return settings.object()
	case field.Name == fieldDomains:
		return schemaDomains()
	case field.Name == fieldAttributes:
		return schema{"type": "object", "additionalProperties": schema{"anyOf": []any{
			schema{"$ref": "#/$defs/scalar"},
			schema{"type": "array", "items": schema{"$ref": "#/$defs/scalar"}},
		}}}
	}
	switch field.Shape {
	case resource.ShapeString:
		if field.Enum != nil {
			return schemaWord(field.Enum)
		}
		if field.Name == fieldName {
			return schemaText()
		}
		return schema{"type": "string"}
	case resource.ShapeBool:
		return schema{"type": "boolean"}
	case resource.ShapeInt:
		return schema{"type": "integer", "minimum": 0, "maximum": maxInt32}
	case resource.ShapeSet:
		return schemaTexts()
	default:
		return schema{"type": "object", "additionalProperties": schema{"$ref": "#/$defs/value"}}
	}
}

// schemaText is text that is not empty.
func schemaText() schema { return schema{"type": "string", "minLength": 1} }

func schemaTexts() schema { return schema{"type": "array", "items": schemaText()} }

func schemaNames() schema {
	return schema{"type": "array", "items": schemaText(), "minItems": 1}
}

// schemaWord is one of a list of words, or text with a variable in it.
func schemaWord(words []string) schema {
	return schema{"anyOf": []any{schema{"enum": words}, schema{"type": "string", "pattern": `\$\{`}}}
}
