package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// maxKeyFile bounds the file of a key, in bytes.
const maxKeyFile = 64 << 10

// keyFile is the file that holds a management key.
type keyFile struct {
	setting        // its path
	folder  string // from which a path is taken
}

// keyCommand is the program that prints a management key.
type keyCommand struct {
	argv   []string
	folder string
	at     resource.Position
}

func (c keyCommand) isSet() bool { return c.argv != nil }

// KeyCommand is a program that prints the management key. The configuration runs
// nothing itself.
type KeyCommand struct {
	Argv []string // the program and its arguments
	Dir  string   // absolute: the folder of the file that names it
	// Source is where it is named, for people.
	Source string
}

func keyFileKey() key[access] {
	return key[access]{
		name: "management_key_file", title: "File of the management key", example: `"/run/secrets/descope-key"`,
		description: "The file that holds the management key and nothing else, instead of `management_key`: an absolute path, one that begins with `~/`, or one from the folder of this file. It is refused where anybody may write to it, or to its folder.",
		schema:      schemaPath(),
		read: func(l *loader, n *yaml.Node, into *access) {
			before := len(l.uses)
			into.keyFile = keyFile{setting: l.setting(n, "management_key_file", checkKeyPath), folder: l.folder}
			for i := range l.uses[before:] {
				l.uses[before+i].secret = true // KEY_FILE is the name of a path
			}
		},
	}
}

func keyCommandKey() key[access] {
	return key[access]{
		name: "management_key_command", title: "Command of the management key", example: `["pass", "show", "descope/dev"]`,
		description: "The program that prints the management key, and its arguments, instead of `management_key`; no shell reads them. It runs when the key is needed, once for each environment, with the project's id and the environment's name in DESCOPE_PROJECT_ID and DESCOPE_ENVIRONMENT. Only the user's own settings may name one, and other files with DESCOPE_MGMT_ALLOW_EXEC=1.",
		schema:      schemaNames(),
		read: func(l *loader, n *yaml.Node, into *access) {
			if argv, ok := l.keyCommand(n); ok {
				into.keyCommand = keyCommand{argv: argv, folder: l.folder, at: l.position(n)}
			}
		},
	}
}

// checkKeyPath refuses what is no path. It never quotes it: it may be the key.
func checkKeyPath(path string) error {
	switch {
	case path == "":
		return &codedError{codeValue, "is empty"}
	case looksLikeKey(path):
		return &codedError{codeLiteralKey, "is a key and no path: a management key may not stand in a file of the configuration"}
	case strings.HasPrefix(path, "~") && !strings.HasPrefix(path, "~/"):
		return &codedError{codeValue, "begins with ~, and only ~/ stands for a home folder"}
	default:
		return nil
	}
}

// keyCommand reads a program and its arguments.
func (l *loader) keyCommand(n *yaml.Node) (argv []string, ok bool) {
	const what = "management_key_command"
	if !l.mayRun(n, what) {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, what, "a list of a program and its arguments", `write ["program", "argument"]`)
		return nil, false
	}
	items, _ := l.texts(n, what)
	ok = len(items) == len(n.Content)
	if len(n.Content) == 0 {
		l.errorAt(n, codeValue, what+" is empty", "name a program, or drop the key")
		return nil, false
	}
	for _, item := range items {
		l.checked = append(l.checked, item)
		argv = append(argv, item.value)
	}
	if ok && argv[0] == "" {
		l.errorAt(dealias(n.Content[0]), codeValue, "the program of "+what+" is empty", "write the program's name or path")
		return nil, false
	}
	return argv, ok
}

// checkKeyPlaces refuses blocks that give a key in two ways, and looks at the files
// of keys, as far as their paths are known.
func (l *loader) checkKeyPlaces() {
	all := []*access{&l.all.auth}
	for _, env := range l.all.environments {
		all = append(all, &env.access)
	}
	for _, a := range all {
		type way struct {
			name string
			at   resource.Position
		}
		var ways []way
		if a.managementKey.isSet() {
			ways = append(ways, way{"management_key", a.managementKey.at})
		}
		if a.keyFile.isSet() {
			ways = append(ways, way{"management_key_file", a.keyFile.at})
			l.lookAtKeyFile(a.keyFile)
		}
		if a.keyCommand.isSet() {
			ways = append(ways, way{"management_key_command", a.keyCommand.at})
		}
		for i := 1; i < len(ways); i++ {
			l.reportAt(ways[i].at, SeverityError, codeKeyTwice, fmt.Sprintf("%s stands beside %s (%s)", ways[i].name, ways[0].name, ways[0].at), "keep one of the two")
		}
	}
}

