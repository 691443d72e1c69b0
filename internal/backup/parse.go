package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The keys that an unsealed file has. Keys of ours in a file without a seal say
// that its seal was lost.
var (
	documentedTop      = []string{"metadata", "tenants", "flows", "project_settings"}
	documentedMetadata = []string{"version", "timestamp", "operation", "user", "git_commit", "environment", "project_id"}
	documentedTenant   = []string{"id", "name", "selfProvisioning", "domains", "customAttributes", "createdTime", "updatedTime"}
	documentedFlow     = []string{"name", "template", "enabled", "config", "version"}
)

// Parse reads one file, and checks its seal if it has one. What the format
// leaves out has its default; unknown keys are passed over in a sealed file. An
// error about the content is a *[DamagedError] without a file's name.
func Parse(r io.Reader) (Backup, error) {
	var parsed Backup
	p := parser{
		scanner: newScanner(r, maxSize, 1<<14),
		tenant:  func(t Tenant) { parsed.Tenants = append(parsed.Tenants, t) },
		flow:    func(f Flow) { parsed.Flows = append(parsed.Flows, f) },
	}
	if err := p.document(); err != nil {
		return Backup{}, err
	}
	parsed.Metadata, parsed.ProjectSettings = p.metadata, p.settings
	return parsed, nil
}

// parser reads the document and gives away its entries one by one.
type parser struct {
	*scanner
	tenant   func(Tenant)
	flow     func(Flow)
	metadata Metadata
	settings json.RawMessage
	extra    string // the place of the first key that an unsealed file does not have
}

func (p *parser) document() error {
	p.hash = sha256.New()
	found := map[string]bool{}
	err := p.object(func(key string) error {
		p.note(key, documentedTop)
		found[key] = true
		switch key {
		case "metadata":
			return p.head()
		case "tenants":
			return p.array(p.oneTenant)
		case "flows":
			return p.array(p.oneFlow)
		case "project_settings":
			raw, err := p.nullable('{', "an object")
			p.settings = slices.Clone(raw)
			return err
		default:
			return p.skip()
		}
	})
	if err != nil {
		return err
	}
	p.path = nil
	if err := p.end(); err != nil {
		return err
	}
	switch {
	case !found["metadata"]:
		return p.damaged("it has no metadata")
	case !p.metadata.Sealed() && p.extra != "":
		return p.damaged("its metadata.sha256 is lost: an unsealed backup has no %s", p.extra)
	case p.metadata.Sealed() && p.metadata.SHA256 != p.digest():
		return p.damaged("its bytes do not have the digest that metadata.sha256 names")
	}
	return nil
}

// note remembers a key that says that the file was once sealed.
func (p *parser) note(key string, documented []string) {
	if p.extra == "" && !slices.Contains(documented, key) {
		p.extra = p.place()
	}
}

