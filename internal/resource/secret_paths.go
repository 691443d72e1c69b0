package resource

import "slices"

// SecretPaths are the places whose values must not be shown or kept, whatever
// they are, by object. The nil map has none.
type SecretPaths map[Address][]Path

// Add takes a place up.
func (p SecretPaths) Add(address Address, path Path) {
	if !slices.Contains(p[address], path) {
		p[address] = append(p[address], path)
	}
}

// Has reports whether the value at a path, as plans show it, is one of them.
func (p SecretPaths) Has(address Address, path string) bool {
	return slices.ContainsFunc(p[address], func(one Path) bool { return one.String() == path })
}

// In reports whether an object has any such place.
func (p SecretPaths) In(address Address) bool { return len(p[address]) > 0 }
