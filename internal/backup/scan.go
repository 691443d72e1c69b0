package backup

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// The bounds of a document, so that a hostile one exhausts neither memory nor
// stack. A value inside an entry nests no deeper than [resource.ParseValue] allows.
const (
	maxSize  = 1 << 30
	maxHead  = 1 << 20 // what comes before the entries
	maxDepth = 128
)

// scanner reads one JSON document from a stream and hashes what it has read. It
// finds where values begin and end; what stands between is checked by whoever
// takes the value. Errors about the content are of type *[DamagedError], others
// come from the stream.
type scanner struct {
	in    *bufio.Reader
	hash  hash.Hash // nil where nobody asks for the digest
	limit int64     // bytes that may be read
	read  int64
	text  []byte // read, and not hashed yet
	path  []step
}

// step is one part of a place in the document: a key, or an index.
type step struct {
	key   string
	index int // -1 for a key
}

func newScanner(in io.Reader, limit int64, buffer int) *scanner {
	return &scanner{in: bufio.NewReaderSize(in, buffer), limit: limit}
}

// place is where the scanner is, as "tenants[3].customAttributes".
func (s *scanner) place() string {
	var out strings.Builder
	for i, step := range s.path {
		switch {
		case step.index >= 0:
			out.WriteString("[" + strconv.Itoa(step.index) + "]")
		case i == 0:
			out.WriteString(resource.Path{Field: step.key}.String())
		default:
			out.WriteString(keyed(step.key))
		}
	}
	return out.String()
}

// keyed is a key as it follows the place of its object: ".plan", or `["a b"]`.
func keyed(key string) string {
	if key == "" {
		return `[""]`
	}
	return strings.TrimPrefix(resource.Path{Field: "x", Key: key}.String(), "x")
}

func (s *scanner) damaged(format string, arguments ...any) error {
	return damaged(s.place(), format, arguments...)
}

// next reads one byte.
func (s *scanner) next() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return 0, s.damaged("the document ends too early")
		}
		return 0, fmt.Errorf("read the backup: %w", err)
	}
	if s.read++; s.read > s.limit {
		return 0, s.damaged("it is longer than %d bytes", s.limit)
	}
	s.text = append(s.text, c)
	return c, nil
}

// settle hands everything that was read to the hash.
func (s *scanner) settle() {
	if s.hash != nil {
		s.hash.Write(s.text)
	}
	s.text = s.text[:0]
}

// settleLong keeps white space without end from filling the memory.
func (s *scanner) settleLong() {
	if len(s.text) >= 1<<12 {
		s.settle()
	}
}

// digest is the hash of everything settled.
func (s *scanner) digest() string { return hex.EncodeToString(s.hash.Sum(nil)) }

// peek skips white space and looks at the byte that follows.
func (s *scanner) peek() (byte, error) {
	for {
		next, err := s.in.Peek(1)
		if len(next) == 0 {
			if errors.Is(err, io.EOF) {
				return 0, s.damaged("the document ends too early")
			}
			return 0, fmt.Errorf("read the backup: %w", err)
		}
		if !isSpace(next[0]) {
			return next[0], nil
		}
		if _, err := s.next(); err != nil {
			return 0, err
		}
		s.settleLong()
	}
}

// accept steps over white space and over the character, if it is there.
func (s *scanner) accept(c byte) (bool, error) {
	next, err := s.peek()
	if err != nil || next != c {
		return false, err
	}
	_, err = s.next()
	return true, err
}

// end wants the document to end here, but for white space.
func (s *scanner) end() error {
	for {
		next, err := s.in.Peek(1)
		switch {
		case len(next) == 0 && errors.Is(err, io.EOF):
			s.settle()
			return nil
		case len(next) == 0:
			return fmt.Errorf("read the backup: %w", err)
		case !isSpace(next[0]):
			return s.damaged("text after the end of the document")
		}
		if _, err := s.next(); err != nil {
			return err
		}
		s.settleLong()
	}
}

