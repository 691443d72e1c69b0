package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// Kind says what an object is.
type Kind string

// The kinds of objects that the suite makes.
const (
	KindUser       Kind = "test user"
	KindTenant     Kind = "tenant"
	KindFlow       Kind = "flow"
	KindRole       Kind = "role"
	KindPermission Kind = "permission"
)

// kinds are all of them, in the order in which they are deleted: members before
// tenants, roles before the permissions that they have.
func kinds() []Kind { return []Kind{KindUser, KindTenant, KindFlow, KindRole, KindPermission} }

// Object is something in the project, by what the suite calls it: a login id, a
// tenant's or a flow's id, the name of a role or a permission.
type Object struct {
	Kind Kind
	ID   string
}

// String is the kind and the id.
func (o Object) String() string { return string(o.Kind) + " " + o.ID }

// Found is a live object, with its marker where it carries one.
type Found struct {
	Object
	Marker string
	handle string // the service's own id of a test user or a role
	above  string // the parent of a tenant, or the tenant of a role
}

// usersOnPage is how many test users one search gives.
const usersOnPage = 100

// list is every object of a kind that is live, whoever made it.
func (a *API) list(ctx context.Context, kind Kind) ([]Found, error) {
	switch kind {
	case KindUser:
		return a.testUsers(ctx)
	case KindTenant:
		return listOf(ctx, a, Request{Method: http.MethodGet, Path: "/v1/mgmt/tenant/all"}, "tenants", func(t listed) Found {
			marker, _ := t.CustomAttributes[MarkerAttribute].(string)
			return Found{Object: Object{KindTenant, t.ID}, Marker: marker, above: t.Parent}
		})
	case KindFlow:
		return listOf(ctx, a, Request{Method: http.MethodPost, Path: "/v1/mgmt/flow/list", Body: "{}"}, "flows", func(f listed) Found {
			return Found{Object: Object{KindFlow, f.ID}, Marker: f.Description}
		})
	case KindRole:
		return listOf(ctx, a, Request{Method: http.MethodGet, Path: "/v1/mgmt/role/all"}, "roles", func(r listed) Found {
			return Found{Object: Object{KindRole, r.Name}, Marker: r.Description, handle: r.ID, above: r.TenantID}
		})
	default:
		return listOf(ctx, a, Request{Method: http.MethodGet, Path: "/v1/mgmt/permission/all"}, "permissions", func(p listed) Found {
			return Found{Object: Object{KindPermission, p.Name}, Marker: p.Description}
		})
	}
}

// listed is what the lists show of an object that matters here.
type listed struct {
	ID               string         `json:"id"`
	Name             string         `json:"name"`
	Description      string         `json:"description"`
	Parent           string         `json:"parent"`
	TenantID         string         `json:"tenantId"`
	CustomAttributes map[string]any `json:"customAttributes"`

	UserID   string   `json:"userId"`
	LoginIDs []string `json:"loginIds"`
	Test     bool     `json:"test"`
}

func listOf(ctx context.Context, a *API, r Request, key string, read func(listed) Found) ([]Found, error) {
	body, err := a.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	var lists map[string]json.RawMessage
	if err := json.Unmarshal(body, &lists); err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	items, there := lists[key]
	if !there { // an empty list may be left out; anything else may not be taken for one
		if len(lists) > 0 {
			return nil, fmt.Errorf("%s: the answer has no %q", r, key)
		}
		return nil, nil
	}
	var all []listed
	if err := json.Unmarshal(items, &all); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", r, key, err)
	}
	found := make([]Found, len(all))
	for i, one := range all {
		found[i] = read(one)
	}
	return found, nil
}

// testUsers are the test users of the project, and no other users.
func (a *API) testUsers(ctx context.Context) ([]Found, error) {
	var all []Found
	for page := 0; ; page++ {
		r := Request{
			Method: http.MethodPost, Path: "/v2/mgmt/user/search/test",
			Body: `{"testUsersOnly":true,"withTestUser":true,"limit":` + strconv.Itoa(usersOnPage) + `,"page":` + strconv.Itoa(page) + `}`,
		}
		users, err := listOf(ctx, a, r, "users", func(u listed) Found {
			if !u.Test || len(u.LoginIDs) == 0 {
				return Found{}
			}
			return Found{Object: Object{KindUser, u.LoginIDs[0]}, Marker: u.Name, handle: u.UserID}
		})
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(slices.Clone(users), func(f Found) bool { return f.handle == "" })...)
		if len(users) < usersOnPage {
			return all, nil
		}
	}
}

// known says that an object of the kind is deleted by what a list says of it: by
// an id of the service's own.
func (k Kind) known() bool { return k == KindUser || k == KindRole }

// deletion is the call that deletes an object. It never is one that deletes
// more: no cascade, and no "all test users".
func deletion(f Found) Request {
	body := map[string]any{}
	path := "/v1/mgmt/" + string(f.Kind) + "/delete"
	switch f.Kind {
	case KindUser:
		path, body["userId"] = "/v1/mgmt/user/delete", f.handle
	case KindTenant:
		body["id"], body["cascade"] = f.ID, false
	case KindFlow:
		body["ids"] = []string{f.ID}
	case KindRole:
		body["id"], body["tenantId"] = f.handle, f.above
	default:
		body["name"] = f.ID
	}
	text, _ := json.Marshal(body) // texts, a list of texts and a boolean
	return Request{Method: http.MethodPost, Path: path, Body: string(text)}
}
