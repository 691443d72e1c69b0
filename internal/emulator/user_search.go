package emulator

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

const defaultSearchLimit = 100

var userSearchFields = []field{
	{name: "limit", kind: kindWhole},
	{name: "page", kind: kindWhole},
	{name: "offset", kind: kindWhole},
	{name: "loginId"},
	{name: "loginIds", kind: kindTexts},
	{name: "userIds", kind: kindTexts},
	{name: "tenantIds", kind: kindTexts},
	{name: "includeSubTenants", kind: kindFlag},
	{name: "roleNames", kind: kindTexts},
	{name: "text"},
	{name: "sort", kind: kindObjects},
	{name: "withTestUser", kind: kindFlag},
	{name: "testUsersOnly", kind: kindFlag},
	{name: "ssoOnly", kind: kindFlag},
	{name: "scimOnly", kind: kindFlag},
	{name: "statuses", kind: kindTexts},
	{name: "emails", kind: kindTexts},
	{name: "phones", kind: kindTexts},
	{name: "ssoAppIds", kind: kindTexts},
	{name: "customAttributes", kind: kindMap},
	{name: "fromCreatedTime", kind: kindLong},
	{name: "toCreatedTime", kind: kindLong},
	{name: "fromModifiedTime", kind: kindLong},
	{name: "toModifiedTime", kind: kindLong},
	{name: "tenantRoleNames", kind: kindMap},
	{name: "tenantRoleIds", kind: kindMap},
	{name: "selectedColumns", kind: kindTexts},
}

// condition is one part of a search; a user must meet all of them.
type condition func(*user) bool

func (s *Server) searchTestUsers(c *call) ([]byte, error) {
	c.body["testUsersOnly"] = json.RawMessage("true")
	return s.searchUsers(c)
}

// searchUsers answers one page of the users who meet all conditions, and how
// many meet them. Test users are left out unless they are asked for.
func (s *Server) searchUsers(c *call) ([]byte, error) {
	conditions, err := s.userConditions(c)
	if err != nil {
		return nil, err
	}
	order, err := orderBy(c.body, "users", userComparisons)
	if err != nil {
		return nil, err
	}
	var matches []*user
	for u := range c.content().users.all() {
		if !slices.ContainsFunc(conditions, func(meets condition) bool { return !meets(u) }) {
			matches = append(matches, u)
		}
	}
	slices.SortStableFunc(matches, order)
	from, to, err := page(c.body, len(matches))
	if err != nil {
		return nil, err
	}
	var items [][]byte
	for _, u := range matches[from:to] {
		items = append(items, c.content().showUser(u))
	}
	return answerObject(answerMember{"users", list(items)}, answerMember{"total", encoded(len(matches))}), nil
}

// page is the part of the matches that the request asks for: offset wins over
// page when it is not zero.
func page(body object, total int) (from, to int, err error) {
	limit, number, offset := body.whole("limit"), body.whole("page"), body.whole("offset")
	for _, one := range []struct {
		name  string
		value int64
	}{{"limit", limit}, {"page", number}, {"offset", offset}} {
		if one.value < 0 {
			return 0, 0, &fieldError{one.name, "must not be negative"}
		}
	}
	if limit == 0 {
		limit = defaultSearchLimit
	}
	if offset == 0 {
		offset = number * limit
	}
	from = int(min(offset, int64(total)))
	return from, int(min(int64(from)+limit, int64(total))), nil
}

func (s *Server) userConditions(c *call) ([]condition, error) {
	var conditions []condition
	body := c.body
	if len(decoded[object](body["tenantRoleIds"])) > 0 {
		return nil, s.refusal(unknownUserRoleIDs)
	}
	add := func(when bool, meets condition) {
		if when {
			conditions = append(conditions, meets)
		}
	}
	test, onlyTest := body.flag("withTestUser"), body.flag("testUsersOnly")
	add(onlyTest, func(u *user) bool { return u.fields.flag("test") })
	add(!onlyTest && !test, func(u *user) bool { return !u.fields.flag("test") })
	add(body.flag("ssoOnly"), func(u *user) bool { return u.fields.flag("SAML") || u.fields.flag("OIDC") })
	add(body.flag("scimOnly"), func(u *user) bool { return u.fields.flag("SCIM") })

	logins, ids := body.texts("loginIds"), body.texts("userIds")
	if one := body.text("loginId"); one != "" {
		logins = append(logins, one)
	}
	add(len(logins) > 0, func(u *user) bool { return intersect(logins, u.logins) })
	add(len(ids) > 0, func(u *user) bool { return slices.Contains(ids, u.id) })
	for list, name := range map[string]string{"statuses": "status", "emails": "email", "phones": "phone"} {
		wanted := body.texts(list)
		add(len(wanted) > 0, func(u *user) bool { return slices.Contains(wanted, u.shownText(name)) })
	}
	apps, attributes := body.texts("ssoAppIds"), decoded[object](body["customAttributes"])
	add(len(apps) > 0, func(u *user) bool { return intersect(apps, u.fields.texts("ssoAppIds")) })
	add(len(attributes) > 0, func(u *user) bool { return hasAttributes(u.fields, attributes) })
	text := strings.ToLower(body.text("text"))
	add(text != "", func(u *user) bool { return u.mentions(text) })

	ofTenants, err := tenantConditions(c)
	if err != nil {
		return nil, err
	}
	return slices.Concat(conditions, ofTenants, timeConditions(body)), nil
}

