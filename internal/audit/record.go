package audit

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// formatVersion is the version of records and heads: minor additions are
// allowed, a new major is refused by readers.
const formatVersion = "1.0"

// Event says what a record is about.
type Event string

// The events.
const (
	EventRunStart   Event = "run_start"
	EventChange     Event = "change"     // one change and its outcome
	EventCorrection Event = "correction" // the verification gave a change another outcome
	EventRecovered  Event = "recovered"  // a later run found out what a killed one had done
	EventHook       Event = "hook"
	EventRunEnd     Event = "run_end"
)

// Record is one line of the log. Its JSON form is the line itself, in this order
// of keys; those with omitempty are left out where an event does not have them.
type Record struct {
	FormatVersion string  `json:"format_version"` // set by the log
	Seq           int     `json:"seq"`            // set by the log; counts from 1
	Time          Time    `json:"time"`
	Event         Event   `json:"event"`
	RunID         string  `json:"run_id"`
	User          string  `json:"user"`
	Host          string  `json:"host"` // the machine
	Command       string  `json:"command"`
	Environment   *string `json:"environment"` // null when none is selected
	ProjectID     string  `json:"project_id"`  // set by the log
	APIHost       string  `json:"api_host"`    // set by the log; in lower case
	GitCommit     *string `json:"git_commit"`  // null when it is not known
	GitDirty      *bool   `json:"git_dirty"`   // null when it is not known

	Address       resource.Address `json:"address,omitempty"`
	Action        resource.Action  `json:"action,omitempty"`
	Fields        []Field          `json:"fields,omitempty"`
	FieldsOmitted int              `json:"fields_omitted,omitempty"` // set by the log: so many did not fit into a line
	Result        string           `json:"result,omitempty"`
	Code          string           `json:"code,omitempty"` // of the error, if any
	Attempts      int              `json:"attempts,omitempty"`
	DurationMS    int64            `json:"duration_ms,omitempty"`
	Detail        string           `json:"detail,omitempty"` // free text, such as a hook's program and exit status

	Prev   string `json:"prev"`   // set by the log: the digest of the record before
	Digest string `json:"digest"` // set by the log: of this line
}

// Field is one managed value before and after. A value that is absent has no
// key, which is not the same as null. The values of a sensitive field are never
// written, whatever the caller puts here.
type Field struct {
	Path      string         `json:"path"`
	Before    resource.Value `json:"before,omitempty"`
	After     resource.Value `json:"after,omitempty"`
	Sensitive bool           `json:"sensitive,omitempty"`

	// The length of a value that did not fit into a line; set by the log.
	BeforeOmitted int `json:"before_omitted_bytes,omitempty"`
	AfterOmitted  int `json:"after_omitted_bytes,omitempty"`
}

// UnmarshalJSON implements [json.Unmarshaler]: null stays null, and what is
// marked as sensitive has no values.
func (f *Field) UnmarshalJSON(raw []byte) error {
	type plain Field
	var read struct {
		plain
		Before json.RawMessage `json:"before"`
		After  json.RawMessage `json:"after"`
	}
	if err := json.Unmarshal(raw, &read); err != nil {
		return err
	}
	*f = Field(read.plain)
	for _, value := range []struct {
		raw  json.RawMessage
		into *resource.Value
	}{{read.Before, &f.Before}, {read.After, &f.After}} {
		if len(value.raw) == 0 || f.Sensitive {
			continue
		}
		parsed, err := resource.ParseValue(value.raw)
		if err != nil {
			return fmt.Errorf("the field %q: %w", f.Path, err)
		}
		*value.into = parsed
	}
	return nil
}

// timeLayout is RFC 3339 in UTC with exactly milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is a moment with the precision of milliseconds.
type Time struct{ time.Time }

// At is a moment as records hold it: in UTC, cut to milliseconds.
func At(moment time.Time) Time { return Time{moment.UTC().Truncate(time.Millisecond)} }

// String is the moment as the log writes it.
func (t Time) String() string { return t.UTC().Format(timeLayout) }

// MarshalJSON implements [json.Marshaler].
func (t Time) MarshalJSON() ([]byte, error) {
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("the time %v cannot be recorded", t.Time)
	}
	return []byte(`"` + t.String() + `"`), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Time) UnmarshalJSON(raw []byte) error {
	moment, err := time.Parse(`"`+timeLayout+`"`, string(raw))
	if err != nil {
		return err
	}
	t.Time = moment
	return nil
}
