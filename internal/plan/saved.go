package plan

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// MaxSavedBytes bounds a plan file: room for half a million objects.
const MaxSavedBytes = 256 << 20

// ParseSaved reads a plan document. It checks what [CheckSaved] relies on and
// no more: a saved plan has no authority, and no value of it is ever written.
// Fields that a newer minor version added are ignored.
func ParseSaved(raw []byte) (*resource.Plan, error) {
	if len(raw) > MaxSavedBytes {
		return nil, fmt.Errorf("the plan has %d bytes, more than the %d that a plan may have", len(raw), MaxSavedBytes)
	}
	var header struct {
		FormatVersion *string `json:"format_version"`
	}
	if err := json.Unmarshal(raw, &header); err != nil {
		return nil, fmt.Errorf("not a plan document: %w", err)
	}
	if header.FormatVersion == nil {
		return nil, errors.New("not a plan document: it has no format_version")
	}
	if major, _, _ := strings.Cut(*header.FormatVersion, "."); major != formatMajor() {
		return nil, fmt.Errorf("the plan has format_version %q, and this version of the tool reads %s.x: make the plan again with it",
			*header.FormatVersion, formatMajor())
	}
	var saved resource.Plan
	if err := json.Unmarshal(raw, &saved); err != nil {
		return nil, fmt.Errorf("not a plan document: %w", err)
	}
	if err := checkShape(&saved); err != nil {
		return nil, fmt.Errorf("not a plan document: %w", err)
	}
	return &saved, nil
}

func formatMajor() string {
	major, _, _ := strings.Cut(resource.FormatVersion, ".")
	return major
}

// checkShape looks at what must be there for a comparison to mean anything.
func checkShape(saved *resource.Plan) error {
	digest, found := strings.CutPrefix(saved.PlanDigest, "sha256:")
	if sum, err := hex.DecodeString(digest); !found || err != nil || len(sum) != 32 {
		return fmt.Errorf("plan_digest is %q, not sha256: and 64 hex digits", saved.PlanDigest)
	}
	if saved.Changes == nil {
		return errors.New("it has no list of changes")
	}
	seen := make(map[resource.Address]bool, len(saved.Changes))
	for i := range saved.Changes {
		change := &saved.Changes[i]
		switch change.Action {
		case resource.ActionCreate, resource.ActionUpdate, resource.ActionDelete, resource.ActionNoChange:
		default:
			return fmt.Errorf("change %d has the unknown action %q", i+1, change.Action)
		}
		if change.Address.Kind() == "" || change.Address.ID() == "" {
			return fmt.Errorf("change %d has the address %q, not kind/id", i+1, change.Address)
		}
		if seen[change.Address] {
			return fmt.Errorf("%s stands in it twice", change.Address)
		}
		seen[change.Address] = true
	}
	return nil
}

// StaleError says that a saved plan is not the plan of now. Nothing of it is
// applied.
type StaleError struct{ Reasons []string }

// Error lists the first reasons.
func (e *StaleError) Error() string {
	return "the saved plan does not hold any more: " + listed(e.Reasons, "; ")
}

// CheckSaved accepts a saved plan only if it is, change for change, the fresh
// one, made with the same options; else the error is a [*StaleError] that names
// every difference.
func CheckSaved(saved, fresh *resource.Plan) error {
	reasons := differentPlace(saved, fresh)
	reasons = append(reasons, differentOptions(saved.Options, fresh.Options)...)
	samePlace := len(reasons) == 0
	if recomputed := Digest(saved); recomputed != saved.PlanDigest {
		reasons = append(reasons, "the file was edited: its changes do not have the plan_digest that it carries")
	}
	if samePlace {
		reasons = append(reasons, differentChanges(saved, fresh)...)
	}
	if len(reasons) == 0 && saved.PlanDigest != Digest(fresh) {
		reasons = append(reasons, "its plan_digest is not that of the plan made now")
	}
	if len(reasons) > 0 {
		return &StaleError{Reasons: reasons}
	}
	return nil
}

// differentPlace compares where the plans belong.
func differentPlace(saved, fresh *resource.Plan) []string {
	reasons := []string{}
	if was, is := named(saved.Environment), named(fresh.Environment); was != is {
		reasons = append(reasons, fmt.Sprintf("it was made for %s, and this run is for %s%s", was, is, again("-e ", deref(saved.Environment))))
	}
	if saved.ProjectID != fresh.ProjectID {
		reasons = append(reasons, fmt.Sprintf("it was made for the project %q, and this run is for %q", saved.ProjectID, fresh.ProjectID))
	}
	if saved.Host != fresh.Host {
		reasons = append(reasons, fmt.Sprintf("it was made for the host %q, and this run is for %q", saved.Host, fresh.Host))
	}
	return reasons
}

