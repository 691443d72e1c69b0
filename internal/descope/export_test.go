package descope

import "errors"

// IsDuplicate reports whether another tenant has the id or the name already.
func IsDuplicate(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.Code == codeTenantDuplicate
}
