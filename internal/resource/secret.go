package resource

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Redacted is what stands wherever a secret would have been printed.
const Redacted = "[redacted]"

// Secret is a string that never prints: every formatting verb, JSON, text
// encodings and slog give [Redacted]. Only [Secret.Reveal] returns the value.
// Secrets are not compared with ==: two of the same value differ.
type Secret struct {
	// value is a pointer because fmt prints the unexported fields of other
	// structs without asking their methods: it then shows an address.
	value *string
}

// NewSecret wraps a value. An empty value is the empty secret.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the value itself. Call it only where the value is sent to the
// service that it belongs to.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsEmpty reports whether there is no value.
func (s Secret) IsEmpty() bool { return s.Reveal() == "" }

// String implements [fmt.Stringer].
func (s Secret) String() string { return Redacted }

// GoString implements [fmt.GoStringer].
func (s Secret) GoString() string { return Redacted }

// Format implements [fmt.Formatter], so that no verb reaches the field.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON implements [json.Marshaler].
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(Redacted) }

// MarshalText implements [encoding.TextMarshaler].
func (s Secret) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