// object reads an object. For each key, in the order of the document, read must
// take exactly one value. The same key twice is refused.
func (s *scanner) object(read func(key string) error) error {
	if err := s.want('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	closed, err := s.accept('}')
	for err == nil && !closed {
		var key string
		if key, err = s.key(); err != nil {
			return err
		}
		s.path = append(s.path, step{key: key, index: -1})
		if seen[key] {
			return s.damaged("the key stands twice")
		}
		seen[key] = true
		if err = read(key); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
		closed, err = s.more('}')
	}
	return err
}

// array reads an array. For each item read must take exactly one value.
func (s *scanner) array(read func() error) error {
	if err := s.want('[', "a list"); err != nil {
		return err
	}
	closed, err := s.accept(']')
	for i := 0; err == nil && !closed; i++ {
		s.path = append(s.path, step{index: i})
		if err = read(); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
		closed, err = s.more(']')
	}
	return err
}

// want steps over the opening bracket of an object or a list.
func (s *scanner) want(opening byte, kind string) error {
	first, err := s.peek()
	if err != nil {
		return err
	}
	if first != opening {
		return s.damaged("it wants %s and has %s", kind, kindOf(first))
	}
	_, err = s.next()
	return err
}

// more steps over the comma before another part, or over the closing bracket.
func (s *scanner) more(closing byte) (closed bool, err error) {
	s.settle()
	if closed, err = s.accept(closing); err != nil || closed {
		return closed, err
	}
	comma, err := s.accept(',')
	if err == nil && !comma {
		c, _ := s.peek()
		err = s.damaged("unexpected character %q", rune(c))
	}
	return false, err
}

func (s *scanner) key() (string, error) {
	first, err := s.peek()
	if err != nil {
		return "", err
	}
	if first != '"' {
		return "", s.damaged("unexpected character %q where a key belongs", rune(first))
	}
	raw, err := s.value()
	if err != nil {
		return "", err
	}
	value, err := resource.ParseValue(raw)
	if err != nil {
		return "", s.damaged("%v", err)
	}
	key, _ := value.AsString()
	colon, err := s.accept(':')
	if err == nil && !colon {
		err = s.damaged("the key %q has no colon", key)
	}
	return key, err
}

// value takes one value as it stands. The bytes are valid until the next call
// of the scanner, and only balanced: whoever takes them checks them.
func (s *scanner) value() ([]byte, error) {
	first, err := s.peek()
	if err != nil {
		return nil, err
	}
	s.settle()
	switch first {
	case '"':
		err = s.quoted()
	case '{', '[':
		err = s.nested()
	default:
		err = s.word()
	}
	return s.text, err
}

// quoted reads a string with its quotes.
func (s *scanner) quoted() error {
	if _, err := s.next(); err != nil {
		return err
	}
	for {
		c, err := s.next()
		if err == nil && c == '\\' {
			_, err = s.next()
		}
		if err != nil || c == '"' {
			return err
		}
	}
}

// nested reads an object or an array up to its last bracket.
func (s *scanner) nested() error {
	for depth := 0; ; {
		next, err := s.in.Peek(1)
		if err == nil && next[0] == '"' {
			if err := s.quoted(); err != nil {
				return err
			}
			continue
		}
		c, err := s.next()
		if err != nil {
			return err
		}
		switch c {
		case '{', '[':
			if depth++; depth+len(s.path) > maxDepth {
				return s.damaged("it nests deeper than %d levels", maxDepth)
			}
		case '}', ']':
			if depth--; depth == 0 {
				return nil
			}
		}
	}
}

// word reads a number or a literal.
func (s *scanner) word() error {
	for {
		next, err := s.in.Peek(1)
		if len(next) == 0 && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read the backup: %w", err)
		}
		if len(next) == 0 || isSpace(next[0]) || strings.IndexByte(`,:]}[{"`, next[0]) >= 0 {
			return nil
		}
		if _, err := s.next(); err != nil {
			return err
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// kindOf names what begins with that character.
func kindOf(first byte) string {
	switch {
	case first == '"':
		return "a string"
	case first == '{':
		return "an object"
	case first == '[':
		return "a list"
	case first == 't' || first == 'f':
		return "a boolean"
	case first == 'n':
		return "null"
	case first == '-' || first >= '0' && first <= '9':
		return "a number"
	default:
		return "no JSON value"
	}
}
