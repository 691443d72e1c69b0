package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/sync/errgroup"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// exportKinds say what of a project is written into files.
type exportKinds struct {
	tenants  bool
	settings bool // of tenants: a call each
	flows    bool
}

// exporter takes a live project over, as entries of a configuration. What a
// configuration cannot say, or must not, is left out and noted.
type exporter struct {
	*session
	editing   *editing
	kinds     exportKinds
	adopts    bool                                     // a project is taken over: from then on the files say what is wanted
	scope     func(kind resource.Kind, id string) bool // what is exported; nil for everything
	tenants   []*exportEntry                           // sorted by id
	flows     []*exportEntry
	documents map[string][]byte // the files of flows, by their names as entries have them
	left      []adoptLeft
}

// exportEntry is one live object as an entry of the configuration.
type exportEntry struct {
	address  resource.Address
	members  []yamledit.Member // the id first
	comments []string          // why something of it is left out
	gone     string            // why the whole of it is left out; empty where it is not
}

// keyID is the key that each entry begins with.
const keyID = "id"

// read asks for everything that is exported: one list call for each kind, and a call
// for each flow, and for each tenant where settings are wanted.
func (x *exporter) read(ctx context.Context) error {
	tasks, reading := errgroup.WithContext(ctx)
	tasks.Go(func() (err error) {
		if !x.kinds.tenants {
			return nil
		}
		if x.live, err = x.reader.Tenants(reading); err != nil || !x.kinds.settings {
			return err
		}
		all := map[string]bool{}
		for i := range x.live {
			all[x.live[i].ID] = true
		}
		return x.readSettingsOf(reading, all)
	})
	tasks.Go(func() (err error) {
		if x.kinds.flows {
			x.flowsNow, err = x.exportAll(reading)
		}
		return err
	})
	return tasks.Wait()
}

// build makes the entries out of what was read.
func (x *exporter) build() error {
	x.tenants, x.flows, x.documents = nil, nil, map[string][]byte{}
	for _, live := range x.live {
		if !x.isExported(resource.KindTenant, live.ID) {
			continue
		}
		entry, err := x.tenantEntry(live)
		if err != nil {
			return err
		}
		x.tenants = append(x.tenants, entry)
	}
	names := fileNames(x.flowsNow)
	for i, live := range x.flowsNow {
		if !x.isExported(resource.KindFlow, live.ID) {
			continue
		}
		entry, err := x.flowEntry(live, path.Join("flows", names[i]))
		if err != nil {
			return err
		}
		x.flows = append(x.flows, entry)
	}
	byAddress := func(a, b *exportEntry) int { return cmp.Compare(a.address, b.address) }
	slices.SortFunc(x.tenants, byAddress)
	slices.SortFunc(x.flows, byAddress)
	return nil
}

func (x *exporter) isExported(kind resource.Kind, id string) bool {
	return x.scope == nil || x.scope(kind, id)
}

// tenantEntry is everything of a live tenant that differs from what a new one has.
func (x *exporter) tenantEntry(live resource.Tenant) (*exportEntry, error) {
	e := &exportEntry{address: live.Address(), members: []yamledit.Member{{Key: keyID, Value: resource.StringValue(live.ID)}}}
	if x.app.redact.holdsValue(resource.StringValue(live.ID)) {
		x.leaveOut(e, reasonHidden)
		return e, nil
	}
	for _, field := range resource.TenantFields() {
		value, err := x.fieldOf(live, field)
		if err != nil {
			return nil, err
		}
		switch {
		case value.IsAbsent():
			continue
		case field.Shape == resource.ShapeMap:
			value = x.showable(e, field.Name, value)
		default:
			if reason := x.hidden(e.address, resource.Path{Field: field.Name}, value); reason != "" {
				x.leave(e, field.Name, reason)
				value = resource.Absent
			}
		}
		if !value.IsAbsent() {
			e.members = append(e.members, yamledit.Member{Key: field.Name, Value: value})
		}
	}
	return e, nil
}

// fieldOf is one field of a live tenant; absent where nothing is set.
func (x *exporter) fieldOf(live resource.Tenant, field resource.Field) (resource.Value, error) {
	if field.Name == keySettings {
		if !x.kinds.settings || !live.HasSettings() {
			return resource.Absent, nil
		}
		return withoutEmpty(orphanSettings(live))
	}
	value, err := live.Value(resource.Path{Field: field.Name})
	switch {
	case err != nil:
		return resource.Absent, err
	case field.Name == keyAttributes && value == "{}", field.Shape.Equal(value, field.Shape.Zero()):
		return resource.Absent, nil
	default:
		return field.Shape.Canonical(value), nil
	}
}

// withoutEmpty leaves out the settings that are empty objects: nobody has set them.
func withoutEmpty(value resource.Value, err error) (resource.Value, error) {
	settings, ok := value.AsObject()
	if err != nil || !ok {
		return value, err
	}
	maps.DeleteFunc(settings, func(_ string, one resource.Value) bool { return one == "{}" })
	return resource.ObjectValue(settings), nil
}