func named(environment *string) string {
	if environment == nil {
		return "no environment"
	}
	return fmt.Sprintf("the environment %q", *environment)
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// again is the hint to repeat an option; none where it had no value.
func again(flag, value string) string {
	if value == "" {
		return ""
	}
	return fmt.Sprintf(": give %s%s again", flag, value)
}

// differentOptions compares what narrowed or widened the plans.
func differentOptions(saved, fresh resource.PlanOptions) []string {
	reasons := []string{}
	for _, option := range []struct {
		flag       string
		was, given []resource.Glob
	}{{"--target", saved.Target, fresh.Target}, {"--exclude", saved.Exclude, fresh.Exclude}} {
		was, given := sortedGlobs(option.was), sortedGlobs(option.given)
		if slices.Equal(was, given) {
			continue
		}
		hint := ": leave it out"
		if len(was) > 0 {
			hint = again("", flags(option.flag, was))
		}
		reasons = append(reasons, fmt.Sprintf("it was made with %s, and this run has %s%s",
			orWithout(option.flag, flags(option.flag, was)), orWithout(option.flag, flags(option.flag, given)), hint))
	}
	for _, option := range []struct {
		flag       string
		was, given bool
	}{
		{"--prune", saved.Prune, fresh.Prune},
		{"--allow-sso-loss", saved.AllowSSOLoss, fresh.AllowSSOLoss},
		{"--allow-breaking-changes", saved.AllowBreaking, fresh.AllowBreaking},
		{"--replace-unmanaged", saved.ReplaceUnmanaged, fresh.ReplaceUnmanaged},
	} {
		switch {
		case option.was && !option.given:
			reasons = append(reasons, fmt.Sprintf("it was made with %[1]s, and this run has none: give %[1]s again", option.flag))
		case !option.was && option.given:
			reasons = append(reasons, fmt.Sprintf("it was made without %s, and this run has it: leave it out", option.flag))
		}
	}
	return reasons
}

func flags(flag string, globs []resource.Glob) string {
	texts := make([]string, len(globs))
	for i, glob := range globs {
		texts[i] = fmt.Sprintf("%s '%s'", flag, glob)
	}
	return strings.Join(texts, " ")
}

func orWithout(flag, text string) string {
	if text == "" {
		return "no " + flag
	}
	return text
}

// differentChanges names the objects that the two plans treat differently.
func differentChanges(saved, fresh *resource.Plan) []string {
	was, is := changesByAddress(saved), changesByAddress(fresh)
	addresses := make([]resource.Address, 0)
	for address, change := range was {
		other := is[address]
		if other == nil || string(appendChange(nil, change)) != string(appendChange(nil, other)) {
			addresses = append(addresses, address)
		}
	}
	for address := range is {
		if was[address] == nil {
			addresses = append(addresses, address)
		}
	}
	slices.Sort(addresses)
	reasons := make([]string, 0, len(addresses))
	for _, address := range addresses {
		reasons = append(reasons, describeDifference(address, was[address], is[address]))
	}
	return reasons
}

// sameButSecrets reports whether two changes differ in secret values only.
func sameButSecrets(was, is *resource.Change) bool {
	plain := func(change resource.Change) string {
		change.Fields = slices.Clone(change.Fields)
		for i := range change.Fields {
			change.Fields[i].ValuesDigest = ""
		}
		return string(appendChange(nil, &change))
	}
	return plain(*was) == plain(*is)
}

func changesByAddress(p *resource.Plan) map[resource.Address]*resource.Change {
	byAddress := make(map[resource.Address]*resource.Change, len(p.Changes))
	for i := range p.Changes {
		byAddress[p.Changes[i].Address] = &p.Changes[i]
	}
	return byAddress
}

func describeDifference(address resource.Address, was, is *resource.Change) string {
	switch {
	case was == nil:
		return fmt.Sprintf("%s is not in it, and would be %s", address, is.Action)
	case is == nil:
		return fmt.Sprintf("%s was %s, and is not in the plan any more", address, was.Action)
	case was.Action != is.Action:
		return fmt.Sprintf("%s was %s, and would be %s", address, was.Action, is.Action)
	case sameButSecrets(was, is):
		return fmt.Sprintf("%s (%s): its secret values have changed since, or the plan was made with another management key", address, is.Action)
	default:
		return fmt.Sprintf("%s (%s) has changed since, live or in the configuration", address, is.Action)
	}
}
