package cli

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// part is a command's run in one environment of several.
type part struct {
	environment string
	project     *string // nil where it is not known
	address     string  // of the project: host and id; empty where it is not known

	app      *App
	text     *bytes.Buffer // what it printed for people, where that is collected
	lines    *prefixed     // its error stream
	document any           // its result; nil where it has none
	plan     any           // what was shown to be approved; it stands for a result that never came
	reported *reported     // what it gives to the report of all; nil where none is made, or it has nothing
	err      error
	skipped  bool // an interruption came before its turn
}

// show takes a result: as a document for the one of all environments, and as text
// for people.
func (p *part) show(a *App, document any, human func(io.Writer)) error {
	p.document = document
	if a.isMachine() {
		return nil
	}
	text, err := a.render(document, human)
	if err == nil {
		_, err = a.Out.Write(text)
	}
	return err
}

// prepare gives an environment an App of its own, with streams of its own.
func (s *several) prepare(one *part) {
	a := s.app
	one.text = &bytes.Buffer{}
	one.lines = &prefixed{to: a.Err, name: one.environment + ": ", whole: !s.how.writing}
	child := a.child(one.environment)
	child.Out, child.Err, child.part = one.text, one.lines, one
	child.Terminal.Interactive = a.Terminal.Interactive && s.how.writing
	if s.how.writing && !s.collected {
		child.Out = s.out // people see each plan before they are asked about it
	}
	if handler, ok := a.log.Handler().(namedHandler); ok {
		child.log = slog.New(namedHandler{Handler: handler.Handler, app: child}).With(slog.String("environment", one.environment))
	}
	one.app = child
}

// parted writes what comes of several environments, with an empty line between them.
type parted struct {
	to      io.Writer
	written bool // something was
	between bool // an empty line comes before what is next
}

func (p *parted) style() style { return styleOf(p.to) }

// next says that what follows is of another environment.
func (p *parted) next() { p.between = p.written }

func (p *parted) Write(text []byte) (int, error) {
	if len(text) == 0 {
		return 0, nil
	}
	if p.between {
		if _, err := io.WriteString(p.to, "\n"); err != nil {
			return 0, err
		}
	}
	p.between, p.written = false, true
	return p.to.Write(text)
}

// prefixed puts a name in front of each line.
type prefixed struct {
	to    io.Writer
	name  string
	whole bool // lines are written once they are whole: others write at the same time

	mu     sync.Mutex
	middle bool // the last line is not at its end
	rest   []byte
}

func (n *prefixed) Write(text []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	pending := string(n.rest) + string(text)
	n.rest = nil
	var out strings.Builder
	for line := range strings.Lines(pending) {
		if n.whole && !strings.HasSuffix(line, "\n") {
			n.rest = []byte(line)
			break
		}
		if rest, redrawn := strings.CutPrefix(line, clearLine); redrawn {
			out.WriteString(clearLine)
			line, n.middle = rest, false
		}
		if line != "" && !n.middle {
			out.WriteString(n.name)
		}
		out.WriteString(line)
		n.middle = line != "" && !strings.HasSuffix(line, "\n")
	}
	if out.Len() > 0 {
		if _, err := io.WriteString(n.to, out.String()); err != nil {
			return 0, err
		}
	}
	return len(text), nil
}

// answered says that the person at the terminal has ended the line.
func (n *prefixed) answered() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.middle = false
}

// end writes what is left of a line.
func (n *prefixed) end() {
	n.mu.Lock()
	left := len(n.rest) > 0
	n.mu.Unlock()
	if left {
		_, _ = n.Write([]byte("\n"))
	}
}

// shared lets several read from one source at the same time.
type shared struct {
	mu   sync.Mutex
	from io.Reader
}

func (s *shared) Read(into []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.Read(into)
}
