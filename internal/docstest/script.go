package docstest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Script is what a page does when its blocks are run.
type Script struct {
	Bash     string   // for bash; empty when nothing is run
	Emulator bool     // the page wants an emulator
	Needs    []string // programs that must exist
	Configs  []Block  // configurations that must be valid
}

var (
	noRun    = regexp.MustCompile(`^no-run \(\S.*\)$`)
	fileName = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)
)

// otherShells are spellings that would keep a block from being run.
var otherShells = []string{"bash", "shell", "console", "zsh", "yml"}

// prologue ends what the page has left running, and says where it failed.
const prologue = `set -eu
docs_place=start
trap 'docs_status=$?
  for docs_job in $(jobs -p); do kill "$docs_job" 2>/dev/null || true; done
  wait
  [ "$docs_status" -eq 0 ] || echo "$docs_place: ended with status $docs_status" >&2
  exit "$docs_status"' EXIT
`

// NewScript joins the blocks of a page to one script, so that variables,
// folders and background programs last as in a reader's terminal.
func NewScript(page Page) (Script, error) {
	var script Script
	var body strings.Builder
	for _, block := range page.Blocks {
		place := fmt.Sprintf("%s:%d", page.Path, block.Line)
		var err error
		switch {
		case block.Language == "sh":
			err = script.addShell(&body, place, block)
		case block.Language == "yaml" && block.Info == "workflow": // [CheckWorkflow] looks at it
		case block.Language == "yaml" && block.Info != "":
			err = script.addConfig(&body, place, block)
		case slices.Contains(otherShells, block.Language):
			err = fmt.Errorf("the language %s is never checked: write sh or yaml", block.Language)
		}
		if err != nil {
			return Script{}, fmt.Errorf("%s: %w", place, err)
		}
	}
	if body.Len() > 0 {
		script.Bash = prologue + body.String()
	}
	return script, nil
}

func (s *Script) addShell(body *strings.Builder, place string, block Block) error {
	if strings.HasPrefix(block.Info, "no-run") {
		if !noRun.MatchString(block.Info) {
			return fmt.Errorf("no-run wants its reason: sh no-run (needs a real project)")
		}
		return nil
	}
	for word := range strings.FieldsSeq(block.Info) {
		needs, isNeeds := strings.CutPrefix(word, "needs=")
		switch {
		case word == "emulator":
			s.Emulator = true
		case isNeeds:
			s.Needs = append(s.Needs, strings.Split(needs, ",")...)
		default:
			return fmt.Errorf("unknown word %q after sh", word)
		}
	}
	fmt.Fprintf(body, "docs_place=%s\n%s\n", place, block.Text)
	return nil
}

func (s *Script) addConfig(body *strings.Builder, place string, block Block) error {
	words := strings.Fields(block.Info)
	if words[0] != "config" || len(words) > 2 {
		return fmt.Errorf("unknown words %q after yaml", block.Info)
	}
	s.Configs = append(s.Configs, block)
	if len(words) == 1 {
		return nil
	}
	name, isFile := strings.CutPrefix(words[1], "file=")
	if !isFile || !fileName.MatchString(name) || strings.Contains(name, "..") {
		return fmt.Errorf("unknown word %q after yaml config", words[1])
	}
	fmt.Fprintf(body, "docs_place=%s\nmkdir -p \"$(dirname %s)\"\ncat > %s <<'end of the block'\n%send of the block\n", place, name, name, block.Text)
	return nil
}
