package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Loss is a part of a document that its management export has no place for.
type Loss struct {
	Path   string `json:"path"`   // in the document's own shape, such as "flow.etag"
	Reason string `json:"reason"` // why it is left out
}

const (
	isCounter = "the service counts and dates its own versions"
	isUnknown = "the management export has no place for it"
)

// ToExport is the document as a management export, and what was lost on the way,
// sorted by path. A value that is empty is no loss. A management export is
// returned as it is.
func (d Document) ToExport() (Document, []Loss) {
	var root resource.Value
	var losses []Loss
	switch d.shape {
	case Console:
		root, losses = consoleToExport(d.root)
	case Snapshot:
		root, losses = d.snapshotToExport()
	default:
		return d, nil
	}
	slices.SortFunc(losses, func(a, b Loss) int { return cmp.Compare(a.Path, b.Path) })
	return Document{shape: Management, root: root}, losses
}

// Where the console's fields of a flow stand in an export's metadata.
var (
	consoleMetadata = []string{"name", "description", "disabled", "fingerprint", "widget", "sharedInteractions", "management", "managementConfig"}
	consoleLanguage = map[string]string{
		"translate": "enabled", "translateConnectorID": "connectorId",
		"translateSourceLang": "sourceLanguage", "translateTargetLangs": "targetLanguages",
	}
	consoleDropped = []string{"version", "etag", "modifiedTime"}
)

func consoleToExport(root resource.Value) (resource.Value, []Loss) {
	members, _ := root.AsObject()
	flow, _ := members["flow"].AsObject()
	metadata, translation := map[string]resource.Value{}, map[string]resource.Value{}
	var losses []Loss
	for _, key := range sortedKeys(flow) {
		value, language := flow[key], consoleLanguage[key]
		switch {
		case key == "id" || key == "dsl":
		case slices.Contains(consoleMetadata, key):
			metadata[key] = value
		case isZero(value):
		case language != "":
			translation[language] = value
		case slices.Contains(consoleDropped, key):
			losses = append(losses, Loss{"flow." + key, isCounter})
		default:
			losses = append(losses, Loss{"flow" + segment(key, false), isUnknown})
		}
	}
	if len(translation) > 0 {
		metadata["translation"] = resource.ObjectValue(translation)
	}
	screens, version, lost := consoleScreens(items(members["screens"]))
	losses = append(losses, lost...)
	if version != "" {
		metadata["componentsVersion"] = resource.StringValue(version)
	}
	for _, key := range sortedKeys(members) {
		if key != "flow" && key != "screens" && !isZero(members[key]) {
			losses = append(losses, Loss{key, isUnknown})
		}
	}
	return resource.ObjectValue(map[string]resource.Value{
		"flowId": flow["id"], "metadata": resource.ObjectValue(metadata), "contents": flow["dsl"],
		"screens": arrayValue(screens), "references": "{}",
	}), losses
}

// consoleScreens also returns the last version of the components that a screen names.
func consoleScreens(list []resource.Value) (screens []resource.Value, version string, losses []Loss) {
	for i, screen := range list {
		members, _ := screen.AsObject()
		out := map[string]resource.Value{
			"screenId": members["id"], "contents": members["htmlTemplate"], "interactions": members["interactions"],
		}
		for _, key := range sortedKeys(members) {
			value := members[key]
			path := fmt.Sprintf("screens[%d]%s", i, segment(key, false))
			switch {
			case isZero(value) || key == "id" || key == "htmlTemplate" || key == "interactions" || key == "flowId":
			case key == "componentsVersion":
				version = text(value)
			case key == "version":
				losses = append(losses, Loss{path, isCounter})
			case key == "inputs":
				losses = append(losses, Loss{path, "the service reads a screen's inputs from its contents"})
			default:
				losses = append(losses, Loss{path, isUnknown})
			}
		}
		screens = append(screens, resource.ObjectValue(out))
	}
	return screens, version, losses
}

func (d Document) snapshotToExport() (resource.Value, []Loss) {
	metadata, _ := d.files[metadataFile].AsObject()
	references, losses := snapshotReferences(metadata["references"])
	delete(metadata, "screens")
	delete(metadata, "references")
	listed, _ := d.listedScreens() // checked when it was read
	used := map[string]bool{metadataFile: true, contentsFile: true}
	var screens []resource.Value
	for _, name := range listed {
		if used[screenFile(name)] {
			continue
		}
		used[screenFile(name)] = true
		screen := d.files[screenFile(name)]
		if text(screen.Get("screenId")) == "" {
			screen = withValue(screen, []string{"screenId"}, resource.StringValue(name))
		}
		screens = append(screens, screen)
	}
	slices.SortStableFunc(screens, func(a, b resource.Value) int {
		return cmp.Compare(text(a.Get("screenId")), text(b.Get("screenId")))
	})
	for _, name := range append(sortedKeys(d.files), sortedKeys(d.other)...) {
		switch {
		case used[name]:
		case strings.HasPrefix(name, screenPrefix):
			losses = append(losses, Loss{name, "the metadata does not list this screen"})
		default:
			losses = append(losses, Loss{name, isUnknown})
		}
	}
	return resource.ObjectValue(map[string]resource.Value{
		"metadata": resource.ObjectValue(metadata), "contents": d.files[contentsFile],
		"screens": arrayValue(screens), "references": references,
	}), losses
}

// snapshotReferences turns the lists of names that a snapshot has into the maps
// from name to id of an export. The ids belong to a project and stay empty.
func snapshotReferences(references resource.Value) (resource.Value, []Loss) {
	members, ok := references.AsObject()
	if !ok {
		return "{}", nil
	}
	var losses []Loss
	for _, kind := range []string{"connectors", "roles"} {
		if !isArray(members[kind]) {
			continue
		}
		ids := map[string]resource.Value{}
		for _, name := range items(members[kind]) {
			if name := text(name); name != "" {
				ids[name] = `""`
				losses = append(losses, Loss{metadataFile + ": references." + kind + segment(name, false), "a snapshot holds the name without its id"})
			}
		}
		members[kind] = resource.ObjectValue(ids)
	}
	return resource.ObjectValue(members), losses
}
