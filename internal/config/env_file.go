package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	// envFileName stands beside the first file of the configuration.
	envFileName = ".env"
	// maxEnvFile and maxEnvLine bound it, in bytes.
	maxEnvFile = 1 << 20
	maxEnvLine = 64 << 10
)

// envFile is what a file of variables says. It supplies only names that the
// configuration references, and none that is set: it comes from a repository and
// must not change what a command does elsewhere.
type envFile struct {
	name   string // as positions show it
	path   string // absolute
	values map[string]envVariable
	// said is what is to be said about the file, whatever the configuration uses.
	said []Diagnostic
	// readable says that others may read it.
	readable fs.FileMode
}

type envVariable struct {
	value string
	line  int
	// expands says that the value holds a ${ that other tools would replace.
	expands bool
}

// readEnvFile reads the file that the options name, or the one beside the first
// source; nil where there is none.
func (o Options) readEnvFile(sources []source) (*envFile, error) {
	if o.NoEnvFile || o.EnvFile == "" && len(sources) == 0 {
		return nil, nil
	}
	path := o.EnvFile
	if path == "" {
		folder := sources[0].folder
		// What stands in the home folder serves reading commands in all projects.
		if o.Home != "" && folder == filepath.Join(o.Home, ".descope") {
			return nil, nil
		}
		if path = filepath.Join(folder, envFileName); !exists(path) {
			return nil, nil
		}
	}
	name := o.source(path).name
	text, mode, err := readPrivate(path, name, maxEnvFile)
	if refusal, is := errors.AsType[*privateError](err); is {
		return &envFile{name: name, said: []Diagnostic{{
			Severity: SeverityError, Code: codeEnvFile, Position: resource.Position{File: name, Line: 1, Column: 1},
			Message: refusal.message, Suggestion: refusal.hint,
		}}}, nil
	}
	if err != nil {
		return nil, err
	}
	f := parseEnvFile(name, text)
	f.path = path
	if mode&0o004 != 0 {
		f.readable = mode
	}
	return f, nil
}

// privateError says why a file must not be trusted with a secret, or taken from.
type privateError struct{ message, hint string }

func (e *privateError) Error() string { return e.message }

// readPrivate reads a small regular file to which nobody else may write, nor put
// another in its place. Its mode says who may read it. The opened file decides.
func readPrivate(path, name string, most int64) (text []byte, mode fs.FileMode, err error) {
	opened, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if pathError, is := errors.AsType[*fs.PathError](err); is {
			err = pathError.Err
		}
		return nil, 0, fmt.Errorf("read %s: %w", name, err)
	}
	defer func() { _ = opened.Close() }()
	info, err := opened.Stat()
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", name, err)
	}
	if mode, err = private(path, info); err != nil {
		return nil, 0, err
	}
	text, err = io.ReadAll(io.LimitReader(opened, most+1))
	if err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(text)) > most {
		return nil, 0, &privateError{fmt.Sprintf("it has more than %d KiB", most>>10), "name the right file"}
	}
	return text, mode, nil
}

// statPrivate looks at a file without opening it.
func statPrivate(path string) (fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		if pathError, is := errors.AsType[*fs.PathError](err); is {
			err = pathError.Err
		}
		return 0, err
	}
	return private(path, info)
}

// private is the mode of a file that nobody else may change, or a [*privateError].
func private(path string, info fs.FileInfo) (fs.FileMode, error) {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return 0, &privateError{"not a regular file but " + fileType(info.Mode()), "name a file"}
	}
	above := platform.Permissions(folder.Mode())
	switch mode := platform.Permissions(info.Mode()); {
	case mode&0o002 != 0:
		return 0, &privateError{fmt.Sprintf("anybody may write to this file (mode %04o)", mode.Perm()), "run chmod o-w on it, after a look at what it says"}
	case above&0o002 != 0 && above&fs.ModeSticky == 0:
		return 0, &privateError{fmt.Sprintf("anybody may replace this file: its folder has mode %04o", above.Perm()), "run chmod o-w on the folder"}
	default:
		return mode.Perm(), nil
	}
}

