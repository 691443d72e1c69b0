package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const (
	digestPrefix = "sha256:"
	hexDigits    = 2 * sha256.Size
	sealEnd      = `"}` // what follows the digest in a text
)

// zeros stand in place of a digest's digits while it is calculated.
var zeros = strings.Repeat("0", hexDigits)

// unsealed is the digest of a text that has none yet.
var unsealed = digestPrefix + zeros

// seal puts into a JSON object, whose last member is an unsealed digest, the
// digest of all its bytes as they are before, and returns it.
func seal(text []byte) string {
	sum := sha256.Sum256(text)
	end := len(text) - len(sealEnd)
	hex.Encode(text[end-hexDigits:end], sum[:])
	return digestPrefix + string(text[end-hexDigits:end])
}

// readSeal returns the digest that ends a sealed text; ok is false where no
// digest under that key ends it. right says whether the digest is that of the
// text, so that any other byte in it shows.
func readSeal(text []byte, key string) (digest string, ok, right bool) {
	start := len(text) - len(sealEnd) - hexDigits
	opening := `,"` + key + `":"` + digestPrefix
	if start < len(opening) || !bytes.HasSuffix(text[:start], []byte(opening)) || !bytes.HasSuffix(text, []byte(sealEnd)) {
		return "", false, false
	}
	hash := sha256.New()
	hash.Write(text[:start])
	hash.Write([]byte(zeros))
	hash.Write([]byte(sealEnd))
	digits := string(text[start : start+hexDigits])
	return digestPrefix + digits, true, hex.EncodeToString(hash.Sum(nil)) == digits
}

// genesis is the digest that the first record of a log continues.
func genesis(host, project string) string {
	sum := sha256.Sum256([]byte("descope-mgmt audit 1\n" + host + "\n" + project))
	return digestPrefix + hex.EncodeToString(sum[:])
}