// head reads the metadata.
func (p *parser) head() error {
	m := Metadata{Version: Version}
	missing := map[string]bool{"timestamp": true, "operation": true, "project_id": true}
	err := p.object(func(key string) error {
		p.note(key, documentedMetadata)
		delete(missing, key)
		var err error
		switch key {
		case "version":
			m.Version, err = p.string()
		case "timestamp":
			var text string
			if text, err = p.string(); err == nil {
				if m.Timestamp, err = parseTime(text); err != nil {
					err = p.damaged("it wants a time such as 2025-11-10T14:30:15.123456Z and has %q", text)
				}
			}
		case "operation":
			m.Operation, err = p.string()
		case "user":
			m.User, err = p.stringOrNull()
		case "git_commit":
			m.GitCommit, err = p.stringOrNull()
		case "git_dirty":
			m.GitDirty, err = p.boolOrNull()
		case "environment":
			m.Environment, err = p.stringOrNull()
		case "project_id":
			m.ProjectID, err = p.string()
		case "host":
			m.Host, err = p.string()
		case "tool_version":
			m.ToolVersion, err = p.string()
		case "run_id":
			m.RunID, err = p.string()
		case "flows_absent":
			m.FlowsAbsent, err = p.strings()
		case "sha256":
			m.SHA256, err = p.seal()
		default:
			err = p.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	p.metadata = m
	if !readable(m.Version) {
		reason := "the backup has the format " + strconv.Quote(m.Version) + ", and this version reads 1.x"
		return &DamagedError{Reason: reason, Hint: newerHint}
	}
	return p.wantNothing(missing)
}

// readable reports whether this version reads the format.
func readable(version string) bool {
	minor, found := strings.CutPrefix(version, "1.")
	number, err := strconv.Atoi(minor)
	return found && err == nil && number >= 0 && strconv.Itoa(number) == minor
}

// wantNothing names the first required key that is missing.
func (p *parser) wantNothing(missing map[string]bool) error {
	if len(missing) == 0 {
		return nil
	}
	return p.damaged("it has no %s", slices.Sorted(maps.Keys(missing))[0])
}

// seal reads the digest, and has it hashed as zeros.
func (p *parser) seal() (string, error) {
	raw, err := p.value()
	if err != nil {
		return "", err
	}
	digest := string(bytes.Trim(raw, `"`))
	if len(raw) != len(unsealedDigest)+2 || len(digest) != len(unsealedDigest) || strings.Trim(digest, "0123456789abcdef") != "" {
		return "", p.damaged("it wants %d hex digits in lower case", len(unsealedDigest))
	}
	copy(raw[1:], unsealedDigest)
	return digest, nil
}

// entry reads one object, which must have the required keys.
func (p *parser) entry(documented, required []string, field func(key string) error) error {
	missing := map[string]bool{}
	for _, key := range required {
		missing[key] = true
	}
	err := p.object(func(key string) error {
		p.note(key, documented)
		delete(missing, key)
		return field(key)
	})
	if err != nil {
		return err
	}
	return p.wantNothing(missing)
}

func (p *parser) oneTenant() error {
	t := Tenant{Domains: []string{}, CustomAttributes: json.RawMessage("{}")}
	err := p.entry(documentedTenant, []string{"id", "name", "createdTime", "updatedTime"}, func(key string) (err error) {
		switch key {
		case "id":
			t.ID, err = p.string()
		case "name":
			t.Name, err = p.string()
		case "selfProvisioning":
			t.SelfProvisioning, err = p.bool()
		case "domains":
			t.Domains, err = p.strings()
		case "customAttributes":
			t.CustomAttributes, err = p.rawObject()
		case "createdTime":
			t.CreatedTime, err = p.integer()
		case "updatedTime":
			t.UpdatedTime, err = p.integer()
		case "raw":
			t.Raw, err = p.rawObject()
		case "settings":
			t.Settings, err = p.rawObject()
		case "sso":
			t.SSO, err = p.raws()
		case "roles":
			t.Roles, err = p.raws()
		case "passwordSettings":
			t.PasswordSettings, err = p.rawObject()
		case "omitted":
			t.Omitted, err = p.strings()
		default:
			err = p.skip()
		}
		return err
	})
	if err == nil {
		p.tenant(t)
	}
	return err
}

func (p *parser) oneFlow() error {
	f := Flow{Enabled: true, Config: json.RawMessage("{}")}
	err := p.entry(documentedFlow, []string{"name", "template"}, func(key string) (err error) {
		switch key {
		case "name":
			f.Name, err = p.string()
		case "template":
			f.Template, err = p.string()
		case "enabled":
			f.Enabled, err = p.bool()
		case "config":
			f.Config, err = p.rawObject()
		case "version":
			f.Version, err = p.stringOrNull()
		case "id":
			f.ID, err = p.string()
		case "raw":
			f.Raw, err = p.rawObject()
		default:
			err = p.skip()
		}
		return err
	})
	if err == nil {
		p.flow(f)
	}
	return err
}

// typed takes one value, which must begin with one of the characters. The bytes
// are valid until the next call of the scanner.
func (p *parser) typed(firsts, kind string) ([]byte, resource.Value, error) {
	raw, err := p.value()
	if err != nil {
		return nil, "", err
	}
	value, err := resource.ParseValue(raw)
	if err != nil {
		return nil, "", p.damaged("%v", err)
	}
	if strings.IndexByte(firsts, value[0]) < 0 {
		return nil, "", p.damaged("it wants %s and has %s", kind, kindOf(value[0]))
	}
	return raw, value, nil
}

func (p *parser) skip() error {
	raw, err := p.value()
	if err == nil {
		if _, failure := resource.ParseValue(raw); failure != nil {
			err = p.damaged("%v", failure)
		}
	}
	return err
}

func (p *parser) string() (string, error) {
	_, value, err := p.typed(`"`, "a string")
	text, _ := value.AsString()
	return text, err
}

func (p *parser) stringOrNull() (*string, error) {
	_, value, err := p.typed(`"n`, "a string or null")
	text, isString := value.AsString()
	if err != nil || !isString {
		return nil, err
	}
	return &text, nil
}

func (p *parser) bool() (bool, error) {
	_, value, err := p.typed("tf", "a boolean")
	return value == "true", err
}

func (p *parser) boolOrNull() (*bool, error) {
	_, value, err := p.typed("tfn", "a boolean or null")
	if err != nil || value == "null" {
		return nil, err
	}
	return new(value == "true"), nil
}

func (p *parser) integer() (int64, error) {
	_, value, err := p.typed("-0123456789", "a whole number")
	if err != nil {
		return 0, err
	}
	number, failure := strconv.ParseInt(string(value), 10, 64)
	if failure != nil {
		return 0, p.damaged("it wants a whole number of 64 bits and has %s", value)
	}
	return number, nil
}

func (p *parser) strings() ([]string, error) {
	list := []string{}
	err := p.array(func() error {
		text, err := p.string()
		list = append(list, text)
		return err
	})
	return list, err
}

func (p *parser) nullable(first byte, kind string) (json.RawMessage, error) {
	raw, value, err := p.typed(string(first)+"n", kind+" or null")
	if err != nil || value == "null" {
		return nil, err
	}
	return raw, nil
}

func (p *parser) rawObject() (json.RawMessage, error) {
	raw, _, err := p.typed("{", "an object")
	return slices.Clone(raw), err
}

func (p *parser) raws() ([]json.RawMessage, error) {
	list := []json.RawMessage{}
	err := p.array(func() error {
		raw, _, err := p.typed(`"{[tfn-0123456789`, "a value")
		list = append(list, slices.Clone(raw))
		return err
	})
	return list, err
}
