package descope

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Paths of the calls.
const (
	pathLicense            = "/v1/mgmt/license"
	pathTenant             = "/v1/mgmt/tenant"
	pathTenantAll          = "/v1/mgmt/tenant/all"
	pathTenantCreate       = "/v1/mgmt/tenant/create"
	pathTenantPatch        = "/v1/mgmt/tenant/patch"
	pathTenantUpdate       = "/v1/mgmt/tenant/update"
	pathTenantDelete       = "/v1/mgmt/tenant/delete"
	pathTenantSettings     = "/v1/mgmt/tenant/settings"
	pathTenantDefaultRoles = "/v1/mgmt/tenant/updateDefaultRoles"
	pathUserSearch         = "/v2/mgmt/user/search"
	pathSSOSettingsAll     = "/v2/mgmt/sso/settings/all"
	pathPasswordSettings   = "/v1/mgmt/password/settings" //nolint:gosec // a path, not a credential
	pathRoleAll            = "/v1/mgmt/role/all"
	pathPermissionAll      = "/v1/mgmt/permission/all"
	pathFlowList           = "/v1/mgmt/flow/list"
	pathFlowExport         = "/v2/mgmt/flow/export"
	pathFlowImport         = "/v2/mgmt/flow/import"
	pathFlowDelete         = "/v1/mgmt/flow/delete"
)

// Reader makes the calls that change nothing; it has no others.
type Reader struct{ caller *caller }

// Tenants lists all tenants of the project in the service's order, with one
// call: Descope does not page this list.
func (r *Reader) Tenants(ctx context.Context) ([]resource.Tenant, error) {
	return r.caller.tenants(ctx)
}

// Tenant reads one tenant. For the error about an unknown id [IsNotFound] is true.
func (r *Reader) Tenant(ctx context.Context, id string) (resource.Tenant, error) {
	return r.caller.tenant(ctx, id)
}

// TenantSettings reads the settings object of one tenant as the API gives it.
func (r *Reader) TenantSettings(ctx context.Context, id string) (json.RawMessage, error) {
	return r.caller.settings(ctx, id)
}

// License is the tier of rate limits that the project's licence gives it ("tier1"
// to "tier4"), as Descope's own clients ask for it; empty where the answer names none.
func (r *Reader) License(ctx context.Context) (string, error) {
	license := ""
	err := r.caller.do(ctx, call{method: http.MethodGet, path: pathLicense, decode: func(answer io.Reader) (err error) {
		license, err = decodeLicense(answer)
		return err
	}})
	if err != nil {
		return "", err
	}
	return license, nil
}

// decodeLicense reads the answer about the licence.
func decodeLicense(answer io.Reader) (string, error) {
	var license struct {
		Tier string `json:"rateLimitTier"`
		Type string `json:"licenseType"` // its name before
	}
	raw, err := decodeOne(answer)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(raw, &license); err != nil {
		return "", err
	}
	return cmp.Or(license.Tier, license.Type), nil
}

// SSOConfigurations reads all SSO configurations of one tenant as the API gives
// them, at least the default one; secrets are blank in them.
func (r *Reader) SSOConfigurations(ctx context.Context, tenantID string) ([]json.RawMessage, error) {
	return r.caller.list(ctx, pathSSOSettingsAll, "SSOSettings", url.Values{"tenantId": {tenantID}})
}