// hidden says why a value must stand in no file; empty where it may.
func (x *exporter) hidden(address resource.Address, path resource.Path, value resource.Value) string {
	switch {
	case x.secretPaths.Has(address, path.String()):
		return reasonMarked
	case x.app.redact.holdsValue(value), path.Key != "" && x.app.redact.holdsValue(resource.StringValue(path.Key)):
		return reasonHidden
	default:
		return ""
	}
}

// showable leaves the keys of a map out that must stand in no file.
func (x *exporter) showable(e *exportEntry, name string, value resource.Value) resource.Value {
	members, ok := value.AsObject()
	if !ok {
		return value
	}
	count := len(members)
	for _, key := range keysOf(members) {
		path := resource.Path{Field: name, Key: key}
		if reason := x.hidden(e.address, path, members[key]); reason != "" {
			delete(members, key)
			x.leave(e, path.String(), reason)
		}
	}
	switch len(members) {
	case count:
		return value
	case 0:
		return resource.Absent
	default:
		return resource.ObjectValue(members)
	}
}

// flowEntry puts a live flow into a file of its own.
func (x *exporter) flowEntry(live resource.Flow, file string) (*exportEntry, error) {
	e := &exportEntry{address: live.Address(), members: []yamledit.Member{
		{Key: keyID, Value: resource.StringValue(live.ID)}, {Key: "file", Value: resource.StringValue(file)},
	}}
	if x.secretFlow(live.ID, live.Document) != "" || x.app.redact.holdsValue(resource.StringValue(live.ID)) {
		x.leaveOut(e, reasonHidden)
		return e, nil
	}
	if x.secretPaths.In(live.Address()) {
		x.leaveOut(e, reasonMarked)
		return e, nil
	}
	document, err := flow.FromValue(live.Document)
	if err != nil {
		x.leaveOut(e, "its document cannot be read: "+err.Error())
		return e, nil //nolint:nilerr // one broken flow does not keep the others back
	}
	x.documents[file] = document.Encode()
	return e, nil
}

// Why something must stand in no file.
const (
	reasonHidden = "it holds a secret that this program knows"
	reasonMarked = "it is marked as secret"
)

// leave notes that one value is not taken over.
func (x *exporter) leave(e *exportEntry, at, reason string) {
	at, reason = x.app.redact.text(at), x.app.redact.text(reason)
	x.left = append(x.left, adoptLeft{Address: e.address, Path: at, Reason: reason})
	e.comments = append(e.comments, commentText(at+" is left alone: "+reason))
}

// leaveOut notes that an object is not taken over at all.
func (x *exporter) leaveOut(e *exportEntry, reason string) {
	address := resource.Address(x.app.redact.text(string(e.address)))
	reason = x.app.redact.text(reason)
	e.gone = commentText(string(address) + " is left alone: " + reason)
	x.left = slices.DeleteFunc(x.left, func(left adoptLeft) bool { return left.Address == address })
	x.left = append(x.left, adoptLeft{Address: address, Reason: reason})
}

// drop takes one value out of an entry: a field, or one key of a map. The id stands
// for the whole entry.
func (x *exporter) drop(e *exportEntry, at resource.Path, reason string) bool {
	index := slices.IndexFunc(e.members, func(m yamledit.Member) bool { return m.Key == at.Field })
	switch {
	case e.gone != "" || index < 0:
		return false
	case index == 0 || e.address.Kind() == resource.KindFlow:
		x.leaveOut(e, reason)
		return true
	}
	member := &e.members[index]
	if at.Key != "" {
		members, _ := member.Value.AsObject()
		if _, has := members[at.Key]; !has {
			return false
		}
		delete(members, at.Key)
		if member.Value = resource.ObjectValue(members); len(members) > 0 {
			x.leave(e, at.String(), reason)
			return true
		}
	}
	e.members = slices.Delete(e.members, index, index+1)
	x.leave(e, at.String(), reason)
	return true
}

// staying are the entries that are written.
func staying(entries []*exportEntry) []*exportEntry {
	return slices.DeleteFunc(slices.Clone(entries), func(e *exportEntry) bool { return e.gone != "" })
}

// written are the members of an entry in their canonical order, with the reasons as a
// comment.
func (e *exportEntry) written() []yamledit.Member {
	members := slices.Clone(e.members)
	if e.address.Kind() == resource.KindFlow {
		slices.Reverse(members) // the file comes first
	}
	members[len(members)-1].Comment = strings.Join(e.comments, "\n")
	return members
}

// commentText is text that may stand in a comment: one line, and nothing that YAML
// or a terminal would not take as it is.
func commentText(text string) string {
	var out strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, `\u%04x`, r)
	}
	return out.String()
}
