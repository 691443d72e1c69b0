package emulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// bearer is what a request claims to be; not checked yet.
type bearer struct {
	present      bool
	project, key string // both empty when malformed; project alone empty for a key-only bearer
}

// readBearer takes the authorization header apart: "Bearer P…:K…" or, for
// calls of the company level, "Bearer K…".
func readBearer(header http.Header) bearer {
	scheme, credentials, _ := strings.Cut(header.Get("Authorization"), " ")
	credentials = strings.TrimSpace(credentials)
	if scheme == "" {
		return bearer{}
	}
	claimed := bearer{present: true}
	if !strings.EqualFold(scheme, "Bearer") {
		return claimed
	}
	project, key, joined := strings.Cut(credentials, ":")
	switch {
	case joined && isProjectID(project) && isManagementKey(key):
		claimed.project, claimed.key = project, key
	case !joined && isManagementKey(credentials):
		claimed.key = credentials
	}
	return claimed
}

// authorize finds the project that the bearer opens. The project is nil for an
// accepted key-only bearer.
func (s *Server) authorize(claimed bearer, keyOnly bool) (*project, error) {
	switch {
	case !claimed.present:
		return nil, s.refusal(unknownAuthMissing)
	case claimed.key == "" || claimed.project == "" && !keyOnly:
		return nil, s.refusal(unknownAuthMalformed)
	case claimed.project == "":
		return nil, s.authorizeKey(claimed.key)
	}
	found, exists := s.byID[claimed.project]
	if !exists {
		return nil, s.refusal(unknownAuthProject)
	}
	if !sameKey(found.key, claimed.key) {
		return nil, s.refusal(unknownAuthKey)
	}
	return found, nil
}

func (s *Server) authorizeKey(key string) error {
	opened := false
	for _, p := range s.projects {
		opened = sameKey(p.key, key) || opened
	}
	if !opened {
		return s.refusal(unknownAuthKey)
	}
	return nil
}

// sameKey takes the same time wherever the keys differ, and whatever their lengths.
func sameKey(a, b string) bool {
	digestA, digestB := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(digestA[:], digestB[:]) == 1
}
