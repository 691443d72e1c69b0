package backup

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Omit is what a backup must not hold. The zero value omits nothing.
type Omit struct {
	// Paths are the sensitive values, under their names in the configuration:
	// custom_attributes.token, settings.key, or a field of the tenant.
	Paths []resource.Path
	// IsSecret reports whether a text holds a loaded secret anywhere inside. It is
	// asked about JSON text, and about the strings in it without their escapes.
	IsSecret func(text string) bool
}

// omission leaves out of one tenant what must be left out, and notes what that was.
type omission struct {
	paths    map[resource.Path]bool // with the names of the wire
	isSecret func(text string) bool
	omitted  []string
}

func newOmission(omit Omit) *omission {
	o := &omission{paths: map[resource.Path]bool{}, isSecret: omit.IsSecret}
	for _, path := range omit.Paths {
		fields := resource.WritableTenantFields()
		if path.Field == "settings" {
			if field, known := resource.FindField(resource.TenantSettingsFields(), path.Key); known {
				path.Key = field.Wire
			}
		} else if field, known := resource.FindField(fields, path.Field); known {
			path.Field = field.Wire
		}
		o.paths[path] = true
	}
	return o
}

// idle reports whether there is nothing that could be omitted.
func (o *omission) idle() bool { return len(o.paths) == 0 && o.isSecret == nil }

func (o *omission) sorted() []string {
	slices.Sort(o.omitted)
	return slices.Compact(o.omitted)
}

// note remembers a place. A key that is itself a secret does not stand there.
func (o *omission) note(place, key string) {
	if o.secretText(key) {
		key = resource.Redacted
	}
	if place == "" {
		place = resource.Path{Field: key}.String()
	} else {
		place += keyed(key)
	}
	o.omitted = append(o.omitted, place)
}

// text is the id or the name, which stay as keys.
func (o *omission) text(key, text string) string {
	if slices.Contains(o.omitted, key) {
		return resource.Redacted
	}
	return text
}

// speakable is an id for an error's text.
func (o *omission) speakable(id string) string {
	if o.secretText(id) {
		return resource.Redacted
	}
	return strconv.Quote(id)
}

// secretText is holdsSecret for a key or another text of its own.
func (o *omission) secretText(text string) bool { return o.isSecret != nil && o.isSecret(text) }

// holdsSecret looks into JSON text, and into the strings in it as they are meant.
func (o *omission) holdsSecret(raw []byte) bool {
	if o.isSecret == nil {
		return false
	}
	if o.isSecret(string(raw)) {
		return true
	}
	for rest := raw; bytes.IndexByte(rest, '\\') >= 0; {
		start := bytes.IndexByte(rest, '"')
		if start < 0 {
			return false
		}
		end := start + 1
		for end < len(rest) && rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end+1, len(rest))
		if value, err := resource.ParseValue(rest[start:end]); err == nil {
			if text, ok := value.AsString(); ok && o.isSecret(text) {
				return true
			}
		}
		rest = rest[end:]
	}
	return false
}

// tenant leaves secret members out of a tenant object.
func (o *omission) tenant(raw json.RawMessage) (json.RawMessage, error) {
	return o.members(raw, func(key string, value []byte) ([]byte, error) {
		switch secret := o.paths[resource.Path{Field: key}]; {
		case key == "customAttributes" && !secret && value[0] == '{' && !o.secretText(key):
			return o.keyed(key, value)
		case !secret && !o.holdsSecret(value) && !o.secretText(key):
			return value, nil
		case key == "id" || key == "name":
			o.note("", key)
			return []byte(quote(resource.Redacted)), nil
		default:
			o.note("", key)
			return nil, nil
		}
	})
}

// object leaves secret members out of an object that was read beside the tenant.
func (o *omission) object(place string, raw json.RawMessage) (json.RawMessage, error) {
	switch raw = bytes.TrimSpace(raw); {
	case raw == nil:
		return nil, nil
	case string(raw) == "null":
		return json.RawMessage("{}"), nil
	case o.paths[resource.Path{Field: place}]:
		o.note("", place)
		return nil, nil
	}
	return o.keyed(place, raw)
}

// list leaves secret members out of the objects of a list, and all of an item
// that is no object and secret.
func (o *omission) list(key string, items []json.RawMessage) ([]json.RawMessage, error) {
	if items == nil || o.idle() {
		return items, nil
	}
	if o.paths[resource.Path{Field: key}] {
		o.note("", key)
		return nil, nil
	}
	kept := []json.RawMessage{}
	for i, item := range items {
		place := key + "[" + strconv.Itoa(i) + "]"
		item = bytes.TrimSpace(item)
		switch {
		case len(item) > 0 && item[0] == '{':
			item, err := o.echo(key, item)
			if err != nil {
				return nil, err
			}
			left, err := o.keyed(place, item)
			if err != nil {
				return nil, err
			}
			kept = append(kept, left)
		case o.holdsSecret(item):
			o.omitted = append(o.omitted, place)
		default:
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// echo leaves secret members out of the tenant that the service repeats in each of
// its SSO configurations.
func (o *omission) echo(list string, raw json.RawMessage) (json.RawMessage, error) {
	if list != "sso" {
		return raw, nil
	}
	return o.members(raw, func(key string, value []byte) ([]byte, error) {
		if key == "tenant" && value[0] == '{' {
			return o.tenant(value)
		}
		return value, nil
	})
}

// keyed leaves the secret members out of one object.
func (o *omission) keyed(place string, raw json.RawMessage) (json.RawMessage, error) {
	return o.members(raw, func(key string, value []byte) ([]byte, error) {
		if o.paths[resource.Path{Field: place, Key: key}] || o.holdsSecret(value) || o.secretText(key) {
			o.note(place, key)
			return nil, nil
		}
		return value, nil
	})
}

// members calls keep for each member of an object, and drops those of which it
// gives back nothing. Where all stay as they are, so does the text.
func (o *omission) members(raw json.RawMessage, keep func(key string, value []byte) ([]byte, error)) (json.RawMessage, error) {
	if o.idle() {
		return raw, nil
	}
	changed := false
	out := []byte{'{'}
	err := eachMember(raw, func(key string, value []byte) error {
		kept, err := keep(key, value)
		changed = changed || !bytes.Equal(kept, value)
		if err != nil || kept == nil {
			return err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, quote(key)...), ':'), kept...)
		return nil
	})
	if err != nil || !changed {
		return raw, err
	}
	return append(out, '}'), nil
}
