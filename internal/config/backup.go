package config

import (
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// DefaultRetentionDays is how long backups are kept where nothing says
// otherwise.
const DefaultRetentionDays = 30

// highestRetentionDays keeps the time that it stands for within what a
// duration can hold.
const highestRetentionDays = 36_500

// The placeholders of backup.after. Here they stay as they are: whoever runs
// the commands puts the backup's file and its folder in their place.
const (
	placeholderFile = "{file}"
	placeholderDir  = "{dir}"
)

// Backup says where backups are kept, for how long, and what is run after one.
type Backup struct {
	// Dir is absolute, or begins with "~/" for the user's home folder; empty
	// means the usual place. A path in a file is taken from the file's folder.
	Dir           string
	RetentionDays int // at least 1
	// After are the commands to run after a backup, in order, each as a program
	// and its arguments; {file} and {dir} stand in arguments for the backup. It is
	// nil where nothing gives it, and empty where an empty list does.
	After [][]string
	// AfterRequired says that a command that fails is a failure of the backup.
	AfterRequired bool
	Source        BackupSource
}

// BackupSource says where each part of a [Backup] stands; a position is zero
// where nothing gives the part.
type BackupSource struct {
	Dir, RetentionDays, After, AfterRequired resource.Position
}

// clone is a copy that shares nothing.
func (b Backup) clone() Backup {
	after := slices.Clone(b.After)
	for i, command := range after {
		after[i] = slices.Clone(command)
	}
	b.After = after
	return b
}

func backupKey() key[collected] {
	b := backupBlock()
	return key[collected]{
		name: "backup", title: "Backups", example: `{ dir: "~/.descope-mgmt/backups", retention_days: 30 }`,
		description: "Where backups are kept, for how long, and what is run after one.",
		schema:      b.object(),
		read: func(l *loader, n *yaml.Node, into *collected) {
			b.read(l, n, &into.Backup, "backup", "backup")
		},
	}
}

func backupBlock() *block[Backup] {
	return newBlock([]key[Backup]{
		{
			name: "dir", title: "Folder of the backups", example: `"~/.descope-mgmt/backups"`, fallback: "`backups` in the state folder",
			description: "The folder of the backups: an absolute path, one that begins with `~/`, or one from the folder of this file. `--backup-dir` and DESCOPE_BACKUP_DIR win.",
			schema:      schemaPath(),
			read: func(l *loader, n *yaml.Node, into *Backup) {
				if dir, ok := l.folderPath(n, "backup.dir"); ok {
					into.Dir, into.Source.Dir = dir, l.position(n)
				}
			},
		},
		{
			name: "retention_days", title: "Days to keep", example: `30`, fallback: "30",
			description: "How many days a backup is kept, at least 1. Default 30. The newest of a project is never removed, nor one that an unfinished run names.",
			schema:      schema{"type": "integer", "minimum": 1, "maximum": highestRetentionDays},
			read: func(l *loader, n *yaml.Node, into *Backup) {
				if days, ok := l.wholeNumber(n, "retention_days", 1, highestRetentionDays); ok {
					into.RetentionDays, into.Source.RetentionDays = int(days), l.position(n)
				}
			},
		},
		{
			name: "after", title: "Commands after a backup", example: `[["aws", "s3", "cp", "{file}", "s3://acme-backups/"]]`,
			description: "Commands to run after a backup, in order, each as a list of a program and its arguments; no shell reads them. `{file}` stands for the backup and `{dir}` for its folder, in arguments only. Only the user's own settings may name commands, and other files with DESCOPE_MGMT_ALLOW_EXEC=1.",
			schema:      schema{"type": "array", "items": schemaNames()},
			read: func(l *loader, n *yaml.Node, into *Backup) {
				if commands, ok := l.commands(n, "backup.after"); ok {
					into.After, into.Source.After = commands, l.position(n)
				}
			},
		},
		{
			name: "after_required", title: "Commands must succeed", example: `true`, fallback: "false",
			description: "Whether a run ends before its first write where one of the commands fails. Default false: a failure is a warning.",
			schema:      schema{"type": "boolean"},
			read: func(l *loader, n *yaml.Node, into *Backup) {
				if required, ok := l.flag(n, "after_required"); ok {
					into.AfterRequired, into.Source.AfterRequired = required, l.position(n)
				}
			},
		},
	})
}

// schemaPath is a path as folderPath reads it.
func schemaPath() schema {
	return schema{"type": "string", "minLength": 1, "pattern": `^([^~]|~/)`}
}

// folderPath reads the path of a folder and resolves it against that of the file.
func (l *loader) folderPath(n *yaml.Node, what string) (dir string, ok bool) {
	read := l.text(n, what[strings.LastIndexByte(what, '.')+1:])
	if !read.given {
		return "", false
	}
	l.checked = append(l.checked, read)
	home := strings.HasPrefix(read.value, "~")
	switch {
	case read.value == "":
		l.errorAt(n, codeValue, what+" is empty", "write a path, or drop the key")
		return "", false
	case home && !strings.HasPrefix(read.value, "~/"):
		l.errorAt(n, codeValue, what+" cannot be "+show(read.source)+": only ~/ stands for a home folder", "begin it with / or ~/, or write a path from this file's folder")
		return "", false
	case home:
		return read.value, true
	case filepath.IsAbs(read.value):
		return filepath.Clean(read.value), true
	default:
		return filepath.Join(l.folder, read.value), true
	}
}

// commands reads a list of commands. Ok is false when any of it cannot be used,
// and when this file may name none, also not an empty list: it would take away
// what the user's own settings run.
func (l *loader) commands(n *yaml.Node, what string) (commands [][]string, ok bool) {
	if !l.mayRun(n, what) {
		return nil, false
	}
	if n.Kind != yaml.SequenceNode {
		l.wrongType(n, what, "a list of commands", `write [["program", "argument"]]`)
		return nil, false
	}
	commands, ok = make([][]string, 0, len(n.Content)), true
	for _, child := range n.Content {
		command, good := l.command(dealias(child), what)
		commands, ok = append(commands, command), ok && good
	}
	return commands, ok
}

// mayRun refuses programs in a file that is not trusted to name any.
func (l *loader) mayRun(n *yaml.Node, what string) bool {
	if !l.mayExec {
		l.errorAt(n, codeExec, what+" names commands to run, and this file is not trusted to", "move it to your own settings (~/.descope-mgmt/config.yaml), or set DESCOPE_MGMT_ALLOW_EXEC=1 if you trust whoever can write here")
	}
	return l.mayExec
}

// command reads a program and its arguments.
func (l *loader) command(n *yaml.Node, what string) (argv []string, ok bool) {
	if n.Kind != yaml.SequenceNode {
		suggestion := ""
		if kindOf(n) == kindText {
			suggestion = `write the program and each argument by itself: [["program", "argument"]]`
		}
		l.wrongType(n, "an item of "+what, "a list of a program and its arguments", suggestion)
		return nil, false
	}
	if len(n.Content) == 0 {
		l.errorAt(n, codeValue, "a command of "+what+" is empty", "name a program, or drop the item")
		return nil, false
	}
	items, _ := l.texts(n, "a command of "+what)
	ok = len(items) == len(n.Content)
	for _, item := range items {
		l.checked = append(l.checked, item)
		if item.value == "" {
			l.reportAt(item.at, SeverityError, codeValue, "an item of a command of "+what+" is empty", "drop it")
			ok = false
		}
		argv = append(argv, item.value)
	}
	if ok && (strings.Contains(argv[0], placeholderFile) || strings.Contains(argv[0], placeholderDir)) {
		l.errorAt(dealias(n.Content[0]), codeValue, "the program of a command of "+what+" cannot come from a placeholder", "write the program's name or path")
		ok = false
	}
	return argv, ok
}
