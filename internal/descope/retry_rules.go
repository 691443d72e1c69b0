package descope

import (
	"net/http"
	"slices"
)

// kind is what a call does, as far as its repetition goes.
type kind int

const (
	kindRead     kind = iota
	kindCreate        // tenant/create
	kindProbe         // the first tenant/patch, whose unknown route is an answer
	kindUpdate        // tenant/patch and tenant/update
	kindSettings      // tenant/settings
	kindRoles         // tenant/updateDefaultRoles
	kindDelete        // tenant/delete and flow/delete
	kindImport        // flow/import
)

func (k kind) writes() bool { return k != kindRead }

// verdict is what follows a failed attempt.
type verdict int

const (
	// final: the failure is the call's.
	final verdict = iota
	// repeat: the service did not process the call, or processing it twice does
	// no harm: wait and make it again.
	repeat
	// readBack: the write may have taken effect: wait and read what it wrote. As
	// wanted is success, as before means make it again, anything else is a conflict.
	readBack
	// confirm: read what the write wrote. As wanted is success; else the failure
	// is the call's.
	confirm
)

// rule says what follows one group of failures. What it leaves out matches all.
type rule struct {
	reason   string   // for logs and notices
	kinds    []kind   //
	statuses []span   // HTTP statuses
	codes    []string // Descope's codes and ours
	unsent   bool     // only where nothing has left this machine
	repeated bool     // only for an attempt that is not the call's first

	read, write verdict
}

// span is a range of statuses, both ends included; 0 is no answer.
type span struct{ from, to int }

// refusals are the codes that say that nothing was changed, whatever the
// status: Descope gives several of them 500 (fact: recorded answers).
var refusals = []string{
	codeBadRequest, codeMissingArguments, codeInvalidRequest, codeInvalidArguments, codeProjectNotFound,
	codeTenantDuplicate, codeTenantNotFound, codeFlowNotFound, codePermissionMissing, codeRoleNotFound, codeRateLimitExceeded,
}

// retryRules is the one place that says what is repeated; the first rule that
// matches decides, and what none matches is final.
var retryRules = []rule{
	{reason: "stopped", codes: []string{CodeCanceled, CodePacing}, read: final, write: final},
	{reason: "the server is not trusted", codes: []string{CodeTLS}, read: final, write: final},
	{reason: "rate limited", statuses: []span{{429, 429}}, read: repeat, write: repeat},
	{reason: "rate limited", codes: []string{codeRateLimitExceeded}, read: repeat, write: repeat},
	{reason: "exists already", kinds: []kind{kindCreate}, codes: []string{codeTenantDuplicate}, repeated: true, write: confirm},
	{
		reason: "gone already", kinds: []kind{kindDelete},
		codes: []string{codeTenantNotFound, codeTenantNotUpdated, codeFlowNotFound, httpCode(http.StatusNotFound)}, repeated: true, write: confirm,
	},
	{reason: "refused", codes: append([]string{codeTenantNotUpdated}, refusals...), read: final, write: final},
	{reason: "refused", statuses: []span{{300, 499}}, read: final, write: final},
	{reason: "no such route", kinds: []kind{kindProbe}, codes: []string{codeUnknownRoute}, write: final},
	{reason: "no connection", unsent: true, read: repeat, write: repeat},
	{reason: "no answer", statuses: []span{{0, 0}}, read: repeat, write: readBack},
	{
		reason: "answer broken off", statuses: []span{{200, 299}}, codes: []string{CodeTruncated, CodeTimeout},
		read: repeat, write: readBack,
	},
	{reason: "unusable answer", statuses: []span{{200, 299}}, read: final, write: confirm},
	{reason: "service unavailable", statuses: []span{{502, 504}, {520, 527}, {530, 530}}, read: repeat, write: readBack},
	{reason: "server error", statuses: []span{{500, 599}}, read: final, write: readBack},
}

// find returns the rule for a failure.
func find(rules []rule, kind kind, failure *Error, repeated bool) rule {
	for _, rule := range rules {
		if rule.matches(kind, failure, repeated) {
			return rule
		}
	}
	return rule{reason: "failed"}
}

func (r rule) matches(kind kind, failure *Error, repeated bool) bool {
	inSpan := func(s span) bool { return s.from <= failure.Status && failure.Status <= s.to }
	switch {
	case r.kinds != nil && !slices.Contains(r.kinds, kind),
		r.statuses != nil && !slices.ContainsFunc(r.statuses, inSpan),
		r.codes != nil && !slices.Contains(r.codes, failure.Code),
		r.unsent && failure.sent,
		r.repeated && !repeated:
		return false
	}
	return true
}

func (r rule) verdict(kind kind) verdict {
	if kind.writes() {
		return r.write
	}
	return r.read
}
