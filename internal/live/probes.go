package live

import (
	"net/http"
	"slices"
)

// Probes is the table of what is asked: what the sources leave open, where the
// question can be asked without touching anything that is not the run's own.
// Whether a built-in flow or a system permission can be deleted is not asked,
// since the answer may be yes; nor is what leaves a trace that nobody can remove.
func Probes() []Probe {
	return slices.Concat(
		callProbes(), tenantProbes(), attributeProbes(), tenantWriteProbes(), settingsProbes(), ssoProbes(), rightsProbes(),
		flowProbes(), flowImportProbes(), userProbes(), otherProbes(),
	)
}

func get(path string) Request { return Request{Method: http.MethodGet, Path: path} }

func post(path, body string) Request {
	return Request{Method: http.MethodPost, Path: path, Body: body}
}

func patch(path, body string) Request {
	return Request{Method: http.MethodPatch, Path: path, Body: body}
}

// as is the same call under another bearer.
func as(bearer string, r Request) Request {
	r.Bearer = bearer
	return r
}

// made creates a tenant of the run, and more is the rest of its fields.
func made(name, more string) Request {
	return post("/v1/mgmt/tenant/create", `{"id":"{run}-`+name+`","name":"Live {run} `+name+`"`+more+`}`)
}

const marked = `,"customAttributes":{"{attribute}":"{marker}"}`

func tenants(names ...string) []Object {
	objects := make([]Object, len(names))
	for i, name := range names {
		objects[i] = Object{KindTenant, "{run}-" + name}
	}
	return objects
}

func found(name string) Request {
	return post("/v1/mgmt/tenant/search", `{"tenantIds":["{run}-`+name+`"]}`)
}

func callProbes() []Probe {
	all := get("/v1/mgmt/tenant/all")
	return []Probe{
		{ID: "auth-missing", Question: "no bearer", Ask: as(BearerNone, all)},
		{ID: "auth-malformed", Question: "a bearer that is not P…:K…", Ask: as("Bearer nonsense", all)},
		{ID: "auth-wrong-key", Question: "a wrong management key", Ask: as("Bearer {project}:K2aaaaaaaaaaaaaaaaaaaaaaaaaaa", all)},
		{ID: "auth-unknown-project", Question: "a project that does not exist", Ask: as("Bearer P2aaaaaaaaaaaaaaaaaaaaaaaaaaa:K2aaaaaaaaaaaaaaaaaaaaaaaaaaa", all)},
		{ID: "projects-list", Question: "the list of projects, with this key alone", Ask: as(BearerKeyOnly, post("/v1/mgmt/projects/list", "{}"))},
		{ID: "license", Question: "the licence handshake", Ask: get("/v1/mgmt/license")},
		{ID: "route-unknown", Question: "a path that does not exist", Ask: get("/v1/mgmt/no-such-call")},
		{ID: "route-method", Question: "a path that exists, with another method", Ask: post("/v1/mgmt/tenant", "{}")},
		{ID: "body-syntax", Question: "a body that is no JSON", Ask: post("/v1/mgmt/tenant/search", `{"tenantIds":`)},
		{ID: "body-key-twice", Question: "a body that names a key twice", Ask: post("/v1/mgmt/tenant/search", `{"tenantIds":["{run}-a"],"tenantIds":["{run}-b"]}`)},
		{ID: "body-wrong-type", Question: "a text where a list belongs", Ask: post("/v1/mgmt/tenant/search", `{"tenantIds":"{run}-a"}`)},
		{ID: "unknown-fields", Question: "a request field that the endpoint does not know", Ask: post("/v1/mgmt/tenant/search", `{"tenantIds":["{run}-a"],"noSuchField":1}`)},
		{ID: "double-slash", Question: "a path that begins with two slashes", Ask: post("//v1/mgmt/tenant/search", `{"tenantIds":["{run}-a"]}`)},
	}
}

