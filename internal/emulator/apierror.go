package emulator

import (
	"errors"
	"net/http"
)

// statusNotFound stands for Options.NotFoundStatus in the tables of errors.
const statusNotFound = 0

// apiError is an answer that is an error, as the envelope shows it. The pairs
// of status and code are observations of the real service unless they come
// from the table of unknowns.
type apiError struct {
	status      int
	code        string
	description string
	detail      string // errorMessage and message
}

// Error implements error.
func (e *apiError) Error() string { return e.code + " " + e.description + ": " + e.detail }

// body is the error envelope: all four fields, message repeats errorMessage.
func (e *apiError) body() []byte {
	out := []byte{'{'}
	out = appendMember(out, "errorCode", encoded(e.code))
	out = appendMember(out, "errorDescription", encoded(e.description))
	out = appendMember(out, "errorMessage", encoded(e.detail))
	out = appendMember(out, "message", encoded(e.detail))
	return append(out, '}')
}

// withDetail is the same error with another message.
func (e *apiError) withDetail(detail string) *apiError {
	changed := *e
	changed.detail = detail
	return &changed
}

// Errors as recorded from the real service.
var (
	errServer             = &apiError{http.StatusInternalServerError, "E010009", "Unknown server error", "Unknown server error"}
	errRateLimit          = &apiError{http.StatusTooManyRequests, "E130429", "Rate limit exceeded", "Rate limit exceeded"}
	errTenantExists       = &apiError{http.StatusInternalServerError, "E073307", "Failed to save tenant, tenant ID or Name already exist", ""}
	errTenantUpdate       = &apiError{statusNotFound, "E111102", "Failed to update tenant", "Could not update tenant"}
	errTenantLoad         = &apiError{statusNotFound, "E111104", "Failed to load tenants", "Could not load tenant by id"}
	errRoleExists         = &apiError{http.StatusInternalServerError, "E024209", "Role ID or name already exists", "role entity already exists"}
	errPermissionExists   = &apiError{http.StatusInternalServerError, "E024104", "Permission ID or name already exists", "permission entity already exists"}
	errPermissionNotFound = &apiError{statusNotFound, "E111303", "Permission not found", "Permission does not exist"}
	errRoleNotFound       = &apiError{statusNotFound, "E111403", "Role not found", "Role does not exist"}
	errUserExists         = &apiError{http.StatusBadRequest, "E062107", "User already exists", "User already exists"}
	errFlowLoad           = &apiError{http.StatusInternalServerError, "E103003", "Failed getting flow", "Failed loading flow by ID"}
	errFlowsNotFound      = &apiError{http.StatusInternalServerError, "E103009", "Failed finding any flows", ""}
	errUserNotFound       = &apiError{http.StatusNotFound, "E112102", "User not found", "User not found"}
)

// invalid is E011003, the answer of every endpoint to a field it cannot take.
func invalid(detail string) *apiError {
	return &apiError{http.StatusBadRequest, "E011003", "Request is invalid", detail}
}

// required is E011003 for a field that is missing or empty.
func required(name string) *apiError { return invalid("The " + name + " field is required") }

// wireError turns what a handler or a check returned into an answer. An error
// of our own making, such as a disk that is full, is E010009.
func wireError(err error) *apiError {
	if api, ok := errors.AsType[*apiError](err); ok {
		return api
	}
	if field, ok := errors.AsType[*fieldError](err); ok {
		return invalid(field.message())
	}
	return errServer
}
