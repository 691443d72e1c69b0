package compare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// identity is what an object is the same by in both projects.
type identity struct {
	name string
	// logical says that the name is no address: its sides have other ids.
	logical bool
}

// names knows the logical names of both sides.
type names struct {
	a, b side
	err  error // a name that a side gives twice
}

// side is the logical names of one side, in both directions.
type side struct {
	keys      map[resource.Address]string
	addresses map[identity]resource.Address
}

func newNames(in Input) names {
	var n names
	for _, one := range []struct {
		from Project
		into *side
	}{{in.A, &n.a}, {in.B, &n.b}} {
		one.into.keys, one.into.addresses = one.from.Keys, make(map[identity]resource.Address, len(one.from.Keys))
		for _, address := range slices.Sorted(maps.Keys(one.from.Keys)) {
			id := logical(address.Kind(), one.from.Keys[address])
			if first, known := one.into.addresses[id]; known && n.err == nil {
				n.err = fmt.Errorf("%s gives the key %q to both %s and %s", one.from.called(), one.from.Keys[address], first, address)
			}
			one.into.addresses[id] = address
		}
	}
	return n
}

func logical(kind resource.Kind, key string) identity {
	return identity{name: string(resource.NewAddress(kind, key)), logical: true}
}

// of is the identity of an address on its own side: the address itself, unless
// both sides have given it a logical name and the ids are not the same.
func (names) of(address resource.Address, own, other side) identity {
	if key := own.keys[address]; key != "" {
		id := logical(address.Kind(), key)
		if there, known := other.addresses[id]; known && there != address {
			return id
		}
	}
	return identity{name: string(address)}
}
