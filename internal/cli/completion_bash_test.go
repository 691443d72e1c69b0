//go:build unix

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bashConfiguration has what is completed here.
const bashConfiguration = `version: "1.0"
environments: { dev: {}, prod: {} }
tenants: [ { id: acme-corp }, { id: acme-labs }, { id: "evil$(touch evil)" } ]
flows: [ { id: sign-in, file: x.json } ]
`

// TestBash asks a real shell, which has nothing of the package bash-completion.
func TestBash(t *testing.T) {
	const script = `
source <(descope-mgmt completion bash)
compopt() { :; } # it works while the Tab key is pressed only
ask() { # LINE WORD...: the words as bash parts them
	COMP_LINE="descope-mgmt $1" COMP_TYPE=9 COMPREPLY=()
	shift
	COMP_WORDS=(descope-mgmt "$@") COMP_CWORD=$# COMP_POINT=${#COMP_LINE}
	__start_descope-mgmt
	local IFS=,
	echo "$COMP_LINE: ${COMPREPLY[*]}"
}
ask "plan -e " plan -e ""
ask "tenant get acme-l" tenant get acme-l
ask "apply --target tenant/acme-" apply --target tenant/acme-
ask "apply --target=tenant/acme-l" apply --target = tenant/acme-l
ask "plan  -e=" plan -e =
ask "plan --environment= " plan --environment = ""
ask "flow history s" flow history s
ask "flow diff live:" flow diff live :
ask "flow diff live:s" flow diff live : s
ask "plan -c " plan -c ""
ask "plan -c d" plan -c d
ask "plan --home h" plan --home h
ask "unknown " unknown ""
for name in _init_completion _get_comp_words_by_ref _filedir; do declare -F $name; done
true
`
	const want = `descope-mgmt plan -e : dev,prod
descope-mgmt tenant get acme-l: acme-labs
descope-mgmt apply --target tenant/acme-: tenant/acme-corp,tenant/acme-labs
descope-mgmt apply --target=tenant/acme-l: tenant/acme-labs
descope-mgmt plan  -e=: dev,prod
descope-mgmt plan --environment= : 
descope-mgmt flow history s: sign-in
descope-mgmt flow diff live:: sign-in
descope-mgmt flow diff live:s: sign-in
descope-mgmt plan -c : descope.yaml,homes
descope-mgmt plan -c d: descope.yaml
descope-mgmt plan --home h: homes
descope-mgmt unknown : 
`
	app, _ := completionApp(t, bashConfiguration)
	fill(t, app.WorkDir)
	if got := askShell(t, app.WorkDir, "bash", "--noprofile", "--norc", "-c", script); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// fill adds a folder, and a file that is no configuration.
func fill(t *testing.T, folder string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(folder, "homes"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "document.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBashWithThePackage: what the package has is used where it is there.
func TestBashWithThePackage(t *testing.T) {
	const script = `
source <(descope-mgmt completion bash)
compopt() { :; }
_get_comp_words_by_ref() { cur=acme-l prev=get words=(descope-mgmt tenant get acme-l) cword=3; }
_filedir() { COMPREPLY=("of the package: $*"); }
COMP_WORDS=(descope-mgmt) COMP_CWORD=0 COMP_TYPE=9
__start_descope-mgmt
echo "${COMPREPLY[*]}"
_get_comp_words_by_ref() { cur= prev=-c words=(descope-mgmt plan -c "") cword=3; }
__start_descope-mgmt
echo "${COMPREPLY[*]}"
`
	app, _ := completionApp(t, bashConfiguration)
	want := "acme-labs\nof the package: yaml|yml|json|\n"
	if got := askShell(t, app.WorkDir, "bash", "--noprofile", "--norc", "-c", script); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBashTab presses the Tab key.
func TestBashTab(t *testing.T) {
	app, _ := completionApp(t, bashConfiguration)
	fill(t, app.WorkDir)
	bash := shellIn(t, app.WorkDir, "bash", "--noprofile", "--norc", "-i")
	bash.Env = append(bash.Env, "TERM=dumb", "PS1=ready> ", "INPUTRC=/dev/null")
	terminal := startOnTerminal(t, bash)
	var screen bytes.Buffer
	until := func(text string) {
		t.Helper()
		for one := make([]byte, 1); !strings.HasSuffix(screen.String(), text); {
			if _, err := terminal.Read(one); err != nil {
				t.Fatalf("%v, waiting for %q after\n%s", err, text, screen.String())
			}
			screen.Write(one)
		}
	}
	press := func(keys string) {
		t.Helper()
		if _, err := terminal.WriteString(keys); err != nil {
			t.Fatal(err)
		}
	}
	until("ready> ")
	press("source <(descope-mgmt completion bash)\n")
	until("ready> ")
	for _, row := range [][2]string{
		{"tenant get acme-l", "tenant get acme-labs"},
		{"plan --target=tenant/acme-c", "plan --target=tenant/acme-corp"},
		{"flow diff live:s", "flow diff live:sign-in"},
		{"plan -c desc", "plan -c descope.yaml"},
		{"plan --home ho", "plan --home homes/"},
	} {
		screen.Reset()
		const start, line = "\x01", "\n" // to the beginning of the line, and go
		press("descope-mgmt " + row[0] + "\t" + start + "printf '[%s]' " + line)
		until("]ready> ")
		want := "[" + strings.Join(strings.Fields("descope-mgmt "+row[1]), "][") + "]"
		if !strings.Contains(screen.String(), want) || strings.Contains(screen.String(), "not found") {
			t.Errorf("%s: want %s in\n%s", row[0], want, screen.String())
		}
	}
	press("exit\n")
	_ = bash.Wait() // the terminal's end may come first
}
