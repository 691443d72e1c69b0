package descope

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
)

const (
	hintKey = "check the key from %s and the project id from %s: the key must belong to the project's company and not have expired; " +
		"keys are made in the Descope console under Company > Management Keys"
	hintPermission = "the key lacks a permission or the project, or its permitted IPs exclude this machine: see the key from %s " +
		"in the Descope console under Company > Management Keys"
	hintBaseURL = "check the base URL (--base-url, DESCOPE_BASE_URL): this does not look like Descope's management API"
	hintReplan  = "something else changed the object: plan again"
	hintPlan    = "whether the change took effect is not known: plan again to see"
)

// hintOf is the next step after an answered refusal.
func (c *caller) hintOf(failure *Error) string {
	key := cmp.Or(c.opts.KeySource, "DESCOPE_MANAGEMENT_KEY")
	switch failure.Status {
	case http.StatusUnauthorized:
		return hintOfForm(c.opts.ProjectID, c.opts.ManagementKey.Reveal()) + fmt.Sprintf(hintKey, key, cmp.Or(c.opts.ProjectSource, "DESCOPE_PROJECT_ID"))
	case http.StatusForbidden:
		return fmt.Sprintf(hintPermission, key)
	}
	if IsRateLimited(failure) {
		return fmt.Sprintf("the rate limit still holds: run the command again in %s, or with fewer --max-workers",
			seconds(failure.RetryAfter))
	}
	switch failure.Code {
	case codeTenantDuplicate:
		return "another tenant has this id or this name, and both are unique in a project: see descope-mgmt tenant list"
	case codeTenantNotFound, codeTenantNotUpdated:
		return "see which tenants there are with descope-mgmt tenant list"
	case codeFlowNotFound:
		return "see which flows there are with descope-mgmt flow list"
	case codeBadRequest, codeMissingArguments, codeInvalidRequest, codeInvalidArguments:
		return "the service refuses a value: correct what the message names"
	case codeProjectNotFound:
		return "check the project id (--project-id, DESCOPE_PROJECT_ID)"
	case codeUnknownRoute:
		return "the service does not know this call, or failed inside: " + hintBaseURL
	}
	return hintOfStatus(failure)
}

// hintOfForm says what is unusual in the form of a project id and a key, without a part
// of either. The forms are no promise of the service, so that it is asked all the same.
func hintOfForm(projectID, key string) string {
	switch {
	case strings.ContainsAny(key, "\"'"):
		return "the key holds a quotation mark, which no key has; "
	case strings.HasPrefix(key, "P") && strings.Contains(key, ":"):
		return "the key looks like PROJECT:KEY, and only what stands behind the colon is wanted; "
	case strings.HasPrefix(key, "P"):
		return "the key begins with P, as a project id does, and a management key with K; "
	case !strings.HasPrefix(key, "K"):
		return "the key does not begin with K, as management keys do; "
	case !strings.HasPrefix(projectID, "P"):
		return "the project id does not begin with P, as project ids do; "
	default:
		return ""
	}
}

func hintOfStatus(failure *Error) string {
	switch status := failure.Status; {
	case status >= http.StatusInternalServerError && failure.write:
		return hintPlan
	case status >= http.StatusInternalServerError:
		return "the service has trouble: run the command again later"
	case status == http.StatusConflict:
		return hintReplan
	case failure.notJSON, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return hintBaseURL
	default:
		return "the service refuses the call: see the message"
	}
}
