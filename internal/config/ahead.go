package config

import (
	"bytes"

	"go.yaml.in/yaml/v4"
)

const (
	// aheadSize is how much text one goroutine parses at a time. Its nodes take some
	// twenty times as much, so that few and small pieces keep memory flat.
	aheadSize = 64 << 10
	// aheadMost is the size from which a document is not copied, so that it could be
	// parsed while the next ones are read: it is parsed at once.
	aheadMost = 256 << 10
)

// sequence runs work on several goroutines, and takes the results over one by one, in
// the order in which the work was added. Whoever makes one calls finish or abandon.
type sequence[T any] struct {
	width   int // pieces of work at a time; up to one: no goroutine at all
	running []<-chan finished[T]
	take    func(T) error
}

// finished is a result, or the panic that was met instead. It goes on where the result
// is taken over, as if the work had been done there.
type finished[T any] struct {
	result   T
	panicked any
}

// attempt does a piece of work.
func attempt[T any](work func() T) (done finished[T]) {
	defer func() { done.panicked = recover() }()
	return finished[T]{result: work()}
}

// add begins with a piece of work. An error is that of an earlier result.
func (s *sequence[T]) add(work func() T) error {
	if s.width <= 1 {
		return s.take(work())
	}
	if len(s.running) >= s.width {
		if err := s.next(); err != nil {
			return err
		}
	}
	done := make(chan finished[T], 1)
	go func() { done <- attempt(work) }()
	s.running = append(s.running, done)
	return nil
}

func (s *sequence[T]) next() error {
	oldest := s.running[0]
	s.running = s.running[1:]
	done := <-oldest
	if done.panicked != nil {
		panic(done.panicked)
	}
	return s.take(done.result)
}

// finish takes over what is left.
func (s *sequence[T]) finish() error {
	for len(s.running) > 0 {
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// abandon waits for what is left and drops it.
func (s *sequence[T]) abandon() {
	for _, left := range s.running {
		<-left
	}
	s.running = nil
}

// parsed is one document with its nodes, or why it has none.
type parsed struct {
	line    int // of the first line of what was parsed, in the file, from 1
	size    int // of its text
	roots   []*yaml.Node
	failure *parseError
}

// parseDocument reads the text of a document. It needs nothing of the loader, so that
// documents can be parsed beside each other.
func parseDocument(doc document) parsed {
	done := parsed{line: doc.line, size: len(doc.text)}
	if doc.tooLarge {
		done.failure = &parseError{
			code: codeLimit, line: 1, column: 1, message: "a document of more than 64 MiB",
			suggestion: "split it: several files, or documents parted by ---",
		}
		return done
	}
	if done.failure = checkText(doc.text); done.failure == nil {
		done.roots, done.failure = parseYAML(doc.text)
	}
	return done
}

// parseDocuments reads documents that follow each other. All of their text is parsed in
// one go where it can be, because each go has a cost of its own; YAML lets no document
// reach into the next one. When anything is odd (a text that is not valid, a byte order
// mark, a document that turns out to be two), each is parsed alone, which also gives
// errors their right places.
func parseDocuments(documents []document) []parsed {
	if len(documents) > 1 {
		if done, ok := parseTogether(documents); ok {
			return done
		}
	}
	done := make([]parsed, len(documents))
	for i, doc := range documents {
		done[i] = parseDocument(doc)
	}
	return done
}

func parseTogether(documents []document) (done []parsed, ok bool) {
	size := 0
	for _, doc := range documents {
		size += len(doc.text)
	}
	text := make([]byte, 0, size)
	for i, doc := range documents {
		if doc.tooLarge || bytes.Contains(doc.text, byteOrderMark) || i+1 < len(documents) && !bytes.HasSuffix(doc.text, []byte{'\n'}) {
			return nil, false
		}
		text = append(text, doc.text...)
	}
	if checkText(text) != nil {
		return nil, false
	}
	roots, failure := parseYAML(text)
	if failure != nil || len(roots) != len(documents) {
		return nil, false
	}
	done = make([]parsed, len(documents))
	before := 0 // lines
	for i, doc := range documents {
		lines := bytes.Count(doc.text, []byte{'\n'})
		if line := roots[i].Line; line <= before || line > before+max(lines, 1) {
			return nil, false
		}
		done[i] = parsed{line: doc.line - before, size: len(doc.text), roots: roots[i : i+1]}
		before += lines
	}
	return done, true
}

// ahead parses the documents of a file before their turn comes. Only parsing, most of
// the work, goes on beside; documents are decoded one after the other, in the order of
// the file, so that nothing can depend on which one was parsed first.
type ahead struct {
	loader  *loader
	batches sequence[[]parsed]
	filling []document
	size    int
}

func (l *loader) newAhead() *ahead {
	return &ahead{loader: l, batches: sequence[[]parsed]{width: l.workers, take: l.takeDocuments}}
}

// add takes a document, whose text is valid until add returns.
func (a *ahead) add(doc document) error {
	if len(doc.text) >= min(aheadMost, a.loader.bulkFrom) {
		if err := a.finish(); err != nil {
			return err
		}
		return a.loader.readLarge(doc)
	}
	doc.text = bytes.Clone(doc.text)
	a.filling = append(a.filling, doc)
	if a.size += len(doc.text); a.size < a.loader.aheadSize {
		return nil
	}
	return a.flush()
}

// flush begins to parse what was gathered.
func (a *ahead) flush() error {
	documents := a.filling
	a.filling, a.size = nil, 0
	if len(documents) == 0 {
		return nil
	}
	return a.batches.add(func() []parsed { return parseDocuments(documents) })
}

// finish decodes all that was added.
func (a *ahead) finish() error {
	if err := a.flush(); err != nil {
		return err
	}
	return a.batches.finish()
}

func (l *loader) takeDocuments(documents []parsed) error {
	for i := range documents {
		l.takeDocument(documents[i])
		documents[i].roots = nil // its nodes are many times its text
	}
	return nil
}

// takeDocument decodes one document.
func (l *loader) takeDocument(doc parsed) {
	l.line, l.size = doc.line-1, doc.size
	if doc.failure != nil {
		l.fail(doc.failure)
		return
	}
	for _, root := range doc.roots {
		if len(root.Content) == 1 {
			l.decode(root.Content[0])
		}
	}
}

// readLarge reads a document at once, in parts if it can be cut. The only error is
// [errWhole].
func (l *loader) readLarge(doc document) error {
	if !l.asWhole && len(doc.text) >= l.bulkFrom && checkText(doc.text) == nil {
		if b, ok := cutBulk(doc.text, l.bulkPart); ok {
			l.line, l.size = doc.line-1, len(doc.text)
			return l.decodeBulk(b)
		}
	}
	l.takeDocument(parseDocument(doc))
	return nil
}
