package cli

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// tenantFlags are the fields of a tenant as flags of create and update. Only
// flags that are given are written.
type tenantFlags struct {
	name             string
	domains          []string
	noDomains        bool
	attributes       []string
	jsonAttributes   []string
	removeAttributes []string
	parent           string
	disabled         bool
	enforceSSO       bool
	roleInheritance  string
	defaultRoles     []string
	noDefaultRoles   bool
	settings         []string
}

// AddFlags declares the flags; creating tells whether the tenant is new.
func (f *tenantFlags) AddFlags(cmd *cobra.Command, creating bool) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "display `NAME`")
	flags.StringArrayVar(&f.domains, "domain", nil, "self-provisioning `DOMAIN`; repeatable; those given are the whole set")
	flags.StringArrayVar(&f.attributes, "attribute", nil, "custom attribute as text, `KEY=TEXT`; repeatable")
	flags.StringArrayVar(&f.jsonAttributes, "attribute-json", nil, "custom attribute as JSON, `KEY=JSON` (seats=250); repeatable")
	flags.BoolVar(&f.disabled, "disabled", false, "disable the tenant; --disabled=false enables it")
	flags.BoolVar(&f.enforceSSO, "enforce-sso", false, "members must sign in by SSO; --enforce-sso=false lifts it")
	flags.StringVar(&f.roleInheritance, "role-inheritance", "", "`MODE`: none or userOnly")
	flags.StringArrayVar(&f.defaultRoles, "default-role", nil, "default `ROLE`; repeatable; those given are the whole set")
	flags.StringArrayVar(&f.settings, "setting", nil, "session setting, `KEY=VALUE` (session_token_expiration=10); repeatable")
	if creating {
		flags.StringVar(&f.parent, "parent", "", "`ID` of the parent tenant")
		return
	}
	flags.BoolVar(&f.noDomains, "no-domains", false, "remove all self-provisioning domains")
	flags.BoolVar(&f.noDefaultRoles, "no-default-roles", false, "remove all default roles")
	flags.StringArrayVar(&f.removeAttributes, "remove-attribute", nil, "delete the custom attribute `KEY`; repeatable")
}

// desired turns the flags into what the planner compares, by the same rules
// that a tenant in a configuration file obeys.
func (f *tenantFlags) desired(cmd *cobra.Command, id string) (resource.Desired, error) {
	entry := map[string]any{"id": id}
	given := cmd.Flags().Changed
	for flag, put := range map[string]func(){
		"name":             func() { entry["name"] = f.name },
		"domain":           func() { entry["self_provisioning_domains"] = f.domains },
		"no-domains":       func() { entry["self_provisioning_domains"] = []string{} },
		"disabled":         func() { entry["disabled"] = f.disabled },
		"enforce-sso":      func() { entry["enforce_sso"] = f.enforceSSO },
		"role-inheritance": func() { entry["role_inheritance"] = f.roleInheritance },
		"no-default-roles": func() { entry["default_roles"] = []string{} },
		"default-role":     func() { entry["default_roles"] = f.defaultRoles },
		"remove-attribute": func() { entry["remove_attributes"] = f.removeAttributes },
		"parent":           func() { entry["parent"] = f.parent },
	} {
		if given(flag) {
			put()
		}
	}
	for _, pair := range [][2]string{{"domain", "no-domains"}, {"default-role", "no-default-roles"}} {
		if given(pair[0]) && given(pair[1]) {
			return resource.Desired{}, usageError(fmt.Sprintf("--%s and --%s exclude each other", pair[0], pair[1]), "give one of them")
		}
	}
	if err := f.maps(entry); err != nil {
		return resource.Desired{}, err
	}
	document, err := encodeJSON(entry)
	if err != nil {
		return resource.Desired{}, err
	}
	desired, diagnostics := config.ParseTenant(document)
	if len(diagnostics) > 0 {
		return resource.Desired{}, usageError(diagnostics[0].Message, cmp.Or(diagnostics[0].Suggestion, "see "+cmd.CommandPath()+" --help"))
	}
	return desired, nil
}

// maps adds the keys of custom_attributes and settings.
func (f *tenantFlags) maps(entry map[string]any) error {
	attributes, settings := map[string]any{}, map[string]any{}
	for _, text := range f.attributes {
		key, value, found := strings.Cut(text, "=")
		if !found || key == "" {
			return usageError(fmt.Sprintf("--attribute %q is not KEY=TEXT", text), "for example --attribute plan=enterprise")
		}
		if err := putOnce(attributes, key, value); err != nil {
			return err
		}
	}
	for _, list := range []struct {
		flag  string
		texts []string
		into  map[string]any
	}{{"--attribute-json", f.jsonAttributes, attributes}, {"--setting", f.settings, settings}} {
		for _, text := range list.texts {
			key, raw, found := strings.Cut(text, "=")
			if !found || key == "" {
				return usageError(fmt.Sprintf("%s %q is not KEY=VALUE", list.flag, text), "for example "+list.flag+" key=10")
			}
			value, err := resource.ParseValue([]byte(raw))
			if err != nil && list.flag == "--attribute-json" {
				return usageError(fmt.Sprintf("%s %q: the value is not JSON", list.flag, text), "quote texts: "+list.flag+` 'key="text"'`)
			}
			if err != nil {
				value = resource.StringValue(raw)
			}
			if err := putOnce(list.into, key, value); err != nil {
				return err
			}
		}
	}
	if len(attributes) > 0 {
		entry["custom_attributes"] = attributes
	}
	if len(settings) > 0 {
		entry["settings"] = settings
	}
	return nil
}

func putOnce(into map[string]any, key string, value any) error {
	if _, twice := into[key]; twice {
		return usageError(fmt.Sprintf("the key %q is given twice", key), "give each key once")
	}
	into[key] = value
	return nil
}

func newDecoder(raw []byte) *json.Decoder {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return decoder
}
