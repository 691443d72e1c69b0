package emulator

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// auditRoutes are the calls on the audit log.
var auditRoutes = []route{
	{method: http.MethodPost, path: "/v1/mgmt/audit/event", fields: auditEventFields, tenant: "tenantId", handle: (*Server).createAuditEvent},
	{method: http.MethodPost, path: "/v1/mgmt/audit/search", fields: auditSearchFields, handle: (*Server).searchAudits},
}

const (
	// auditPage is the default size of a page, and the largest.
	auditPage = 1000
	auditDays = 30 * 24 * time.Hour
)

var (
	auditEventFields = []field{
		{name: "action"},
		{name: "type", allowed: []string{"", auditInfo, auditWarn, auditError}},
		{name: "actorId"},
		{name: "tenantId"},
		{name: "userId"},
		{name: "data", kind: kindMap},
	}
	auditSearchFields = []field{
		{name: "from", kind: kindLong},
		{name: "to", kind: kindLong},
		{name: "userIds", kind: kindTexts},
		{name: "actorIds", kind: kindTexts},
		{name: "actions", kind: kindTexts},
		{name: "excludedActions", kind: kindTexts},
		{name: "devices", kind: kindTexts},
		{name: "methods", kind: kindTexts},
		{name: "geos", kind: kindTexts},
		{name: "remoteAddresses", kind: kindTexts},
		{name: "externalIds", kind: kindTexts},
		{name: "excludedExternalIds", kind: kindTexts},
		{name: "loginIdsContain", kind: kindTexts},
		{name: "loginIdsNotContain", kind: kindTexts},
		{name: "tenants", kind: kindTexts},
		{name: "noTenants", kind: kindFlag},
		{name: "text"},
		{name: "size", kind: kindWhole},
		{name: "page", kind: kindWhole},
		{name: "oldestFirst", kind: kindFlag},
		{name: "searchFields", kind: kindObjects},
		{name: "auditTypes", kind: kindTexts},
		{name: "levels", kind: kindTexts},
	}
)

// createAuditEvent adds a record of the caller's own. The call itself leaves
// another one.
func (s *Server) createAuditEvent(c *call) ([]byte, error) {
	for _, name := range []string{"action", "type", "actorId", "tenantId"} {
		if c.body.text(name) == "" {
			return nil, required(name)
		}
	}
	tenant := c.body.text("tenantId")
	if _, exists := c.content().tenants.get(tenant); !exists {
		if err := s.refusal(unknownAuditTenant); err != nil {
			return nil, err
		}
	}
	occurred := s.options.Now().UnixMilli()
	record := &auditRecord{
		id: c.content().audit.newID(occurred), occurred: occurred, tenants: []string{tenant}, data: c.body["data"],
		texts: map[string]string{"projectId": c.project.id, "remoteAddress": c.remote},
	}
	for _, name := range []string{"action", "type", "actorId", "userId"} {
		record.texts[name] = c.body.text(name)
	}
	b := &batch{call: c}
	b.putAudit(c.content(), record)
	return nil, s.commit(b)
}

// searchAudits answers one page of the records that meet all conditions, the
// newest first, and how many meet them.
func (s *Server) searchAudits(c *call) ([]byte, error) {
	for _, name := range []string{"searchFields", "auditTypes", "levels"} {
		if raw := c.body[name]; raw != nil && string(raw) != "[]" {
			return nil, s.refusal(unknownAuditFilters)
		}
	}
	size, number := c.body.whole("size"), c.body.whole("page")
	switch {
	case size < 0:
		return nil, &fieldError{"size", "must not be negative"}
	case number < 0:
		return nil, &fieldError{"page", "must not be negative"}
	case size > auditPage:
		return nil, s.refusal(unknownAuditSize)
	case size == 0:
		size = auditPage
	}
	conditions := s.auditConditions(c.body)
	var matches []*auditRecord
	for _, record := range c.content().audit.all() {
		if !slices.ContainsFunc(conditions, func(meets auditCondition) bool { return !meets(record) }) {
			matches = append(matches, record)
		}
	}
	if !c.body.flag("oldestFirst") {
		slices.Reverse(matches)
	}
	from := min(number*size, int64(len(matches)))
	var items [][]byte
	for _, record := range matches[from:min(from+size, int64(len(matches)))] {
		items = append(items, record.show())
	}
	return answerObject(answerMember{"audits", list(items)}, answerMember{"total", encoded(len(matches))}), nil
}

// auditCondition is one part of a search; a record must meet all of them.
type auditCondition func(*auditRecord) bool

func (s *Server) auditConditions(body object) []auditCondition {
	var conditions []auditCondition
	from, to := body.whole("from"), body.whole("to")
	from = max(from, s.options.Now().Add(-auditDays).UnixMilli())
	if to <= 0 { // the Go SDK sends year 1 for "not set"
		to = math.MaxInt64
	}
	conditions = append(conditions, func(r *auditRecord) bool { return from <= r.occurred && r.occurred <= to })
	for list, name := range map[string]string{
		"userIds": "userId", "actorIds": "actorId", "actions": "action", "devices": "device", "methods": "method", "geos": "geo",
		"remoteAddresses": "remoteAddress",
	} {
		if wanted := body.texts(list); len(wanted) > 0 {
			conditions = append(conditions, func(r *auditRecord) bool { return slices.Contains(wanted, r.texts[name]) })
		}
	}
	if excluded := body.texts("excludedActions"); len(excluded) > 0 {
		conditions = append(conditions, func(r *auditRecord) bool { return !slices.Contains(excluded, r.texts["action"]) })
	}
	if tenants, without := body.texts("tenants"), body.flag("noTenants"); len(tenants) > 0 {
		conditions = append(conditions, func(r *auditRecord) bool {
			return intersect(tenants, r.tenants) || without && len(r.tenants) == 0
		})
	}
	if text := strings.ToLower(body.text("text")); text != "" {
		conditions = append(conditions, func(r *auditRecord) bool { return r.mentions(text) })
	}
	return append(conditions, loginConditions(body)...)
}

// loginConditions are those on the login ids of a record.
func loginConditions(body object) []auditCondition {
	var conditions []auditCondition
	contains := func(r *auditRecord, parts []string) bool {
		return slices.ContainsFunc(r.logins, func(login string) bool {
			return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(login, part) })
		})
	}
	for name, meets := range map[string]func(r *auditRecord, items []string) bool{
		"externalIds":         func(r *auditRecord, items []string) bool { return intersect(items, r.logins) },
		"excludedExternalIds": func(r *auditRecord, items []string) bool { return !intersect(items, r.logins) },
		"loginIdsContain":     contains,
		"loginIdsNotContain":  func(r *auditRecord, items []string) bool { return !contains(r, items) },
	} {
		if items := body.texts(name); len(items) > 0 {
			conditions = append(conditions, func(r *auditRecord) bool { return meets(r, items) })
		}
	}
	return conditions
}

// mentions reports whether a lower-case text occurs anywhere in the record.
func (r *auditRecord) mentions(text string) bool {
	values := slices.Concat(r.logins, r.tenants, []string{r.id, string(r.data)})
	for _, value := range r.texts {
		values = append(values, value)
	}
	return slices.ContainsFunc(values, func(value string) bool { return strings.Contains(strings.ToLower(value), text) })
}
