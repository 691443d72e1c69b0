package backup

import (
	"encoding/json"
	"time"
)

// Version is the format of the files that are written: minor additions are
// allowed, a new major is refused by readers.
const Version = "1.0"

// Backup is what was live in one project at one moment. The order of the entries
// is kept.
type Backup struct {
	Metadata        Metadata
	Tenants         []Tenant
	Flows           []Flow
	ProjectSettings json.RawMessage // an object; nil is null
}

// Metadata says who took a backup, when and why.
type Metadata struct {
	Version     string    // as the file has it; [Version] where it is empty
	Timestamp   time.Time // kept in UTC, to the microsecond
	Operation   string    // what the backup was taken for, such as "tenant-sync"
	User        *string   // nil when unknown, as the next three
	GitCommit   *string
	GitDirty    *bool
	Environment *string
	ProjectID   string
	Host        string // empty in an unsealed file, as the next two
	ToolVersion string
	RunID       string
	// FlowsAbsent are the ids of flows that were not there, sorted: those that the run
	// after an automatic backup was about to create. Written only where there are some.
	FlowsAbsent []string
	SHA256      string // 64 hex digits as the file has them; empty when it is unsealed. Encode makes its own.
}

// Sealed reports whether the file could be checked.
func (m Metadata) Sealed() bool { return m.SHA256 != "" }

// Tenant is one tenant. The first seven fields are the documented view of it,
// Raw is what it was.
type Tenant struct {
	ID               string
	Name             string
	SelfProvisioning bool            // Domains is not empty
	Domains          []string        // the self-provisioning domains
	CustomAttributes json.RawMessage // an object; nil is written as {}
	CreatedTime      int64           // seconds; 0 where the API gives none, as the next
	UpdatedTime      int64

	Raw json.RawMessage // the tenant object as the API gave it; nil in an unsealed file

	// What costs a call of its own; nil when it was not read.
	Settings         json.RawMessage
	SSO              []json.RawMessage // the tenant's SSO configurations
	Roles            []json.RawMessage // the tenant's own roles
	PasswordSettings json.RawMessage

	// Omitted names what was left out because it is secret and cannot come back,
	// sorted: "customAttributes.token", "settings.key", "sso[0].oidc", or "id" and
	// "name", in whose place stands [resource.Redacted].
	Omitted []string
}

// Flow is one authentication flow.
type Flow struct {
	Name     string
	Template string
	Enabled  bool
	Config   json.RawMessage // an object; nil is written as {}
	Version  *string

	ID  string          // empty in an unsealed file
	Raw json.RawMessage // the flow as the API gave it; nil in an unsealed file
}
