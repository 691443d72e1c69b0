package live

func userProbes() []Probe {
	create := post("/v1/mgmt/user/create/test", `{"loginId":"{run}-user","test":true,"displayName":"{marker}"}`)
	user := []Object{{KindUser, "{run}-user"}}
	return []Probe{
		{ID: "user-load-missing", Question: "load of a user who does not exist", Ask: get("/v1/mgmt/user?loginId={run}-nobody")},
		{ID: "user-delete-missing", Question: "delete of a user who does not exist", Ask: post("/v1/mgmt/user/delete", `{"loginId":"{run}-nobody"}`)},
		{ID: "user-create-test", Question: "what a create of a test user answers", Makes: user, Ask: create, See: []string{"user.test", "user.status"}},
		{ID: "user-create-again", Question: "create of a test user who exists", Makes: user, Needs: []Request{create}, Ask: create},
		{
			ID: "user-create-unknown-tenant", Question: "create of a test user in a tenant that does not exist", Makes: user,
			Ask: post("/v1/mgmt/user/create/test", `{"loginId":"{run}-user","test":true,"displayName":"{marker}","userTenants":[{"tenantId":"{run}-nobody","roleNames":[]}]}`),
		},
		{
			ID: "user-search-hides-test", Question: "a search that does not ask for test users", Makes: user, Needs: []Request{create},
			Ask: post("/v2/mgmt/user/search", `{"loginIds":["{run}-user"]}`), See: []string{"total", "users.0.test"},
		},
		{
			ID: "tenant-delete-with-users", Question: "delete of a tenant that has a test user, without cascade", Makes: append(tenants("members"), user...),
			Needs: []Request{
				made("members", marked),
				post("/v1/mgmt/user/create/test", `{"loginId":"{run}-user","test":true,"displayName":"{marker}","userTenants":[{"tenantId":"{run}-members","roleNames":[]}]}`),
			},
			Ask:  post("/v1/mgmt/tenant/delete", `{"id":"{run}-members","cascade":false}`),
			Look: post("/v2/mgmt/user/search/test", `{"loginIds":["{run}-user"],"testUsersOnly":true}`), See: []string{"total", "users.0.userTenants"},
		},
		{ID: "user-search-limit", Question: "a search with a very large limit", Ask: post("/v2/mgmt/user/search", `{"limit":100000,"loginIds":["{run}-nobody"]}`)},
		{
			ID: "user-search-role-ids", Question: "a search by the ids of roles",
			Ask: post("/v2/mgmt/user/search", `{"loginIds":["{run}-nobody"],"tenantRoleIds":{"{run}-nobody":{"values":["ROL2aaaaaaaaaaaaaaaaaaaaaaaaaaa"],"and":false}}}`),
		},
	}
}

func otherProbes() []Probe {
	return []Probe{
		{ID: "theme-export", Question: "what an export of the theme has", Ask: post("/v2/mgmt/theme/export", ``)},
		{ID: "audit-search-from", Question: "a search of the audit log without a begin", Ask: post("/v1/mgmt/audit/search", `{"text":"{run}-nobody","size":1}`)},
		{ID: "audit-search-old", Question: "a search of the audit log from 1970 on", Ask: post("/v1/mgmt/audit/search", `{"from":1,"text":"{run}-nobody","size":1}`)},
		{ID: "audit-search-size", Question: "a search of the audit log with a size over 1000", Ask: post("/v1/mgmt/audit/search", `{"text":"{run}-nobody","size":1001}`)},
		{ID: "list-load-missing", Question: "load of a list that does not exist", NotEmulated: true, Ask: get("/v1/mgmt/list/name/{run}-nobody")},
		{ID: "list-delete-missing", Question: "delete of a list that does not exist", NotEmulated: true, Ask: post("/v1/mgmt/list/delete", `{"id":"{run}-nobody"}`)},
		{ID: "access-key-load-missing", Question: "load of an access key that does not exist", NotEmulated: true, Ask: get("/v1/mgmt/accesskey?id=K2aaaaaaaaaaaaaaaaaaaaaaaaaaa")},
	}
}
