package config

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxDocument bounds one document. Files may be larger: a stream of documents
// is read one by one.
const maxDocument = 64 << 20

// maxSingle bounds a document that holds a single tenant or flow. Nobody writes one
// so large by hand, and a stream may have any number of them.
const maxSingle = 1 << 20

// document is the text of one YAML document.
type document struct {
	text     []byte // valid until the next document is asked for
	line     int    // number of its first line in the file, from 1
	tooLarge bool   // text is missing, because it passes the limit
}

// splitter cuts a stream into documents. YAML forbids lines that start with
// "---" or "..." inside of a document, even in quoted and block text, so they
// always part documents; each is then parsed on its own, which keeps memory
// flat and lets reading go on after a document that is not valid.
type splitter struct {
	reader  *bufio.Reader
	limit   int
	text    []byte
	first   int  // line where the current document starts
	line    int  // line being read
	begun   bool // the current document has content, or a "---"
	tooLong bool
}

var byteOrderMark = []byte("\ufeff")

// splitDocuments calls yield for each document that is not just comments.
func splitDocuments(r io.Reader, limit int, yield func(document) error) error {
	s := &splitter{reader: bufio.NewReaderSize(r, 64<<10), limit: limit, first: 1, line: 1}
	startOfLine := true
	for {
		fragment, err := s.reader.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
			return err
		}
		if startOfLine && len(fragment) > 0 {
			if err := s.take(fragment, yield); err != nil {
				return err
			}
		} else {
			s.add(fragment)
		}
		startOfLine = err == nil
		if startOfLine {
			s.line++
		}
		if errors.Is(err, io.EOF) {
			return s.end(yield)
		}
	}
}

// take handles a line, or the beginning of a very long one.
func (s *splitter) take(line []byte, yield func(document) error) error {
	content := bytes.TrimPrefix(line, byteOrderMark)
	switch {
	case isMarker(content, "---"):
		if s.begun {
			if err := s.end(yield); err != nil {
				return err
			}
			s.first = s.line
		}
		s.begun = true
		s.add(line)
	case isMarker(content, "..."):
		if s.begun {
			s.add(line)
			if err := s.end(yield); err != nil {
				return err
			}
		}
		s.text, s.first = s.text[:0], s.line+1
	case s.begun:
		s.add(line)
	default:
		s.addPrologue(line, content)
	}
	return nil
}

// addPrologue adds a line that stands before any content: a comment, a
// directive, or the content's beginning. The version directive is made a
// comment, because the library knows "%YAML 1.1" only; scalars are read by the
// rules of 1.2 in either case.
func (s *splitter) addPrologue(line, content []byte) {
	trimmed := bytes.TrimSpace(content)
	switch {
	case bytes.HasPrefix(content, []byte("%YAML 1.")):
		s.add([]byte{'#'})
		s.add(content[1:])
		return
	case len(trimmed) > 0 && trimmed[0] != '#' && content[0] != '%':
		s.begun = true
	}
	s.add(line)
}

func (s *splitter) add(fragment []byte) {
	if s.tooLong || len(s.text)+len(fragment) > s.limit {
		s.tooLong, s.text = true, nil
		return
	}
	s.text = append(s.text, fragment...)
}

// end hands out the current document, if there is one, and starts the next.
func (s *splitter) end(yield func(document) error) error {
	done := document{text: s.text, line: s.first, tooLarge: s.tooLong}
	begun := s.begun
	s.begun, s.tooLong = false, false
	var err error
	if begun || done.tooLarge {
		err = yield(done)
	}
	s.text, s.first = s.text[:0], s.line+1
	return err
}

// isMarker reports whether a line is a document marker, alone or followed by space.
func isMarker(line []byte, marker string) bool {
	if !bytes.HasPrefix(line, []byte(marker)) {
		return false
	}
	rest := line[len(marker):]
	return len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n'
}