// tenantConditions are those on memberships and roles.
func tenantConditions(c *call) ([]condition, error) {
	var conditions []condition
	content, tenants, below := c.content(), c.body.texts("tenantIds"), c.body.flag("includeSubTenants")
	if len(tenants) > 0 {
		conditions = append(conditions, func(u *user) bool {
			return slices.ContainsFunc(u.memberships, func(m membership) bool {
				return slices.Contains(tenants, m.tenant) || below && content.below(m.tenant, tenants)
			})
		})
	}
	if roles := c.body.texts("roleNames"); len(roles) > 0 {
		conditions = append(conditions, func(u *user) bool {
			return intersect(roles, u.fields.texts("roleNames")) ||
				slices.ContainsFunc(u.memberships, func(m membership) bool { return intersect(roles, m.roles) })
		})
	}
	type roleList struct {
		Values []string `json:"values"`
		And    bool     `json:"and"`
	}
	byTenant, err := decodeField[map[string]roleList](c.body, "tenantRoleNames")
	if err != nil {
		return nil, err
	}
	for tenant, wanted := range byTenant {
		conditions = append(conditions, func(u *user) bool {
			return slices.ContainsFunc(u.memberships, func(m membership) bool {
				missing := slices.ContainsFunc(wanted.Values, func(name string) bool { return !slices.Contains(m.roles, name) })
				return m.tenant == tenant && (wanted.And && !missing || !wanted.And && intersect(wanted.Values, m.roles))
			})
		})
	}
	return conditions, nil
}

// timeConditions compare epoch milliseconds; zero and less mean no bound (the
// Go SDK sends year 1 for "not set").
func timeConditions(body object) []condition {
	var conditions []condition
	for _, name := range []string{"CreatedTime", "ModifiedTime"} {
		from, to := max(body.whole("from"+name), 0), body.whole("to"+name)
		if to <= 0 {
			to = math.MaxInt64
		}
		stored := strings.ToLower(name[:1]) + name[1:]
		conditions = append(conditions, func(u *user) bool {
			at := u.fields.whole(stored) * 1000
			return from <= at && at <= to
		})
	}
	return conditions
}

// mentions reports whether a lower-case text occurs in what names the user.
func (u *user) mentions(text string) bool {
	names := append([]string{u.shownText("name"), u.shownText("email"), u.shownText("phone")}, u.logins...)
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(strings.ToLower(name), text) })
}

// shownText is a text of the user as the API answers it.
func (u *user) shownText(name string) string {
	if set := u.fields.text(name); set != "" {
		return set
	}
	at := slices.IndexFunc(userFields, func(f field) bool { return f.name == name })
	return decoded[string](userFields[at].zero())
}

// orderBy reads the sort list of a search; what compares equal stays in the
// order of ids. What the list sorts is named for the message.
func orderBy[T any](body object, what string, comparisons map[string]func(a, b T) int) (func(a, b T) int, error) {
	type sortItem struct {
		Field string `json:"field"`
		Desc  bool   `json:"desc"`
	}
	items, err := decodeField[[]sortItem](body, "sort")
	if err != nil {
		return nil, err
	}
	var orders []func(a, b T) int
	for _, item := range items {
		compare, known := comparisons[item.Field]
		if !known {
			return nil, &fieldError{"sort", "names a field by which " + what + " cannot be sorted: " + item.Field}
		}
		if item.Desc {
			ascending := compare
			compare = func(a, b T) int { return ascending(b, a) }
		}
		orders = append(orders, compare)
	}
	return func(a, b T) int {
		for _, compare := range orders {
			if order := compare(a, b); order != 0 {
				return order
			}
		}
		return 0
	}, nil
}

var userComparisons = map[string]func(a, b *user) int{
	"id":          func(a, b *user) int { return strings.Compare(a.id, b.id) },
	"createdTime": func(a, b *user) int { return cmp.Compare(a.fields.whole("createdTime"), b.fields.whole("createdTime")) },
	"modifiedTime": func(a, b *user) int {
		return cmp.Compare(a.fields.whole("modifiedTime"), b.fields.whole("modifiedTime"))
	},
	"externalId":  func(a, b *user) int { return strings.Compare(a.logins[0], b.logins[0]) },
	"displayName": func(a, b *user) int { return strings.Compare(a.fields.text("name"), b.fields.text("name")) },
	"phoneNumber": func(a, b *user) int { return strings.Compare(a.fields.text("phone"), b.fields.text("phone")) },
	"email":       func(a, b *user) int { return strings.Compare(a.fields.text("email"), b.fields.text("email")) },
	"status":      func(a, b *user) int { return strings.Compare(a.shownText("status"), b.shownText("status")) },
	"tenant":      func(a, b *user) int { return strings.Compare(a.firstTenant(), b.firstTenant()) },
}

func (u *user) firstTenant() string {
	if len(u.memberships) == 0 {
		return ""
	}
	return u.memberships[0].tenant
}
