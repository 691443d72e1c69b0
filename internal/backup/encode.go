package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// timestampLayout is RFC 3339 in UTC with microseconds.
const timestampLayout = "2006-01-02T15:04:05.000000Z"

// unsealedDigest stands for the digest while the digest is made.
var unsealedDigest = strings.Repeat("0", 2*sha256.Size)

// Encode writes a sealed file and returns its digest, 64 hex digits. The same
// backup gives the same bytes. Raw values are written as they are, byte for
// byte; one that [Parse] would not read is an error, and then nothing is written.
func Encode(w io.Writer, b Backup) (digest string, err error) {
	if err := check(b); err != nil {
		return "", err
	}
	// Twice the same text costs less than keeping it, or than a file that can
	// be written at two places.
	sum := sha256.New()
	if err := write(sum, b, unsealedDigest); err != nil {
		return "", err
	}
	digest = hex.EncodeToString(sum.Sum(nil))
	return digest, write(w, b, digest)
}

// write writes the document with a digest, entry by entry.
func write(w io.Writer, b Backup, digest string) error {
	text := appendHead(nil, b.Metadata, digest)
	text = append(text, ",\n  \"tenants\": ["...)
	for i := range b.Tenants {
		text = appendTenant(appendStart(text, i), &b.Tenants[i])
		if _, err := w.Write(text); err != nil {
			return err
		}
		text = text[:0]
	}
	text = append(appendEnd(text, len(b.Tenants)), ",\n  \"flows\": ["...)
	for i := range b.Flows {
		text = appendFlow(appendStart(text, i), &b.Flows[i])
		if _, err := w.Write(text); err != nil {
			return err
		}
		text = text[:0]
	}
	text = append(appendEnd(text, len(b.Flows)), ",\n  \"project_settings\": "...)
	text = append(text, orElse(b.ProjectSettings, "null")...)
	_, err := w.Write(append(text, "\n}\n"...))
	return err
}

// entry is one key of an object with its JSON text.
type entry struct{ key, text string }

func appendHead(out []byte, m Metadata, digest string) []byte {
	dirty := "null"
	if m.GitDirty != nil {
		dirty = strconv.FormatBool(*m.GitDirty)
	}
	out = append(out, "{\n  \"metadata\": {"...)
	absent := ""
	if len(m.FlowsAbsent) > 0 {
		absent = string(resource.StringsValue(m.FlowsAbsent))
	}
	for i, e := range [...]entry{
		{"version", quote(m.version())},
		{"timestamp", quote(m.Timestamp.UTC().Format(timestampLayout))},
		{"operation", quote(m.Operation)},
		{"user", quoteOrNull(m.User)},
		{"git_commit", quoteOrNull(m.GitCommit)},
		{"git_dirty", dirty},
		{"environment", quoteOrNull(m.Environment)},
		{"project_id", quote(m.ProjectID)},
		{"host", quote(m.Host)},
		{"tool_version", quote(m.ToolVersion)},
		{"run_id", quote(m.RunID)},
		{"flows_absent", absent},
		{"sha256", quote(digest)},
	} {
		if e.text == "" {
			continue
		}
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n    \""+e.key+"\": "+e.text...)
	}
	return append(out, "\n  }"...)
}

func (m Metadata) version() string {
	if m.Version == "" {
		return Version
	}
	return m.Version
}

func appendTenant(out []byte, t *Tenant) []byte {
	out = appendFirst(out, "id", quote(t.ID))
	out = appendMember(out, "name", quote(t.Name))
	out = appendMember(out, "selfProvisioning", strconv.FormatBool(t.SelfProvisioning))
	out = appendMember(out, "domains", resource.StringsValue(t.Domains))
	out = appendMember(out, "customAttributes", orElse(t.CustomAttributes, "{}"))
	out = appendMember(out, "createdTime", strconv.FormatInt(t.CreatedTime, 10))
	out = appendMember(out, "updatedTime", strconv.FormatInt(t.UpdatedTime, 10))
	out = appendOptional(out, "raw", t.Raw)
	out = appendOptional(out, "settings", t.Settings)
	out = appendList(out, "sso", t.SSO)
	out = appendList(out, "roles", t.Roles)
	out = appendOptional(out, "passwordSettings", t.PasswordSettings)
	if len(t.Omitted) > 0 {
		out = appendMember(out, "omitted", resource.StringsValue(t.Omitted))
	}
	return append(out, "\n    }"...)
}

