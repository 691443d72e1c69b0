package applied

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// keySize is the size of a key in bytes; the file holds twice as many hex digits.
const keySize = 32

// errNoKey says that there is a hash to be made, and no key to make it with.
var errNoKey = errors.New("there is no key")

// hashKey makes the hashes that stand in place of secret values. Without the key
// nobody can try values out against them. The zero value is no key.
type hashKey struct {
	secret []byte
	id     string // eight hex digits, by which hashes of other keys are told
}

func (k hashKey) isNone() bool { return k.secret == nil }

// made reports whether a hash is one of this key.
func (k hashKey) made(hash string) bool {
	return !k.isNone() && strings.HasPrefix(hash, k.id+":")
}

// hash is the id of the key, a colon, and 64 hex digits. The same value at
// another place has another hash.
func (k hashKey) hash(options Options, address resource.Address, path string, value resource.Value) string {
	sum := hmac.New(sha256.New, k.secret)
	for _, part := range []string{"descope-mgmt applied 1", options.Host, options.ProjectID, string(address), path, string(value)} {
		_, _ = io.WriteString(sum, strconv.Itoa(len(part))+":"+part) // a hash takes everything
	}
	return k.id + ":" + hex.EncodeToString(sum.Sum(nil))
}

// Hash is what stands in [drift.Object.Hidden] for a value at a path of an object;
// empty where this machine has no key, so that no hash is one of its own. Hashes
// that are not empty are equal where the values are. The errors are those of
// [Records.Read].
func (r *Records) Hash(address resource.Address, path string, value resource.Value) (string, error) {
	key, err := r.loadKey()
	if err != nil || key.isNone() {
		return "", err
	}
	return key.hash(r.options, address, path, value), nil
}

// loadKey reads the key; none where nobody has made one.
func (r *Records) loadKey() (hashKey, error) {
	path := r.options.Keys.Path(keyFile)
	file, err := r.options.Keys.Open(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return hashKey{}, nil
	}
	if err != nil {
		return hashKey{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, 2*keySize+2))
	if err = errors.Join(err, file.Close()); err != nil {
		return hashKey{}, &store.FileError{Op: "read", Path: path, Err: err}
	}
	secret, err := hex.DecodeString(strings.TrimSuffix(string(text), "\n"))
	if err != nil || len(secret) != keySize {
		return hashKey{}, &store.DamagedError{
			File: path, Line: 1, Reason: "the key of the hashes is damaged",
			Hint: "remove the file: the next apply makes another one, and until then nobody knows whether secret values have changed",
		}
	}
	sum := sha256.Sum256(secret)
	return hashKey{secret: secret, id: hex.EncodeToString(sum[:4])}, nil
}

// newKey makes the key, once for all processes: the first one's counts.
func (r *Records) newKey() (hashKey, error) {
	secret := make([]byte, keySize)
	if _, err := io.ReadFull(r.options.Random, secret); err != nil {
		return hashKey{}, fmt.Errorf("make the key of the hashes: %w", err)
	}
	if err := r.options.Keys.Make(); err != nil {
		return hashKey{}, err
	}
	err := r.options.Keys.Create(keyFile, []byte(hex.EncodeToString(secret)+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return hashKey{}, err
	}
	return r.loadKey()
}