// lookAtKeyFile says what is wrong with a key's file before anybody needs it. It
// does not read it.
func (l *loader) lookAtKeyFile(f keyFile) {
	path, missing := f.path(l.lookup, l.opts.Home)
	if len(missing) > 0 || path == "" {
		return // that is a note already, or is said when it is needed
	}
	const subject = "the file of the management key "
	mode, err := statPrivate(path)
	refusal, refused := errors.AsType[*privateError](err)
	switch {
	case refused:
		l.reportAt(f.at, SeverityError, codeKeyFile, subject+"cannot be trusted: "+refusal.message, refusal.hint)
	case err != nil:
		l.reportAt(f.at, SeverityNote, codeMissingKey, subject+"cannot be read: "+err.Error(), "put it there before a command that talks to this project")
	case mode&0o004 != 0:
		l.reportAt(f.at, SeverityWarning, codeReadable, subject+fmt.Sprintf("can be read by anybody on this machine (mode %04o)", mode), "run chmod o-r on it")
	}
}

// path is the absolute path, or the variables that it lacks.
func (f keyFile) path(lookup func(string) (string, bool), home string) (path string, missing []string) {
	value, missing := expand(f.template, lookup)
	if len(missing) > 0 || checkKeyPath(value) != nil {
		return "", missing
	}
	return filepath.Clean(Options{WorkDir: f.folder, Home: home}.absolute(value)), nil
}

// holdsKey reports whether a block says where its key is.
func (a *access) holdsKey(reading bool) bool {
	return a.managementKey.isSet() || a.keyFile.isSet() || a.keyCommand.isSet() || reading && a.readKey.isSet()
}

// holder is the block whose key is taken; nil where a variable gives it, or nothing.
func (r *resolver) holder() (a *access, place string) {
	switch {
	case r.own != nil && r.own.holdsKey(r.sel.Reading):
		return &r.own.access, "environments." + r.own.name
	case r.variable(managementKeyVariable) != "":
		return nil, ""
	case r.cfg.auth.holdsKey(r.sel.Reading):
		return &r.cfg.auth, "auth"
	default:
		return nil, ""
	}
}

// keyElsewhere takes the key from a file, or says which program prints it; found is
// false where a variable holds it.
func (r *resolver) keyElsewhere(target *Target) (found bool, err error) {
	a, place := r.holder()
	switch {
	case a != nil && r.sel.Reading && a.readKey.isSet(), a != nil && a.managementKey.isSet():
		return false, nil
	case a != nil && a.keyFile.isSet():
		source := fmt.Sprintf("management_key_file of %s (%s)", place, a.keyFile.at)
		key, err := r.readKeyFile(a.keyFile, source)
		if err == nil {
			*target, err = target.withKey(key, source, keyHints{})
		}
		return true, err
	case a != nil:
		target.KeyCommand = &KeyCommand{Argv: a.keyCommand.argv, Dir: a.keyCommand.folder, Source: fmt.Sprintf("management_key_command of %s (%s)", place, a.keyCommand.at)}
		return true, nil
	case r.sel.KeyCommand != nil && r.variable(managementKeyVariable) == "":
		target.KeyCommand = r.sel.KeyCommand
		return true, nil
	default:
		return false, nil
	}
}

func (r *resolver) readKeyFile(f keyFile, source string) (string, error) {
	path, missing := f.path(r.sel.Lookup, r.cfg.home)
	failure := &MissingCredentialError{What: managementKeyName, Hint: "put the key alone into it; " + keyHint}
	switch {
	case len(missing) > 0:
		failure.Variable, failure.Hint = missing[0], "set "+missing[0]
		failure.Message = fmt.Sprintf("the path in %s is in the variable %s, which is not set", source, missing[0])
		return "", failure
	case path == "":
		failure.Message, failure.Hint = "the path in "+source+" is none", "set its variable to the path of the key's file"
		return "", failure
	}
	text, _, err := readPrivate(path, "the file", maxKeyFile)
	if refusal, refused := errors.AsType[*privateError](err); refused {
		failure.Message, failure.Hint = fmt.Sprintf("the file in %s cannot be trusted: %s", source, refusal.message), refusal.hint
		return "", failure
	}
	if err != nil {
		failure.Message = fmt.Sprintf("the management key cannot be read, by %s: %v", source, err)
		return "", failure
	}
	key := strings.TrimRight(string(text), "\r\n")
	if key == "" {
		failure.Message = "the file in " + source + " is empty"
		return "", failure
	}
	return key, nil
}

// WithKey is the target with the key that its command has printed, which must be
// one. Errors: [*MissingCredentialError] and [*SelectionError].
func (t Target) WithKey(key string) (Target, error) {
	return t.withKey(key, t.KeyCommand.Source, keyHints{})
}
