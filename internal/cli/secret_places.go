package cli

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/backup"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Fields of tenants by their names in the configuration.
const (
	nameField       = "name"
	attributesField = "custom_attributes"
)

// The configuration marks values as secret. What is live at the same place is
// secret too, whatever it is: it may be what the value was before.

// keyed hashes the secret values of plans under the project's key, so that a plan
// file does not give away a short secret, and a plan of another machine is still
// known again. It is the management key's hash also for a command that reads with a
// key of its own, where both are there: the apply has no other.
func (s *session) keyed() func(text string) string {
	key := s.target.ManagementKey
	if s.writeKey != nil {
		key = *s.writeKey
	}
	if key.IsEmpty() {
		return nil
	}
	return func(text string) string {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write([]byte("descope-mgmt plan values 1\x00" + text))
		return "hmac-sha256:" + hex.EncodeToString(mac.Sum(nil))
	}
}

// secretFlow says why a document of a flow, also one of earlier, may stand in no
// file, in words that complete "the flow …"; empty where it may.
func (s *session) secretFlow(id string, documents ...resource.Value) string {
	switch {
	case s.secretPaths.In(resource.NewAddress(resource.KindFlow, id)):
		return "has a value that is marked as secret"
	case slices.ContainsFunc(documents, func(document resource.Value) bool { return s.app.redact.holds(string(document)) }):
		return "holds a loaded key"
	default:
		return ""
	}
}

// omit says what a backup must not hold of a tenant.
func (s *session) omit(id string, paths []resource.Path) backup.Omit {
	marked := s.secretPaths[resource.NewAddress(resource.KindTenant, id)]
	return backup.Omit{Paths: slices.Concat(paths, marked), IsSecret: s.app.redact.holds}
}

// withoutSecrets is a live tenant as it may be shown.
func (s *session) withoutSecrets(tenant resource.Tenant) resource.Tenant {
	address := tenant.Address()
	if !s.secretPaths.In(address) {
		return tenant
	}
	tenant.Raw = replaceMembers(tenant.Raw, func(name string, raw json.RawMessage) json.RawMessage {
		field, isField := fieldOfWire(name)
		switch {
		case !isField:
			return raw
		case s.secretPaths.Has(address, field):
			return quotedRedacted()
		case field != attributesField:
			return raw
		}
		return replaceMembers(raw, func(key string, value json.RawMessage) json.RawMessage {
			if s.secretPaths.Has(address, resource.Path{Field: field, Key: key}.String()) {
				return quotedRedacted()
			}
			return value
		})
	})
	if s.secretPaths.Has(address, nameField) {
		tenant.Name = resource.Redacted
	}
	return tenant
}

func quotedRedacted() json.RawMessage {
	return json.RawMessage(resource.StringValue(resource.Redacted))
}

// fieldOfWire is the name in the configuration of a member as the API calls it.
func fieldOfWire(name string) (field string, known bool) {
	for _, entry := range resource.WritableTenantFields() {
		if entry.Wire == name {
			return entry.Name, true
		}
	}
	return "", false
}

// replaceMembers puts other values into a JSON object, and leaves the order of its
// members. What is no object stays as it is.
func replaceMembers(raw json.RawMessage, replace func(name string, value json.RawMessage) json.RawMessage) json.RawMessage {
	if trimmed := bytes.TrimSpace(raw); len(trimmed) == 0 || trimmed[0] != '{' {
		return raw
	}
	out := []byte{'{'}
	for name, value := range members(raw) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, resource.StringValue(name)...), ':'), replace(name, value)...)
	}
	return append(out, '}')
}

// concealFlow is a live flow as it may be shown, or stand in a file: what the
// configuration sets in it and marks as secret is blanked out.
func (s *session) concealFlow(live resource.Flow) resource.Flow {
	document, err := flow.FromValue(live.Document)
	if err != nil {
		return live
	}
	for _, path := range s.secretPaths[resource.NewAddress(resource.KindFlow, live.ID)] {
		blank := resource.StringValue(resource.Redacted)
		if changed, err := flow.Set(document, map[string]resource.Value{path.String(): blank}); err == nil {
			document = changed // or else it has no such place
			live.Document = document.Value()
		}
	}
	return live
}

// secretNotes say which flows of a plan are not kept.
func (s *session) secretNotes(made *resource.Plan) []resource.Note {
	var notes []resource.Note
	for _, change := range made.Changes {
		if change.Kind == resource.KindFlow && change.Action.Writes() && s.secretPaths.In(change.Address) {
			notes = append(notes, resource.Note{
				Address: change.Address, Code: "secret_flow",
				Message: "a value that is set in it is marked as secret: its versions are kept nowhere, and the change cannot be undone",
			})
		}
	}
	return notes
}

// writeKey resolves the key for writing where a command reads with another one.
func (a *App) writeKey(loaded *config.Config, selection config.Selection) *resource.Secret {
	selection.Reading = false
	target, err := config.Resolve(loaded, selection)
	if err != nil || target.ManagementKey.IsEmpty() {
		return nil // it is not there, or a program would have to print it
	}
	return &target.ManagementKey
}
