package cli

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/yamledit"
)

// configHead is the beginning of a configuration that did not exist before.
type configHead struct {
	schema       string // the schema's file; empty for none
	projectID    string // that is meant where DESCOPE_PROJECT_ID is not set; empty for none
	environments []string
	environment  string // whose project was exported; one of them, or empty
	baseURL      string // as the file says it; empty where it says nothing
	host         string // that was asked, where it is not the default; empty otherwise
}

// baseURLVariable names the host for Descope's own clients too.
const baseURLVariable = "DESCOPE_BASE_URL"

// withHost lets the file say where the project is, when that is not where its id leads
// to: by the variable, in front of which stands, where nobody has set it or where it is
// a host of Descope's, the host that was asked. An emulator's address is another one
// tomorrow.
func (h configHead) withHost(s *session) configHead {
	asked := s.target.BaseURL
	if s.ordinary || !config.FilesMayName(asked) || strings.ContainsAny(asked, "\"\\${}") {
		return h
	}
	h.host, h.baseURL = asked, "${"+baseURLVariable+"}"
	parsed, err := url.Parse(asked)
	if _, set := s.app.lookup(baseURLVariable); !set || err != nil || !isLoopback(parsed.Hostname()) {
		h.baseURL = "${" + baseURLVariable + ":-" + asked + "}"
	}
	return h
}

// access is the line of the host, indented.
func (h configHead) access(indent string) string {
	if h.baseURL == "" {
		return ""
	}
	return fmt.Sprintf("%sbase_url: \"%s\"\n", indent, h.baseURL)
}

// text is the head with its version and access.
func (h configHead) text() string {
	var out strings.Builder
	if h.schema != "" {
		fmt.Fprintf(&out, "# yaml-language-server: $schema=./%s\n", h.schema)
	}
	out.WriteString("version: \"1.0\"\n\n")
	if len(h.environments) == 0 {
		fmt.Fprintf(&out, "auth:\n  project_id: %s\n  management_key: \"${DESCOPE_MANAGEMENT_KEY}\"\n", h.project("DESCOPE_PROJECT_ID", h.projectID))
		out.WriteString(h.access("  "))
		return out.String()
	}
	out.WriteString("environments:\n")
	for _, name := range h.environments {
		projectID := ""
		if name == h.environment {
			projectID = h.projectID
		}
		key := name
		if ambiguous(name) {
			key = strconv.Quote(name)
		}
		fmt.Fprintf(&out, "  %s:\n    project_id: %s\n    management_key: \"${%s}\"\n",
			key, h.project(environmentVariable(name, "PROJECT_ID"), projectID), environmentVariable(name, "MANAGEMENT_KEY"))
		out.WriteString(h.access("    "))
	}
	return out.String()
}

func (h configHead) project(variable, otherwise string) string {
	if otherwise == "" {
		return fmt.Sprintf(`"${%s}"`, variable)
	}
	return fmt.Sprintf(`"${%s:-%s}"`, variable, otherwise)
}

// environmentVariable is the name of a variable for one environment.
func environmentVariable(environment, what string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(environment))
	return "DESCOPE_" + name + "_" + what
}

// section is the list of entries under a top-level key, with what is left out as
// comments above it; empty where there is nothing to say.
func section(kind resource.Kind, entries []*exportEntry) (string, error) {
	var out strings.Builder
	for _, e := range entries {
		if e.gone != "" {
			out.WriteString("# " + e.gone + "\n")
		}
	}
	name := listNames[kind]
	members := make([][]yamledit.Member, 0, len(entries))
	for _, e := range staying(entries) {
		members = append(members, e.written())
	}
	if len(members) == 0 {
		return out.String(), nil
	}
	const frame = "version: \"1.0\"\n"
	file, err := yamledit.Parse([]byte(frame), yamledit.YAML)
	if err == nil {
		file, err = file.AppendAll(yamledit.Document(0).Key(name), members)
	}
	if err != nil {
		return "", fmt.Errorf("write the %s: %w", name, err)
	}
	out.Write(bytes.TrimPrefix(file.Text(), []byte(frame)))
	return out.String(), nil
}

// configFiles are the files of a whole configuration by their names: one, or with
// split one for each kind beside it. The first is the one with the head.
func (x *exporter) configFiles(head configHead, split bool) ([]namedText, error) {
	tenants, err := section(resource.KindTenant, x.tenants)
	if err != nil {
		return nil, err
	}
	flows, err := section(resource.KindFlow, x.flows)
	if err != nil {
		return nil, err
	}
	files := []namedText{{name: configName, text: head.text(), customers: !split && len(staying(x.tenants)) > 0}}
	for _, one := range []namedText{{name: "tenants.yaml", text: tenants, customers: true}, {name: "flows.yaml", text: flows}} {
		switch {
		case one.text == "":
		case split:
			files = append(files, one)
		default:
			files[0].text += "\n" + one.text
		}
	}
	return files, nil
}

// canonical is the text of new files as config fmt would write it.
func canonical(files []namedText) ([]namedText, error) {
	formatted := slices.Clone(files)
	for i := range formatted {
		text, err := yamledit.Format([]byte(formatted[i].text), yamledit.YAML, config.KeyRanks())
		if err != nil {
			return nil, fmt.Errorf("format %s: %w", formatted[i].name, err)
		}
		formatted[i].text = string(text)
	}
	return formatted, nil
}

// configName is the configuration's file in its folder.
const configName = "descope.yaml"

// namedText is a file that is to be written.
type namedText struct {
	name      string // below the folder, with slashes
	text      string
	customers bool // it holds names and domains of customers
}
