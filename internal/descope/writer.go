package descope

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Writer makes the calls that change something. It reads only what a write
// has to be laid over. For each error of type *[Error], OutcomeUnknown tells
// whether the write may have taken effect all the same.
type Writer struct{ caller *caller }

// CreateTenant creates a tenant from fields under their wire names, and
// returns its id: the given one, or the service's where id is empty.
func (w *Writer) CreateTenant(ctx context.Context, id string, fields map[string]resource.Value) (string, error) {
	members := make(map[string]resource.Value, len(fields)+1)
	for name, value := range fields {
		if name == "id" || value == resource.Absent {
			return "", fmt.Errorf("create tenant %q: field %q cannot be set", id, name)
		}
		members[name] = value
	}
	if id != "" {
		members["id"] = resource.StringValue(id)
	}
	created := id
	err := w.caller.do(ctx, call{
		method: http.MethodPost, path: pathTenantCreate, kind: kindCreate, body: fixed(resource.ObjectValue(members)),
		decode: func(answer io.Reader) (err error) {
			created, err = decodeCreated(answer, id)
			return err
		},
		readBack: func(ctx context.Context) (finding, error) {
			return w.caller.lookAtCreated(ctx, id, fields, func(given string) { created = given })
		},
	})
	if err != nil {
		return "", err
	}
	return created, nil
}

// UpdateTenant changes what the edit names, and nothing else: with a partial
// update where the host knows that call, else by writing the whole tenant as a
// fresh read gives it with the edit laid over it. The first partial update of a
// client finds out which; others wait for its answer.
func (w *Writer) UpdateTenant(ctx context.Context, id string, edit resource.TenantEdit) error {
	if edit.IsEmpty() {
		return nil
	}
	if err := checkEdit(id, edit); err != nil {
		return err
	}
	known, err := w.caller.patch.try(ctx, func(kind kind) error { return w.patchTenant(ctx, id, edit, kind) })
	if known {
		return err
	}
	var before object
	return w.caller.do(ctx, call{
		method: http.MethodPost, path: pathTenantUpdate, kind: kindUpdate, overRead: true,
		body:     func(ctx context.Context) ([]byte, error) { return w.caller.wholeTenant(ctx, id, edit, &before) },
		readBack: func(ctx context.Context) (finding, error) { return w.caller.lookAtEdited(ctx, id, edit, before) },
	})
}

func (w *Writer) patchTenant(ctx context.Context, id string, edit resource.TenantEdit, kind kind) error {
	var before object
	return w.caller.do(ctx, call{
		method: http.MethodPatch, path: pathTenantPatch, kind: kind, overRead: edit.TouchesAttributes(),
		body:     func(ctx context.Context) ([]byte, error) { return w.caller.partialTenant(ctx, id, edit, &before) },
		readBack: func(ctx context.Context) (finding, error) { return w.caller.lookAtEdited(ctx, id, edit, before) },
	})
}

// UpdateSettings changes what the edit names in a tenant's settings. Descope
// replaces the settings as a whole, so that they are read, overlaid and written.
func (w *Writer) UpdateSettings(ctx context.Context, id string, edit resource.SettingsEdit) error {
	if edit.IsEmpty() {
		return nil
	}
	for name, value := range edit.Set {
		if name == "id" || name == "tenantId" || value == resource.Absent {
			return fmt.Errorf("update the settings of tenant %q: field %q cannot be set", id, name)
		}
	}
	var before object
	return w.caller.do(ctx, call{
		method: http.MethodPost, path: pathTenantSettings, kind: kindSettings, overRead: true,
		body:     func(ctx context.Context) ([]byte, error) { return w.caller.wholeSettings(ctx, id, edit, &before) },
		readBack: func(ctx context.Context) (finding, error) { return w.caller.lookAtSettings(ctx, id, edit, before) },
	})
}

// SetDefaultRoles replaces the tenant's default roles.
func (w *Writer) SetDefaultRoles(ctx context.Context, id string, edit resource.RolesEdit) error {
	roles := resource.StringsValue(edit.Roles)
	return w.caller.do(ctx, call{
		method: http.MethodPost, path: pathTenantDefaultRoles, kind: kindRoles,
		body: fixed(resource.ObjectValue(map[string]resource.Value{"id": resource.StringValue(id), rolesField: roles})),
		readBack: func(ctx context.Context) (finding, error) {
			return w.caller.lookAtRoles(ctx, id, roles, edit.Check)
		},
	})
}

// DeleteTenant deletes a tenant. There is no way back.
func (w *Writer) DeleteTenant(ctx context.Context, id string, edit resource.TenantDelete) error {
	if id == "" {
		return errors.New("delete tenant: the id is empty")
	}
	body := resource.ObjectValue(map[string]resource.Value{
		"id": resource.StringValue(id), "cascade": resource.BoolValue(edit.Cascade),
	})
	return w.caller.do(ctx, call{
		method: http.MethodPost, path: pathTenantDelete, kind: kindDelete, body: fixed(body),
		readBack: func(ctx context.Context) (finding, error) { return w.caller.lookAtDeleted(ctx, id, edit.Check) },
	})
}

// decodeCreated reads {"id": …}. An answer without an id confirms the given
// one; another id than the given one is for the caller to judge.
func decodeCreated(answer io.Reader, asked string) (string, error) {
	raw, err := decodeOne(answer)
	if err != nil {
		return "", err
	}
	var created struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(raw, &created); err != nil {
		return "", err
	}
	switch {
	case created.ID == "" && asked == "":
		return "", errors.New(`the answer has no "id"`)
	case created.ID == "":
		return asked, nil
	}
	return created.ID, nil
}
