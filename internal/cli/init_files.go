package cli

import (
	"fmt"
	"strings"
)

// schemaName is the file of the schema beside the configuration.
const schemaName = "descope.schema.json"

// envExample is what .env is to look like.
func envExample(head configHead, projectID string) string {
	var out strings.Builder
	out.WriteString("# install -m 600 .env.example .env   makes .env of this file, which git ignores and only you may read. Fill the keys in there:\n" +
		"# a key never belongs into git.\n")
	if head.host != "" {
		fmt.Fprintf(&out, "# No host is taken from .env. Where it is another one than descope.yaml says, set it in the shell:\n# export %s=%s\n", baseURLVariable, shellWord(head.host))
	}
	if len(head.environments) == 0 {
		fmt.Fprintf(&out, "DESCOPE_PROJECT_ID=%s\nDESCOPE_MANAGEMENT_KEY=\n", projectID)
		return out.String()
	}
	for _, name := range head.environments {
		id := ""
		if name == head.environment {
			id = projectID
		}
		fmt.Fprintf(&out, "\n# %s\n%s=%s\n%s=\n", name, environmentVariable(name, "PROJECT_ID"), id, environmentVariable(name, "MANAGEMENT_KEY"))
	}
	return out.String()
}

// The lines around what this program writes into .gitignore.
const (
	ignoreBegin = "# descope-mgmt: begin"
	ignoreEnd   = "# descope-mgmt: end"
)

// ignoreBlock keeps keys out of git, and plans, which hold what is live.
const ignoreBlock = ignoreBegin + `
.env
.env.*
!.env.example
*.plan.json
` + ignoreEnd + "\n"

// withIgnoreBlock is a .gitignore with our block in it: in the place of an older one,
// or else at its end. Everything else stays.
func withIgnoreBlock(text string) string {
	block := ignoreBlock
	if strings.Contains(text, "\r\n") {
		block = strings.ReplaceAll(block, "\n", "\r\n")
	}
	begin, rest := lineOf(text, ignoreBegin)
	if begin >= 0 {
		if at, end := lineOf(text[rest:], ignoreEnd); at >= 0 {
			return text[:begin] + block + text[rest+end:]
		}
	}
	switch {
	case text == "":
		return block
	case strings.HasSuffix(text, "\n"):
		return text + block
	default:
		return text + newlineOf(block) + block
	}
}

// lineOf finds a line, and where the next one begins; -1 where there is none.
func lineOf(text, wanted string) (begin, next int) {
	at := 0
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == wanted {
			return at, at + len(line)
		}
		at += len(line)
	}
	return -1, 0
}

func newlineOf(text string) string {
	if strings.Contains(text, "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// preCommit runs the checks of this repository's hooks before each commit. A build that
// is no release has no tag that the framework could fetch: then the program that is
// installed runs.
func preCommit(version string) string {
	const head = "# See https://pre-commit.com; \"pre-commit install\" turns it on.\nrepos:\n"
	if strings.Contains(version, "+") || strings.HasSuffix(version, "-dev") {
		return head + localHooks
	}
	return head + fmt.Sprintf(`  - repo: https://github.com/portcoconnect/pcc-descope-mgmt
    rev: v%s
    hooks:
      - id: descope-mgmt-validate
      - id: descope-mgmt-fmt
`, strings.TrimPrefix(version, "v"))
}

// localHooks are the hooks of .pre-commit-hooks.yaml that run the program that is
// installed, written out.
const localHooks = `  - repo: local
    hooks:
      - id: descope-mgmt-validate-system
        name: descope-mgmt validate
        entry: descope-mgmt validate --quiet
        language: system
        pass_filenames: false
        files: (^|/)(descope\.(ya?ml|json)|\.descope/.*\.(ya?ml|json)|flows/.*\.json|templates/.*\.(ya?ml|json))$
        exclude: (^|/)descope\.schema\.json$
      - id: descope-mgmt-fmt-system
        name: descope-mgmt config fmt
        entry: descope-mgmt config fmt
        language: system
        require_serial: true
        files: (^|/)(descope\.(ya?ml|json)|\.descope/[^/]+\.(ya?ml|json))$
        exclude: (^|/)descope\.schema\.json$
`