func tenantProbes() []Probe {
	return []Probe{
		{ID: "tenant-load-missing", Question: "load of a tenant that does not exist", Ask: get("/v1/mgmt/tenant?id={run}-nobody")},
		{ID: "tenant-search-missing", Question: "search for a tenant that does not exist", Ask: found("nobody")},
		{ID: "tenant-update-missing", Question: "update of a tenant that does not exist", Ask: post("/v1/mgmt/tenant/update", `{"id":"{run}-nobody","name":"Live {run} nobody"}`)},
		{ID: "tenant-update-no-id", Question: "update without an id", Ask: post("/v1/mgmt/tenant/update", `{"name":"Live {run} nobody"}`)},
		{ID: "tenant-patch-missing", Question: "patch of a tenant that does not exist", Ask: patch("/v1/mgmt/tenant/patch", `{"id":"{run}-nobody","name":"Live {run} nobody"}`)},
		{ID: "tenant-delete-missing", Question: "delete of a tenant that does not exist", Ask: post("/v1/mgmt/tenant/delete", `{"id":"{run}-nobody","cascade":false}`)},
		{ID: "tenant-create-no-name", Question: "create without a name", Makes: tenants("anon"), Ask: post("/v1/mgmt/tenant/create", `{"id":"{run}-anon"}`)},
		{
			ID: "tenant-create-same-id", Question: "create with an id that is taken", Makes: tenants("twin"),
			Needs: []Request{made("twin", marked)}, Ask: post("/v1/mgmt/tenant/create", `{"id":"{run}-twin","name":"Live {run} another"`+marked+`}`),
			Look: found("twin"), See: []string{"tenants.0.name"},
		},
		{
			ID: "tenant-create-same-name", Question: "create with a name that is taken", Makes: tenants("name", "name2"),
			Needs: []Request{made("name", marked)}, Ask: post("/v1/mgmt/tenant/create", `{"id":"{run}-name2","name":"Live {run} name"`+marked+`}`),
		},
		{
			ID: "tenant-create-unknown-parent", Question: "create under a parent that does not exist", Makes: tenants("orphan"),
			Ask: made("orphan", marked+`,"parent":"{run}-nobody"`),
		},
		{
			ID: "tenant-delete-with-children", Question: "delete of a tenant with children", Makes: tenants("parent", "child"),
			Needs: []Request{made("parent", marked), made("child", marked+`,"parent":"{run}-parent"`)},
			Ask:   post("/v1/mgmt/tenant/delete", `{"id":"{run}-parent","cascade":false}`),
			Look:  found("child"), See: []string{"tenants.0.parent"},
		},
	}
}

func attributeProbes() []Probe {
	return []Probe{
		{
			ID: "tenant-attribute-unconfigured", Question: "an attribute that the console does not define", Makes: tenants("attr"),
			Ask:  made("attr", `,"customAttributes":{"{attribute}":"{marker}","liveNoSuchAttribute":"x"}`),
			Look: found("attr"), See: []string{"tenants.0.customAttributes"},
		},
		{
			ID: "tenant-attribute-null", Question: "a null as the value of an attribute", Makes: tenants("null"),
			Ask:  made("null", `,"customAttributes":{"{attribute}":"{marker}","liveText":null}`),
			Look: found("null"), See: []string{"tenants.0.customAttributes"},
		},
		{
			ID: "tenant-attribute-int64", Question: "an attribute that is a whole number beyond 2^53", Makes: tenants("int64"),
			Ask:  made("int64", `,"customAttributes":{"{attribute}":"{marker}","liveNumber":9007199254740993}`),
			Look: found("int64"), See: []string{"tenants.0.customAttributes.liveNumber"},
		},
		{
			ID: "tenant-attribute-decimal", Question: "an attribute that is a long decimal number", Makes: tenants("decimal"),
			Ask:  made("decimal", `,"customAttributes":{"{attribute}":"{marker}","liveNumber":0.12345678901234567}`),
			Look: found("decimal"), See: []string{"tenants.0.customAttributes.liveNumber"},
		},
		{
			ID: "tenant-domain-shared", Question: "a self-provisioning domain that another tenant has", Makes: tenants("domain", "domain2"),
			Needs: []Request{made("domain", marked+`,"selfProvisioningDomains":["{domain}"]`)},
			Ask:   made("domain2", marked+`,"selfProvisioningDomains":["{domain}"]`),
		},
		{
			ID: "tenant-domain-form", Question: "a self-provisioning domain that is none", Makes: tenants("nodomain"),
			Ask: made("nodomain", marked+`,"selfProvisioningDomains":["no domain"]`),
		},
		{
			ID: "tenant-auth-type", Question: "an authType that is none of the documented values", Makes: tenants("authtype"),
			Ask: made("authtype", marked+`,"authType":"nonsense"`),
		},
		{
			ID: "tenant-role-inheritance", Question: "a roleInheritance that is none of the documented values", Makes: tenants("inherit"),
			Ask: made("inherit", marked+`,"roleInheritance":"nonsense"`),
		},
	}
}

