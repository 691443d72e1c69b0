package config

import "github.com/portcoconnect/pcc-descope-mgmt/internal/resource"

// layerSchemas are the schemas of the entries of an overlay: the keys are those of
// the configuration's entries, null stands for unmanaged, and an entry need not be
// whole.
func layerSchemas() (tenant, flow schema) {
	tenant, flow = tenantBlock().layerObject(), flowBlock().layerObject()
	required := func(name string) schema { return schema{"required": []string{name}} }
	tenant["anyOf"] = []any{required("id"), required("key")}
	flow["anyOf"] = []any{required("id"), required("key"), required("template"), required("file")}
	flow["not"] = schema{"required": []string{"template", "file"}}
	return tenant, flow
}

// layerObject is the schema of the mapping in an overlay.
func (b *block[T]) layerObject() schema {
	return b.objectOf(func(k key[T]) schema {
		own := k.schema
		if k.inLayer != nil {
			own = k.inLayer()
		}
		switch {
		case k.name == "only" || k.name == "except":
			return nil
		case k.unmanage != nil:
			return nullable(own)
		default:
			return own
		}
	})
}

func nullable(s schema) schema { return schema{"anyOf": []any{s, schema{"type": "null"}}} }

// nullableMembers is a mapping whose members may be null.
func nullableMembers(member schema) func() schema {
	return func() schema { return schema{"type": "object", "additionalProperties": nullable(member)} }
}

// layerSchemaOfField makes the schema of a managed field in an overlay; nil where it
// is the same.
func layerSchemaOfField(field resource.Field, settings *block[rawTenant]) func() schema {
	switch field.Name {
	case fieldSettings:
		return settings.layerObject
	case fieldAttributes:
		return func() schema {
			member, _ := schemaOfField(field, settings)["additionalProperties"].(schema)
			return nullableMembers(member)()
		}
	default:
		return nil
	}
}