// PasswordSettings reads the password settings of one tenant as the API gives
// them; those of the project where tenantID is empty.
func (r *Reader) PasswordSettings(ctx context.Context, tenantID string) (json.RawMessage, error) {
	query := url.Values{}
	if tenantID != "" {
		query.Set("tenantId", tenantID)
	}
	var settings json.RawMessage
	err := r.caller.do(ctx, call{method: http.MethodGet, path: pathPasswordSettings, query: query, decode: func(answer io.Reader) (err error) {
		settings, err = decodeOne(answer)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return settings, nil
}

// Roles lists all roles, those of the project and those of its tenants, as the
// API gives them.
func (r *Reader) Roles(ctx context.Context) ([]json.RawMessage, error) {
	return r.caller.list(ctx, pathRoleAll, "roles", nil)
}

// Permissions lists all permissions, the system's own included, as the API gives
// them.
func (r *Reader) Permissions(ctx context.Context) ([]json.RawMessage, error) {
	return r.caller.list(ctx, pathPermissionAll, "permissions", nil)
}

// CountUsers counts the users, test users included, that belong to any of the
// tenants. Without tenants the count is 0 and nothing is sent: the search
// would count all users of the project.
func (r *Reader) CountUsers(ctx context.Context, tenantIDs []string) (int, error) {
	if len(tenantIDs) == 0 {
		return 0, nil
	}
	body := resource.ObjectValue(map[string]resource.Value{
		"tenantIds": resource.StringsValue(tenantIDs), "limit": "1", "withTestUser": resource.BoolValue(true),
	})
	total := 0
	err := r.caller.do(ctx, call{method: http.MethodPost, path: pathUserSearch, body: fixed(body), decode: func(answer io.Reader) (err error) {
		total, err = decodeTotal(answer)
		return err
	}})
	if err != nil {
		return 0, err
	}
	return total, nil
}

func (c *caller) tenants(ctx context.Context) ([]resource.Tenant, error) {
	return listOf(ctx, c, call{method: http.MethodGet, path: pathTenantAll, patient: true}, "tenants", resource.TenantParser())
}

func (c *caller) tenant(ctx context.Context, id string) (resource.Tenant, error) {
	var tenant resource.Tenant
	err := c.do(ctx, call{method: http.MethodGet, path: pathTenant, query: url.Values{"id": {id}}, decode: func(answer io.Reader) error {
		raw, err := decodeOne(answer)
		if err != nil {
			return err
		}
		tenant, err = resource.ParseTenant(raw)
		if err == nil && tenant.ID != id {
			err = fmt.Errorf("asked for tenant %q, got %q", id, tenant.ID)
		}
		return err
	}})
	if err != nil {
		return resource.Tenant{}, err
	}
	return tenant, nil
}

func (c *caller) settings(ctx context.Context, id string) (json.RawMessage, error) {
	var settings json.RawMessage
	err := c.do(ctx, call{method: http.MethodGet, path: pathTenantSettings, query: url.Values{"id": {id}}, decode: func(answer io.Reader) (err error) {
		if settings, err = decodeOne(answer); err == nil {
			_, err = resource.Tenant{ID: id}.WithSettings(settings)
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	return settings, nil
}

// list reads a list of objects that is one member of the answer.
func (c *caller) list(ctx context.Context, path, member string, query url.Values) ([]json.RawMessage, error) {
	return listOf(ctx, c, call{method: http.MethodGet, path: path, query: query}, member, rawObject)
}

// listOf makes a call and reads the list of its answer, each item by parse.
func listOf[T any](ctx context.Context, c *caller, request call, member string, parse func(json.RawMessage) (T, error)) ([]T, error) {
	var list []T
	request.decode = func(answer io.Reader) (err error) {
		list, err = decodeList(answer, member, parse)
		return err
	}
	if err := c.do(ctx, request); err != nil {
		return nil, err
	}
	return list, nil
}

// decodeOne reads an answer that is one JSON object.
func decodeOne(answer io.Reader) (json.RawMessage, error) {
	decoder := json.NewDecoder(answer)
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return nil, err
	}
	return raw, atEnd(decoder)
}

// decodeTotal reads the number of a search's hits: a number, or a string as
// the gateway writes 64-bit integers.
func decodeTotal(answer io.Reader) (int, error) {
	raw, err := decodeOne(answer)
	if err != nil {
		return 0, err
	}
	var found struct {
		Total json.RawMessage `json:"total"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return 0, err
	}
	text := string(found.Total)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	total, err := strconv.Atoi(text)
	if err != nil || total < 0 {
		return 0, errors.New(`"total" is no count`)
	}
	return total, nil
}

func atEnd(decoder *json.Decoder) error {
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the end of the JSON value")
	}
	return nil
}
