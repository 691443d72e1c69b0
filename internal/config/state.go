package config

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// State says where the tool's own records are kept, and for whom.
type State struct {
	// Dir is absolute, or begins with "~/" for the user's home folder; empty
	// means the usual place.
	Dir string
	// Group is true when the folder is shared with its group.
	Group bool
	// AppliedDir is the folder of the records of what was applied last; it is
	// absolute, or begins with "~/". Empty means that they stand in Dir.
	AppliedDir string
}

// The modes of the state folder.
const (
	stateModeUser  = "user"
	stateModeGroup = "group"
)

func stateKey() key[collected] {
	b := stateBlock()
	return key[collected]{
		name: "state", title: "State", example: `{ dir: "/mnt/team/descope-mgmt", mode: group }`,
		description: "Where the tool keeps its own records, so that a team on one network folder sees one lock.",
		schema:      b.object(),
		read: func(l *loader, n *yaml.Node, into *collected) {
			b.read(l, n, &into.State, "state", "state")
		},
	}
}

func stateBlock() *block[State] {
	return newBlock([]key[State]{
		{
			name: "dir", title: "State folder", example: `"/mnt/team/descope-mgmt"`, fallback: "`~/.descope-mgmt`",
			description: "The folder of the tool's own records: lock, journals, ownership. An absolute path, or one that begins with `~/`. Default `~/.descope-mgmt`; `--home` and DESCOPE_MGMT_HOME win.",
			schema:      schema{"type": "string", "pattern": `^(/|~/|[A-Za-z]:)|\$\{`},
			read: func(l *loader, n *yaml.Node, into *State) {
				dir := l.text(n, "dir")
				if !dir.given {
					return
				}
				if !filepath.IsAbs(dir.value) && !strings.HasPrefix(dir.value, "~/") {
					// Runs in different folders would have different locks.
					l.errorAt(n, codeValue, "state.dir must be an absolute path, not "+show(dir.source), "begin it with / or ~/")
					return
				}
				into.Dir = dir.value
			},
		},
		{
			name: "mode", title: "Who may use it", example: `group`, fallback: "`user`",
			description: "`user` (the default): files are for their owner only, 0600 in folders with 0700. `group`: for the folder's group too, 0660 in folders with 2770.",
			schema:      schemaWord([]string{stateModeUser, stateModeGroup}),
			read: func(l *loader, n *yaml.Node, into *State) {
				mode, _ := l.word(n, "mode", []string{stateModeUser, stateModeGroup})
				into.Group = mode == stateModeGroup
			},
		},
		{
			name: "applied_dir", title: "Records of what was applied", example: `"applied"`, fallback: "in the folder of the tool's own records",
			description: "The folder of the records of what was applied last, with a folder in it for each host and project, so that a team and its CI can share them through the repository: an absolute path, one that begins with `~/`, or one from the folder of this file. Default: in the folder of the tool's own records.",
			schema:      schemaPath(),
			read: func(l *loader, n *yaml.Node, into *State) {
				if dir, ok := l.folderPath(n, "state.applied_dir"); ok {
					into.AppliedDir = dir
				}
			},
		},
	})
}
