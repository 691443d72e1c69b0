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
	pathTenant             = "/v1/mgmt/tenant"
	pathTenantAll          = "/v1/mgmt/tenant/all"
	pathTenantCreate       = "/v1/mgmt/tenant/create"
	pathTenantPatch        = "/v1/mgmt/tenant/patch"
	pathTenantUpdate       = "/v1/mgmt/tenant/update"
	pathTenantDelete       = "/v1/mgmt/tenant/delete"
	pathTenantSettings     = "/v1/mgmt/tenant/settings"
	pathTenantDefaultRoles = "/v1/mgmt/tenant/updateDefaultRoles"
	pathUserSearch         = "/v2/mgmt/user/search"
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
	var tenants []resource.Tenant
	err := c.do(ctx, call{method: http.MethodGet, path: pathTenantAll, decode: func(answer io.Reader) (err error) {
		tenants, err = decodeTenants(answer)
		return err
	}})
	if err != nil {
		return nil, err
	}
	return tenants, nil
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

// decodeOne reads an answer that is one JSON object.
func decodeOne(answer io.Reader) (json.RawMessage, error) {
	decoder := json.NewDecoder(answer)
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return nil, err
	}
	return raw, atEnd(decoder)
}

// decodeTenants reads {"tenants": […]} element by element, so that a long
// list is never held twice. An empty object is an empty list, as a gateway that
// leaves out empty fields gives it; an object of other things is an error.
func decodeTenants(answer io.Reader) ([]resource.Tenant, error) {
	decoder := json.NewDecoder(answer)
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, cmp.Or(err, errors.New("the answer is no JSON object"))
	}
	var tenants []resource.Tenant
	found, others := false, false
	for decoder.More() {
		key, err := decoder.Token()
		switch {
		case err != nil:
		case key != "tenants":
			others = true
			err = decoder.Decode(new(json.RawMessage))
		case found:
			err = errors.New(`"tenants" stands twice in the answer`)
		default:
			found = true
			tenants, err = decodeList(decoder)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if others && !found {
		return nil, errors.New(`the answer has no "tenants"`)
	}
	return tenants, atEnd(decoder)
}

func decodeList(decoder *json.Decoder) ([]resource.Tenant, error) {
	open, err := decoder.Token()
	if err != nil || open == nil { // null is an empty list
		return nil, err
	}
	if open != json.Delim('[') {
		return nil, errors.New(`"tenants" is no list`)
	}
	var tenants []resource.Tenant
	for decoder.More() {
		var raw json.RawMessage
		if err := decoder.Decode(&raw); err != nil {
			return nil, err
		}
		tenant, err := resource.ParseTenant(raw)
		if err != nil {
			return nil, fmt.Errorf("element %d of the list: %w", len(tenants)+1, err)
		}
		tenants = append(tenants, tenant)
	}
	_, err = decoder.Token()
	return tenants, err
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
