package config

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// ParseTenant reads one tenant as it would stand under tenants, from JSON, by
// the rules of a configuration file; commands whose flags describe a tenant use
// it. Nothing is substituted: "${NAME}" stands for itself. On errors these are
// returned, without places, and the tenant is not to be used.
func ParseTenant(entry []byte) (resource.Desired, []Diagnostic) {
	document := `{"version":"` + supportedVersion + `","tenants":[` + strings.ReplaceAll(string(entry), "${", "$${") + `]}`
	flags := source{name: "flags", json: true, open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(document)), nil
	}}
	loaded, err := loadSources(context.Background(), Options{}, []source{flags})
	if err != nil {
		return resource.Desired{}, entryErrors(err)
	}
	if len(loaded.tenants) != 1 {
		return resource.Desired{}, []Diagnostic{{Severity: SeverityError, Code: codeValue, Message: "exactly one tenant is wanted"}}
	}
	desired := loaded.tenants[0].desired
	desired.Source = resource.Position{}
	for i := range desired.Fields {
		desired.Fields[i].Source = resource.Position{}
	}
	return desired, nil
}

func entryErrors(err error) []Diagnostic {
	var invalid *InvalidError
	if !errors.As(err, &invalid) {
		return []Diagnostic{{Severity: SeverityError, Message: err.Error()}}
	}
	found := invalid.Errors()
	for i := range found {
		found[i].Position = resource.Position{}
		found[i].SourceLine = ""
	}
	return found
}

// TenantCount is how many tenants the configuration names, over all environments.
func (c *Config) TenantCount() int {
	return c.letGo + c.count(c.tenants, func(of *layers) *layer { return &of.tenants })
}