const everything = marked + `,"selfProvisioningDomains":["{domain}"],"enforceSSO":false,"disabled":true,"roleInheritance":"userOnly"`

func tenantWriteProbes() []Probe {
	written := []string{"tenants.0.name", "tenants.0.customAttributes", "tenants.0.selfProvisioningDomains", "tenants.0.disabled", "tenants.0.roleInheritance"}
	return []Probe{
		{
			ID: "tenant-zero-values", Question: "what a tenant with nothing but a name shows", Makes: tenants("bare"),
			Needs: []Request{made("bare", "")}, Ask: get("/v1/mgmt/tenant?id={run}-bare"),
		},
		{
			ID: "tenant-update-absent", Question: "a writable field that an update leaves out", Makes: tenants("update"),
			Needs: []Request{made("update", everything)},
			Ask:   post("/v1/mgmt/tenant/update", `{"id":"{run}-update","name":"Live {run} updated"}`), Look: found("update"), See: written,
		},
		{
			ID: "tenant-update-null", Question: "a null in an update", Makes: tenants("upnull"),
			Needs: []Request{made("upnull", everything)},
			Ask:   post("/v1/mgmt/tenant/update", `{"id":"{run}-upnull","name":"Live {run} upnull","customAttributes":null,"selfProvisioningDomains":null}`),
			Look:  found("upnull"), See: written,
		},
		{
			ID: "tenant-patch", Question: "a patch of the name alone", Makes: tenants("patch"),
			Needs: []Request{made("patch", everything)},
			Ask:   patch("/v1/mgmt/tenant/patch", `{"id":"{run}-patch","name":"Live {run} patched"}`), Look: found("patch"), See: written,
		},
		{
			ID: "tenant-patch-custom-attributes", Question: "customAttributes in a patch: merged or replaced", Makes: tenants("merge"),
			Needs: []Request{made("merge", marked)},
			Ask:   patch("/v1/mgmt/tenant/patch", `{"id":"{run}-merge","customAttributes":{"liveText":"new"}}`),
			Look:  found("merge"), See: []string{"tenants.0.customAttributes"},
		},
		{
			ID: "tenant-default-roles-unknown-role", Question: "default roles that are no roles of the project", Makes: tenants("roles"),
			Needs: []Request{made("roles", marked)},
			Ask:   post("/v1/mgmt/tenant/updateDefaultRoles", `{"id":"{run}-roles","defaultRoles":["{run}-nobody"]}`),
			Look:  found("roles"), See: []string{"tenants.0.defaultRoles"},
		},
		{
			ID: "tenant-default-roles-missing-tenant", Question: "default roles of a tenant that does not exist",
			Ask: post("/v1/mgmt/tenant/updateDefaultRoles", `{"id":"{run}-nobody","defaultRoles":[]}`),
		},
	}
}
