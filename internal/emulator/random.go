package emulator

import (
	"crypto/sha256"
	"math/big"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	idRandomChars = 27 // Descope's ids are a letter and a KSUID of 27 characters
)

// random is the one source of chance, safe for concurrent use.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

// id is a prefix and 27 base62 characters.
func (r *random) id(prefix string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := make([]byte, 0, len(prefix)+idRandomChars)
	id = append(id, prefix...)
	for range idRandomChars {
		id = append(id, base62[r.source.IntN(len(base62))])
	}
	return string(id)
}

// derivedID has the form of a generated id, but is the same for the same parts:
// what a seed leaves out does not change with every reset.
func derivedID(prefix string, parts ...string) string {
	digest := sha256.Sum256(encoded(parts))
	number, base, digit := new(big.Int).SetBytes(digest[:]), big.NewInt(int64(len(base62))), new(big.Int)
	id := []byte(prefix)
	for range idRandomChars {
		number.DivMod(number, base, digit)
		id = append(id, base62[digit.Int64()])
	}
	return string(id)
}

// chance is true with the given probability.
func (r *random) chance(probability float64) bool {
	if probability >= 1 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64() < probability
}

// upTo is uniform between 0 and limit, both included.
func (r *random) upTo(limit time.Duration) time.Duration {
	if limit <= 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Duration(r.source.Int64N(int64(limit) + 1))
}
