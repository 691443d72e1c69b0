package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Extras is what was read of a tenant beside the tenant object, as the API gave
// it. Nil means that it was not read; an empty list that there was nothing.
type Extras struct {
	Settings         json.RawMessage // null counts as an empty object
	SSO              []json.RawMessage
	Roles            []json.RawMessage
	PasswordSettings json.RawMessage // null counts as an empty object
}

// NewTenant makes the entry of one tenant. Where there is nothing to omit, raw is
// the API's bytes. Where the API gave something of another type than a
// documented key has, that key has its default and raw has the value.
func NewTenant(live resource.Tenant, extras Extras, omit Omit) (Tenant, error) {
	o := newOmission(omit)
	raw, err := o.tenant(bytes.TrimSpace(live.Raw))
	if err != nil {
		return Tenant{}, fmt.Errorf("backup of tenant %s: %w", o.speakable(live.ID), err)
	}
	t := Tenant{ID: o.text("id", live.ID), Name: o.text("name", live.Name), Raw: raw}
	if err := t.view(); err != nil {
		return Tenant{}, fmt.Errorf("backup of tenant %s: %w", o.speakable(live.ID), err)
	}
	for _, object := range []struct {
		key  string
		from json.RawMessage
		into *json.RawMessage
	}{{"settings", extras.Settings, &t.Settings}, {"passwordSettings", extras.PasswordSettings, &t.PasswordSettings}} {
		if *object.into, err = o.object(object.key, object.from); err != nil {
			return Tenant{}, fmt.Errorf("backup of tenant %s: %s: %w", o.speakable(live.ID), object.key, err)
		}
	}
	for _, list := range []struct {
		key  string
		from []json.RawMessage
		into *[]json.RawMessage
	}{{"sso", extras.SSO, &t.SSO}, {"roles", extras.Roles, &t.Roles}} {
		if *list.into, err = o.list(list.key, list.from); err != nil {
			return Tenant{}, fmt.Errorf("backup of tenant %s: %s: %w", o.speakable(live.ID), list.key, err)
		}
	}
	t.Omitted = o.sorted()
	return t, nil
}

// view fills the documented keys from what is left in raw.
func (t *Tenant) view() error {
	t.Domains, t.CustomAttributes = []string{}, json.RawMessage("{}")
	return eachMember(t.Raw, func(key string, raw []byte) error {
		switch key {
		case "selfProvisioningDomains":
			value, err := resource.ParseValue(raw)
			if domains, ok := value.AsStrings(); ok && err == nil {
				t.Domains, t.SelfProvisioning = domains, len(domains) > 0
			}
		case "customAttributes":
			if raw[0] == '{' {
				t.CustomAttributes = bytes.Clone(raw)
			}
		case "createdTime":
			t.CreatedTime = seconds(raw)
		case "updatedTime":
			t.UpdatedTime = seconds(raw)
		}
		return nil
	})
}

// seconds is a whole number, or 0 for anything else.
func seconds(raw []byte) int64 {
	number, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0
	}
	return number
}

// eachMember walks an object of the API. The bytes of a value are valid during
// the call only.
func eachMember(raw []byte, read func(key string, raw []byte) error) error {
	s := newScanner(bytes.NewReader(raw), maxSize, min(len(raw)+1, 1<<16))
	err := s.object(func(key string) error {
		value, err := s.value()
		if err != nil {
			return err
		}
		return read(key, value)
	})
	if damage, ok := errors.AsType[*DamagedError](err); ok {
		return errors.New(strings.TrimPrefix(damage.Reason, damagedPrefix)) // it is no backup yet
	}
	return err
}
