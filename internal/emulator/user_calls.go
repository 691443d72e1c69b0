package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// userRoutes are the calls on users: what deletes of tenants need to count and to cascade.
var userRoutes = []route{
	{method: http.MethodPost, path: "/v1/mgmt/user/create", fields: userCreateFields, handle: (*Server).createUser},
	{method: http.MethodPost, path: "/v1/mgmt/user/create/test", fields: userCreateFields, handle: (*Server).createTestUser},
	{method: http.MethodGet, path: "/v1/mgmt/user", handle: (*Server).loadUser},
	{method: http.MethodPost, path: "/v1/mgmt/user/delete", fields: userDeleteFields, handle: (*Server).deleteUser},
	{method: http.MethodDelete, path: "/v1/mgmt/user/test/delete/all", handle: (*Server).deleteTestUsers},
	{method: http.MethodPost, path: "/v1/mgmt/user/search", fields: userSearchFields, handle: (*Server).searchUsers},
	{method: http.MethodPost, path: "/v2/mgmt/user/search", fields: userSearchFields, handle: (*Server).searchUsers},
	{method: http.MethodPost, path: "/v1/mgmt/user/search/test", fields: userSearchFields, handle: (*Server).searchTestUsers},
	{method: http.MethodPost, path: "/v2/mgmt/user/search/test", fields: userSearchFields, handle: (*Server).searchTestUsers},
}

// userCreateFields hold both spellings where Descope's SDKs and its OpenAPI
// disagree: displayName and name, additionalLoginIds and additionalIdentifiers,
// ssoAppIDs and ssoAppIds.
var userCreateFields = []field{
	{name: "loginId"},
	{name: "email"},
	{name: "phone"},
	{name: "verifiedEmail", kind: kindFlag},
	{name: "verifiedPhone", kind: kindFlag},
	{name: "displayName"},
	{name: "name"},
	{name: "givenName"},
	{name: "middleName"},
	{name: "familyName"},
	{name: "roleNames", kind: kindTexts},
	{name: "userTenants", kind: kindObjects},
	{name: "customAttributes", kind: kindMap},
	{name: "picture"},
	{name: "additionalLoginIds", kind: kindTexts},
	{name: "additionalIdentifiers", kind: kindTexts},
	{name: "ssoAppIDs", kind: kindTexts},
	{name: "ssoAppIds", kind: kindTexts},
	{name: "invite", kind: kindFlag},
	{name: "inviteUrl"},
	{name: "sendMail", kind: kindFlag},
	{name: "sendSMS", kind: kindFlag},
	{name: "templateId"},
	{name: "templateOptions", kind: kindAny},
	{name: "locale"},
	{name: "test", kind: kindFlag},
	{name: "status", allowed: userStatuses},
	{name: "password"},
	{name: "hashedPassword", kind: kindAny},
}

var userDeleteFields = []field{{name: "loginId"}, {name: "userId"}}

func (s *Server) createTestUser(c *call) ([]byte, error) {
	c.body["test"] = json.RawMessage("true")
	return s.createUser(c)
}

func (s *Server) createUser(c *call) ([]byte, error) {
	login := c.body.text("loginId")
	if login == "" {
		return nil, required("loginId")
	}
	logins := []string{login}
	for _, more := range append(c.body.texts("additionalLoginIds"), c.body.texts("additionalIdentifiers")...) {
		if more != "" && !slices.Contains(logins, more) {
			logins = append(logins, more)
		}
	}
	for _, one := range logins {
		if _, taken := c.content().logins[one]; taken {
			return nil, errUserExists
		}
	}
	created, err := newUser(s.userFields(c.body, logins))
	if err != nil {
		return nil, err
	}
	for _, m := range created.memberships {
		if _, exists := c.content().tenants.get(m.tenant); !exists {
			return nil, s.refusal(unknownUserTenant)
		}
	}
	b := &batch{call: c}
	b.putUser(created)
	if err := s.commit(b); err != nil {
		return nil, err
	}
	return answerObject(answerMember{"user", c.content().showUser(created)}, answerMember{"created", json.RawMessage("true")}), nil
}

// userFields turns a create request into the stored user. A login id that
// looks like a mail address becomes the verified address, as observed.
func (s *Server) userFields(body object, logins []string) object {
	fields := object{}
	for key, raw := range body {
		if hasField(userFields, key) && key != "password" {
			fields[key] = raw
		}
	}
	if name := body.text("displayName"); name != "" {
		fields["name"] = encoded(name)
	}
	if apps, sent := body["ssoAppIDs"]; sent {
		fields["ssoAppIds"] = apps
	}
	if _, hasPassword := body["password"]; hasPassword || body["hashedPassword"] != nil {
		fields["password"] = json.RawMessage("true")
	}
	if strings.Contains(logins[0], "@") && body.text("email") == "" {
		fields["email"], fields["verifiedEmail"] = encoded(logins[0]), json.RawMessage("true")
	}
	fields["userId"] = encoded(s.random.id("U"))
	fields["loginIds"] = encoded(logins)
	fields["createdTime"] = encoded(s.seconds())
	fields["modifiedTime"] = fields["createdTime"]
	return fields
}

// findUser looks a user up by login id or by user id.
func findUser(c *content, login, id string) (*user, error) {
	if login == "" && id == "" {
		return nil, required("loginId")
	}
	if id == "" {
		id = c.logins[login]
		if id == "" {
			id = login // the SDKs send either of them as loginId
		}
	}
	if found, exists := c.users.get(id); exists {
		return found, nil
	}
	return nil, errUserNotFound
}

func (s *Server) loadUser(c *call) ([]byte, error) {
	found, err := findUser(c.content(), c.query.Get("loginId"), c.query.Get("userId"))
	if err != nil {
		return nil, err
	}
	return answerObject(answerMember{"user", c.content().showUser(found)}), nil
}

func (s *Server) deleteUser(c *call) ([]byte, error) {
	found, err := findUser(c.content(), c.body.text("loginId"), c.body.text("userId"))
	if err != nil {
		return nil, err
	}
	b := &batch{call: c}
	b.dropUser(found)
	return nil, s.commit(b)
}

func (s *Server) deleteTestUsers(c *call) ([]byte, error) {
	b := &batch{call: c}
	for u := range c.content().users.all() {
		if u.fields.flag("test") {
			b.dropUser(u)
		}
	}
	return nil, s.commit(b)
}