func appendFlow(out []byte, f *Flow) []byte {
	out = appendFirst(out, "name", quote(f.Name))
	out = appendMember(out, "template", quote(f.Template))
	out = appendMember(out, "enabled", strconv.FormatBool(f.Enabled))
	out = appendMember(out, "config", orElse(f.Config, "{}"))
	out = appendMember(out, "version", quoteOrNull(f.Version))
	if f.ID != "" {
		out = appendMember(out, "id", quote(f.ID))
	}
	return append(appendOptional(out, "raw", f.Raw), "\n    }"...)
}

// appendStart begins an entry of a list, appendEnd ends the list.
func appendStart(out []byte, index int) []byte {
	if index > 0 {
		out = append(out, ',')
	}
	return append(out, "\n    {"...)
}

func appendEnd(out []byte, entries int) []byte {
	if entries > 0 {
		out = append(out, "\n  "...)
	}
	return append(out, ']')
}

func appendFirst(out []byte, key, text string) []byte {
	return append(append(append(append(out, "\n      \""...), key...), "\": "...), text...)
}

func appendMember[T ~string | ~[]byte](out []byte, key string, text T) []byte {
	return append(appendFirst(append(out, ','), key, ""), text...)
}

func appendOptional(out []byte, key string, raw json.RawMessage) []byte {
	if raw == nil {
		return out
	}
	return appendMember(out, key, bytes.TrimSpace(raw))
}

func appendList(out []byte, key string, list []json.RawMessage) []byte {
	if list == nil {
		return out
	}
	out = appendMember(out, key, "[")
	for i, raw := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, bytes.TrimSpace(raw)...)
	}
	return append(out, ']')
}

func orElse(raw json.RawMessage, absent string) []byte {
	if raw == nil {
		return []byte(absent)
	}
	return bytes.TrimSpace(raw)
}

func quote(text string) string { return string(resource.StringValue(text)) }

func quoteOrNull(text *string) string {
	if text == nil {
		return "null"
	}
	return quote(*text)
}

// check refuses what could not be read again.
func check(b Backup) error {
	switch year := b.Metadata.Timestamp.UTC().Year(); {
	case b.Metadata.Timestamp.IsZero() || year < 1 || year > 9999:
		return errors.New("a backup needs the time at which it was taken")
	case !readable(b.Metadata.version()):
		return fmt.Errorf("this version writes backups of the format %s, and not %q", Version, b.Metadata.Version)
	}
	for i := range b.Tenants {
		if err := checkTenant(&b.Tenants[i]); err != nil {
			return fmt.Errorf("backup of tenant %d: %w", i+1, err)
		}
	}
	for i := range b.Flows {
		flow := &b.Flows[i]
		if err := checkObjects(part{"config", flow.Config}, part{"raw", flow.Raw}); err != nil {
			return fmt.Errorf("backup of flow %d: %w", i+1, err)
		}
	}
	return checkObjects(part{"project_settings", b.ProjectSettings})
}

func checkTenant(t *Tenant) error {
	for _, raw := range slices.Concat(t.SSO, t.Roles) {
		if _, err := resource.ParseValue(raw); err != nil {
			return fmt.Errorf("sso or roles: %w", err)
		}
	}
	return checkObjects(
		part{"customAttributes", t.CustomAttributes}, part{"raw", t.Raw},
		part{"settings", t.Settings}, part{"passwordSettings", t.PasswordSettings},
	)
}

// part is one raw value of an entry.
type part struct {
	key string
	raw json.RawMessage
}

// checkObjects wants each part to be one JSON object, or not to be there.
func checkObjects(parts ...part) error {
	for _, p := range parts {
		if p.raw == nil {
			continue
		}
		value, err := resource.ParseValue(p.raw)
		if err == nil && value[0] != '{' {
			err = errors.New("not a JSON object")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.key, err)
		}
	}
	return nil
}

// parseTime reads a timestamp as it is written here, or as RFC 3339 allows.
func parseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.UTC(), err
}
