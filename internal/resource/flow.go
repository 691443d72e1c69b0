package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// Flow is one live flow: what the list of flows shows, and, where it was asked
// for, its document.
type Flow struct {
	ID       string
	Name     string
	Disabled bool
	Raw      json.RawMessage // the item of the list as received; nil where it comes from an export alone
	// Document is the management export, canonical; absent where only the list was
	// read.
	Document Value
}

// ParseFlow reads one item of the list of flows. One without an id is an error.
func ParseFlow(raw json.RawMessage) (Flow, error) {
	members, err := new(scanner).parseMembers(raw)
	if err != nil {
		return Flow{}, fmt.Errorf("flow object: %w", err)
	}
	flow := Flow{Raw: raw, Disabled: findMember(members, "disabled") == BoolValue(true)}
	flow.ID, _ = findMember(members, "id").AsString()
	flow.Name, _ = findMember(members, "name").AsString()
	if flow.ID == "" {
		return Flow{}, errors.New(`flow object: field "id" is missing or empty`)
	}
	return flow, nil
}

// WithDocument returns the flow together with its management export.
func (f Flow) WithDocument(raw json.RawMessage) (Flow, error) {
	document, err := ParseValue(raw)
	if err != nil {
		return Flow{}, fmt.Errorf("export of flow %q: %w", f.ID, err)
	}
	return f.WithExport(document)
}

// WithExport is [Flow.WithDocument] for an export that was read already.
func (f Flow) WithExport(document Value) (Flow, error) {
	if id, _ := document.Get("flowId").AsString(); id != f.ID {
		return Flow{}, fmt.Errorf("export of flow %q: it is the export of %q", f.ID, id)
	}
	f.Document = document
	metadata := document.Get("metadata")
	f.Name, _ = metadata.Get("name").AsString()
	f.Disabled = metadata.Get("disabled") == BoolValue(true)
	return f, nil
}

// Address is the flow's address.
func (f Flow) Address() Address { return NewAddress(KindFlow, f.ID) }

// Digest identifies a document by its content, as "sha256:" and 64 hex digits.
// Canonical values with the same content have the same digest.
func (v Value) Digest() string {
	sum := sha256.Sum256([]byte(v))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// DesiredFlow is a flow as it is wanted.
type DesiredFlow struct {
	// Document is the management export that is wanted, canonical, with the values
	// of set and references, the id and, where they are managed, the name and the
	// switch laid over it.
	Document Value
	// ManagesSwitch says that the document's metadata.disabled is wanted; where it
	// is not, a live flow stays as it is.
	ManagesSwitch bool
	// Set are the paths whose values do not come from the file, sorted.
	Set []string
	// Template is the name of the template that made it; empty where a file did.
	Template string
	// Given is what the configuration itself says, sorted by path, with the place of
	// each value: template or file, name, enabled, config.PARAMETER, set["PATH"],
	// references.connectors.NAME and references.roles.NAME. Nil where the flow does
	// not come from a configuration.
	Given []DesiredField
}

// FlowImport writes one flow.
type FlowImport struct {
	// Document is the management export to import; its flowId is the flow's.
	Document Value
	// Changelog is a sentence that Descope keeps with the version; empty for none.
	Changelog string
	// Check is called with a fresh export directly before the import, nil when the
	// flow does not exist; an error stops the write and is returned as it is. The
	// API has no precondition. Nil checks nothing.
	Check func(live *Flow) error
	// Same reports whether a live flow is what this import wants: the service gives
	// back an import in another form.
	Same func(live Flow) bool
}
