package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// route is one endpoint of the management API.
type route struct {
	method, path string
	// fields are what a request body may hold; a call without body has none.
	fields []field
	// extras leaves fields outside of the table to the handler, because the
	// stored object may carry them; otherwise they are ignored or refused here.
	extras bool
	// tenant is the field, in the body or in the query, that names the tenant
	// which the call is about; empty means that it is about none.
	tenant string
	// keyOnly accepts a bearer without a project id.
	keyOnly bool
	// handle does the work with the data lock held and returns the JSON body of
	// the answer; nil means an empty object.
	handle func(*Server, *call) ([]byte, error)
}

// routeTables lists the table of every group of endpoints.
func routeTables() [][]route {
	return [][]route{
		accountRoutes, tenantRoutes, tenantSettingsRoutes, ssoRoutes, permissionRoutes, roleRoutes, passwordRoutes,
		userRoutes, flowRoutes, themeRoutes, auditRoutes,
	}
}

// call is one authorized request with a checked body.
type call struct {
	route      route
	project    *project // nil when the bearer is a key alone
	key        string
	remote     string // the client's address
	externalID string // the request id that the caller gave; may be empty
	query      url.Values
	body       object // known fields, checked, without nulls
	unknown    object // the others, nulls included
	recorded   bool   // whether the audit log has it already
}

// about is the tenant that the call names; empty when it names none.
func (c *call) about() string {
	switch {
	case c.route.tenant == "":
		return ""
	case c.route.fields == nil: // a read, or a DELETE
		return c.query.Get(c.route.tenant)
	default:
		return c.body.text(c.route.tenant)
	}
}

func (c *call) content() *content { return c.project.content }

// routes builds the lookup, by "METHOD /path".
func routes(o Options) map[string]route {
	lookup := map[string]route{}
	for _, group := range routeTables() {
		for _, r := range group {
			if o.NoPatch && r.method == http.MethodPatch {
				continue
			}
			lookup[r.method+" "+r.path] = r
		}
	}
	return lookup
}

// parse checks a request's body against the route's table.
func (s *Server) parse(r route, c *call, body []byte) error {
	c.body, c.unknown = object{}, object{}
	if len(bytes.TrimSpace(body)) == 0 || r.method == http.MethodGet {
		return nil
	}
	members, err := parseObject(body)
	if err != nil {
		chosen := s.chosen(unknownBodySyntax).err
		return chosen.withDetail(err.Error())
	}
	if c.body, c.unknown, err = split(r.fields, members); err != nil {
		return err
	}
	if r.extras {
		return nil
	}
	_, err = s.extras(c, func(string) bool { return false })
	return err
}

// extras picks the unknown request fields that the stored object carries. The
// others are ignored, or refused when unknown fields are rejected.
func (s *Server) extras(c *call, carries func(key string) bool) (object, error) {
	picked := object{}
	for _, key := range c.unknown.sortedKeys() {
		switch {
		case carries(key):
			picked[key] = c.unknown[key]
		case s.options.RejectUnknownFields:
			return nil, invalid(fmt.Sprintf("The request has an unknown field %q", key))
		}
	}
	return picked.withoutNulls(), nil
}

// answerObject is a JSON object of the given members, in the given order.
func answerObject(members ...answerMember) []byte {
	out := []byte{'{'}
	for _, m := range members {
		out = appendMember(out, m.name, m.value)
	}
	return append(out, '}')
}

type answerMember struct {
	name  string
	value json.RawMessage
}

// list writes a JSON array of items that are encoded already.
func list(items [][]byte) json.RawMessage {
	size := 2
	for _, item := range items {
		size += len(item) + 1
	}
	out := append(make([]byte, 0, size), '[')
	for i, item := range items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, item...)
	}
	return append(out, ']')
}
