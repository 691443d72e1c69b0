package pace

import (
	"fmt"
	"slices"
	"strings"
)

// Class groups calls that share a rate limit. The zero value is [ClassTenant].
type Class uint8

// The classes. Tenant and other calls count per client address, user calls per
// project (Descope's page on rate limiting).
const (
	ClassTenant Class = iota
	ClassUser
	ClassUserCreate
	ClassUserUpdate // update and search
	ClassOther
	classCount
)

// classNames are in the order of the constants, which is also that of records
// on disk: new classes go to the end.
func classNames() []string { return []string{"tenant", "user", "user-create", "user-update", "other"} }

// Classes lists all classes, in the order of their constants.
func Classes() []Class {
	list := make([]Class, classCount)
	for i := range list {
		list[i] = Class(i)
	}
	return list
}

// String is the name that configuration and flags use.
func (c Class) String() string {
	if c >= classCount {
		return fmt.Sprintf("class(%d)", uint8(c))
	}
	return classNames()[c]
}

// ParseClass is the inverse of [Class.String].
func ParseClass(name string) (Class, error) {
	at := slices.Index(classNames(), name)
	if at < 0 {
		return 0, fmt.Errorf("there is no class %q, only %s", name, strings.Join(classNames(), ", "))
	}
	return Class(at), nil //nolint:gosec // there are five
}

// PerProject reports whether the service counts the class per project; if not,
// it counts it per client address.
func (c Class) PerProject() bool { return c != ClassTenant && c != ClassOther }

// ClassOf is the class of a call: the most particular one that its path has
// behind the version. Leading slashes are folded. The method makes no difference
// today and is part of the contract because the service may come to care.
func ClassOf(_, path string) Class {
	path = "/" + strings.TrimLeft(path, "/")
	for _, version := range []string{"/v1/mgmt/", "/v2/mgmt/"} {
		if rest, found := strings.CutPrefix(path, version); found {
			return classOfCall(rest)
		}
	}
	return ClassOther
}

func classOfCall(rest string) Class {
	for _, one := range []struct {
		prefix string
		class  Class
	}{
		{"user/create", ClassUserCreate},
		{"user/update", ClassUserUpdate},
		{"user/search", ClassUserUpdate},
		{"user", ClassUser},
		{"tenant", ClassTenant},
	} {
		if behind, found := strings.CutPrefix(rest, one.prefix); found && (behind == "" || behind[0] == '/') {
			return one.class
		}
	}
	return ClassOther
}