// parseEnvFile reads lines of NAME=value. Nothing is expanded in them, and nothing
// that they hold is ever quoted.
func parseEnvFile(name string, text []byte) *envFile {
	f := &envFile{name: name, values: map[string]envVariable{}}
	if failure := checkText(text); failure != nil {
		f.fail(failure.line, failure.message, failure.suggestion)
		return f
	}
	number := 0
	for line := range bytes.Lines(bytes.TrimPrefix(text, byteOrderMark)) {
		if number++; len(line) > maxEnvLine {
			f.fail(number, "a line of more than 64 KiB", "name the right file")
			continue
		}
		f.line(number, strings.TrimRight(string(line), "\r\n"))
	}
	return f
}

func (f *envFile) fail(line int, message, suggestion string) {
	f.said = append(f.said, Diagnostic{
		Severity: SeverityError, Code: codeEnvFile, Position: resource.Position{File: f.name, Line: line, Column: 1},
		Message: message, Suggestion: suggestion,
	})
}

const blanks = " \t"

// line takes one line up.
func (f *envFile) line(number int, line string) {
	line = strings.Trim(line, blanks)
	if line == "" || line[0] == '#' {
		return
	}
	if rest, found := strings.CutPrefix(line, "export"); found && rest != "" && strings.Contains(blanks, rest[:1]) {
		line = strings.TrimLeft(rest, blanks)
	}
	name, raw, found := strings.Cut(line, "=")
	switch {
	case !found:
		f.fail(number, "a line that is neither NAME=value nor a comment", "write NAME=value, or # before a comment")
		return
	case !isVariableName(name):
		f.fail(number, "what stands before = is not the name of a variable", "letters, digits and _ only, no blanks, and no digit first")
		return
	}
	if first, twice := f.values[name]; twice {
		f.fail(number, fmt.Sprintf("%s already stands in line %d", name, first.line), "keep one of the two")
		return
	}
	one, problem := envValue(strings.TrimLeft(raw, blanks))
	if problem != "" {
		f.fail(number, "the value of "+name+" "+problem, "put the value in quotes; inside of double quotes write \\\" and \\\\")
		return
	}
	one.line = number
	f.values[name] = one
}

// envValue reads what stands after =, and says what is wrong with it.
func envValue(raw string) (one envVariable, problem string) {
	rest := ""
	switch {
	case strings.HasPrefix(raw, "'"):
		end := strings.IndexByte(raw[1:], '\'')
		if end < 0 {
			return one, "has a quote that is not closed on its line"
		}
		one.value, rest = raw[1:1+end], raw[end+2:]
	case strings.HasPrefix(raw, `"`):
		if one.value, rest, problem = doubleQuoted(raw[1:]); problem != "" {
			return one, problem
		}
		one.expands = strings.Contains(one.value, "${")
	default:
		for i := range len(raw) {
			if raw[i] == '#' && (i == 0 || strings.Contains(blanks, raw[i-1:i])) {
				raw = raw[:i]
				break
			}
		}
		one.value = strings.TrimRight(raw, blanks)
		one.expands = strings.Contains(one.value, "${")
		return one, ""
	}
	if after := strings.TrimLeft(rest, blanks); after != "" && (after[0] != '#' || after == rest) {
		return one, "goes on after its closing quote"
	}
	return one, ""
}

// doubleQuoted reads up to the closing quote.
func doubleQuoted(raw string) (value, rest, problem string) {
	var out strings.Builder
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case '"':
			return out.String(), raw[i+1:], ""
		case '\\':
			i++
			if i == len(raw) {
				return "", "", "has a quote that is not closed on its line"
			}
			escaped, known := map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '$': '$'}[raw[i]]
			if !known {
				return "", "", `has a \ before something that needs none`
			}
			out.WriteByte(escaped)
		default:
			out.WriteByte(c)
		}
	}
	return "", "", "has a quote that is not closed on its line"
}

