package config

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/platform"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// User is what the user's own settings say. It does not change, and may be used
// by several goroutines; nil stands for no settings.
type User struct {
	warnings []Diagnostic
	settings Settings
	command  *KeyCommand
}

// LoadUser reads the user's own settings: the file config.yaml in the tool's
// home folder, whose path is absolute. A file that does not exist makes empty
// settings. Of the options only WorkDir, Home and Lookup count. Commands may be
// named here, so that a file to which others may write is refused.
//
// Errors are those of [Load], but for [*NotFoundError].
func LoadUser(ctx context.Context, path string, opts Options) (*User, error) {
	if !exists(path) {
		return &User{settings: defaultSettings()}, nil
	}
	return loadUser(ctx, opts, opts.source(path))
}

func loadUser(ctx context.Context, opts Options, src source) (*User, error) {
	l := newLoader(opts)
	l.top, l.what = userBlock(), "the user's own settings"
	l.own, l.mayExec = true, true
	l.asWhole = true // there are no lists of tenants to read in parts
	diagnostics, err := l.read(ctx, []source{src})
	if err != nil {
		return nil, err
	}
	user := &User{warnings: diagnostics, settings: l.all.Settings}
	if command := l.all.auth.keyCommand; command.isSet() {
		user.command = &KeyCommand{Argv: command.argv, Dir: command.folder, Source: fmt.Sprintf("management_key_command (%s)", command.at)}
	}
	return user, nil
}

// userBlock is the table of the keys of the user's own settings.
func userBlock() *block[collected] {
	return newBlock([]key[collected]{
		{
			name: "version", title: "Version", example: `"1.0"`,
			description: "The version of the format. It may be left out.",
			schema:      schema{"const": supportedVersion},
			read:        readVersion,
		},
		backupKey(),
		stateKey(),
		performanceKey(),
		{
			name: "management_key_command", title: "Command of the management key", example: `["pass", "show", "descope"]`,
			description: "The program that prints the management key where nothing else says where it is, and its arguments.",
			schema:      schemaNames(),
			read: func(l *loader, n *yaml.Node, into *collected) {
				if !l.once("management_key_command", l.position(n)) {
					return
				}
				if argv, ok := l.keyCommand(n); ok {
					into.auth.keyCommand = keyCommand{argv: argv, folder: l.folder, at: l.position(n)}
				}
			},
		},
	})
}

// checkWriters refuses a file to which somebody else may write: who can write
// there could have any program run. The file that was opened decides.
func (l *loader) checkWriters(file io.ReadCloser) error {
	opened, ok := file.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return nil
	}
	info, err := opened.Stat()
	if err != nil {
		return err
	}
	if perm := platform.Permissions(info.Mode()); perm&0o022 != 0 {
		l.reportAt(resource.Position{File: l.file, Line: 1, Column: 1}, SeverityError, codeWriters,
			fmt.Sprintf("others may write to this file (mode %04o), and it can name programs to run", perm), "run chmod go-w on it, after a look at what it says")
	}
	return nil
}

// withholdUnknown keeps the lines back that stand under keys which the table
// does not support, or which are named: they may hold a pasted credential.
func (b *block[T]) withholdUnknown(l *loader, n *yaml.Node, names ...string) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, dealias(n.Content[i+1])
		if at, known := b.index[name]; !known || b.keys[at].unsupported || slices.Contains(names, name) {
			l.withhold(value)
		}
	}
}

// Warnings lists the warnings and notes, sorted by position.
func (u *User) Warnings() []Diagnostic {
	if u == nil {
		return nil
	}
	return slices.Clone(u.warnings)
}

// KeyCommand is the program that prints the management key where nothing else says
// where it is; nil for none.
func (u *User) KeyCommand() *KeyCommand {
	if u == nil {
		return nil
	}
	return u.command
}

// own is what the settings say; what they leave out has its default.
func (u *User) own() Settings {
	if u == nil {
		return defaultSettings()
	}
	return u.settings
}
