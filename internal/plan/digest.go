package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// digestVersion opens what is hashed, so that a later way of hashing cannot
// give the same digest for another meaning.
const digestVersion = "descope-mgmt plan 1"

// Digest identifies what a plan would do, as "sha256:" and 64 hex digits. It
// covers project and host, and per change address, action, values before and
// after, the wanted document of a flow, the code of a block, the base digest, and whether users go with a
// delete; not times, estimates, positions, notes, orphans or counts. Of sensitive
// fields it covers the keyed hash of their values, since from a plain hash of a
// short secret the secret can be found. The order of changes and fields has no influence.
func Digest(p *resource.Plan) string {
	hash := sha256.New()
	text := appendText(nil, digestVersion)
	text = appendText(text, p.ProjectID)
	text = appendText(text, p.Host)
	hash.Write(text)
	for _, change := range inOrder(p.Changes, func(c *resource.Change) resource.Address { return c.Address }) {
		text = appendChange(text[:0], change)
		hash.Write(text)
	}
	return "sha256:" + hex.EncodeToString(hash.Sum(nil))
}

// appendChange writes what the digest covers of one change.
func appendChange(text []byte, change *resource.Change) []byte {
	text = appendText(text, string(change.Address))
	text = appendText(text, string(change.Action))
	text = binary.AppendUvarint(text, uint64(len(change.Fields)))
	for _, field := range inOrder(change.Fields, func(f *resource.FieldChange) string { return f.Path }) {
		text = appendText(text, field.Path)
		text = appendFlag(text, field.Sensitive)
		if field.Sensitive {
			text = appendText(text, field.ValuesDigest)
			continue
		}
		text = appendText(text, nullable(field.Before))
		text = appendText(text, nullable(field.After))
	}
	text = appendFlag(text, change.Blocked != nil)
	if change.Blocked != nil {
		text = appendText(text, change.Blocked.Code)
	}
	text = appendFlag(text, change.BaseDigest != nil)
	if change.BaseDigest != nil {
		text = appendText(text, *change.BaseDigest)
	}
	text = appendFlag(text, change.Cascade)
	return appendText(text, change.WantedDigest)
}

// nullable writes absent as null, as it stands in a plan file.
func nullable(value resource.Value) string {
	if value == resource.Absent {
		return "null"
	}
	return string(value)
}

// appendText writes a text with its length before it, so that no two lists of
// texts look alike.
func appendText(to []byte, text string) []byte {
	to = binary.AppendUvarint(to, uint64(len(text)))
	return append(to, text...)
}

func appendFlag(to []byte, flag bool) []byte {
	if flag {
		return append(to, 1)
	}
	return append(to, 0)
}

// inOrder gives pointers into a list, sorted by a key.
func inOrder[T any, K cmp.Ordered](list []T, key func(*T) K) []*T {
	ordered := make([]*T, len(list))
	for i := range list {
		ordered[i] = &list[i]
	}
	slices.SortStableFunc(ordered, func(a, b *T) int { return cmp.Compare(key(a), key(b)) })
	return ordered
}