// keptFromEnvFile reports whether a name decides where commands go, where they keep
// their records, or how programs run: no file of a repository may say that.
func keptFromEnvFile(name string) bool {
	upper := strings.ToUpper(name)
	for _, prefix := range []string{"DESCOPE_MGMT_", "LD_", "XDG_", "SSL_CERT_"} {
		if strings.HasPrefix(upper, prefix) {
			return true
		}
	}
	return strings.HasSuffix(upper, "_PROXY") || slices.Contains([]string{
		"DESCOPE_BASE_URL", "DESCOPE_ENVIRONMENT", "DESCOPE_BACKUP_DIR", "HOME", "PATH", "SHELL", "TMPDIR",
	}, upper)
}

// supply lets a lookup find what the file has. A variable that is set, also one that
// is set to nothing, is never replaced.
func (f *envFile) supply(lookup func(string) (string, bool)) func(string) (string, bool) {
	if f == nil || len(f.values) == 0 {
		return lookup
	}
	return func(name string) (string, bool) {
		if value, set := lookup(name); set {
			return value, true
		}
		if one, found := f.values[name]; found && !keptFromEnvFile(name) {
			return one.value, true
		}
		return "", false
	}
}

func (f *envFile) where() string {
	if f == nil {
		return ""
	}
	return f.path
}

// settleEnvFile says what is to be said about the file, and gives the variables
// that the configuration takes from it.
func (l *loader) settleEnvFile() map[string]string {
	f := l.opts.envFile
	if f == nil {
		return nil
	}
	for _, d := range f.said {
		l.report(d)
	}
	supplied := map[string]string{}
	for _, use := range l.uses {
		one, found := f.values[use.name]
		if _, set := l.opts.given(use.name); !found || set {
			continue
		}
		at := resource.Position{File: f.name, Line: one.line, Column: 1}
		if keptFromEnvFile(use.name) {
			l.reportAt(at, SeverityWarning, codeEnvKept, use.name+" is not taken from this file", "set it in the environment of the command")
			continue
		}
		if one.expands {
			l.reportAt(at, SeverityWarning, codeEnvKept, "the value of "+use.name+" holds ${, and nothing is put in its place", "write the value out, or put it in single quotes")
		}
		supplied[use.name] = one.value
	}
	l.warnOfKept(f)
	if len(supplied) > 0 && f.readable != 0 {
		l.reportAt(resource.Position{File: f.name, Line: 1, Column: 1}, SeverityWarning, codeReadable,
			fmt.Sprintf("anybody on this machine may read this file (mode %04o)", f.readable), "run chmod 600 "+resource.ShellWord(f.name))
	}
	return supplied
}

// warnOfKept says which variables of Descope's and our own stand in the file for
// nothing: who has written them there wants another host than the commands use. Those
// that the configuration references were warned of there.
func (l *loader) warnOfKept(f *envFile) {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		_, set := l.opts.given(name)
		used := slices.ContainsFunc(l.uses, func(u variableUse) bool { return u.name == name })
		if set || used || !strings.HasPrefix(strings.ToUpper(name), "DESCOPE_") || !keptFromEnvFile(name) {
			continue
		}
		l.reportAt(resource.Position{File: f.name, Line: f.values[name].line, Column: 1}, SeverityWarning, codeEnvKept,
			name+" is not taken from this file", "set it in the environment of the command")
	}
}

// given looks a variable up that is really set.
func (o Options) given(name string) (string, bool) {
	if o.Lookup == nil {
		return "", false
	}
	return o.Lookup(name)
}

// EnvFile is the absolute path of the file of variables that was read; empty for
// none.
func (c *Config) EnvFile() string {
	if c == nil {
		return ""
	}
	return c.envPath
}

// FromEnvFile are the variables that the configuration references and takes from
// the file of variables, by name. They are secret as far as anybody knows.
func (c *Config) FromEnvFile() map[string]string {
	if c == nil {
		return nil
	}
	return maps.Clone(c.supplied)
}
