package resource

import (
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestShellWord(t *testing.T) {
	for text, want := range map[string]string{
		"acme":        "acme",
		"":            "''",
		"a b":         "'a b'",
		"a'b":         `'a'\''b'`,
		"T2*":         "'T2*'",
		"müller":      "'müller'",
		"a\nb":        `$'a\012b'`,
		"a\n'\\$":     `$'a\012\'\\$'`,
		"\x1b[31mred": `$'\033[31mred'`,
		"a\u202eb":    `$'a\342\200\256b'`,
		"a\xff1":      `$'a\3771'`,
	} {
		if got := ShellWord(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if HasShellWord("a\x00b") || !HasShellWord("a\nb") {
		t.Error("only NUL cannot be given to a command")
	}
}

// TestAShellReadsTheWord, as the very text, and a terminal shows all of it.
func TestAShellReadsTheWord(t *testing.T) {
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	rapid.Check(t, func(t *rapid.T) {
		var texts, words []string
		for range 8 {
			text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a'\\\n\t$`\"!\u202e\u2028\x1b7 *-~#")))).Draw(t, "text")
			if text = strings.ReplaceAll(text, "\x00", ""); text == "" {
				text = "-"
			}
			word := ShellWord(text)
			if strings.IndexFunc(word, isUnseen) >= 0 {
				t.Fatalf("%q is not shown as it is", word)
			}
			texts, words = append(texts, text), append(words, word)
		}
		out, err := exec.CommandContext(t.Context(), shell, "-c", `printf '%s\0' `+strings.Join(words, " ")).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(out), strings.Join(texts, "\x00")+"\x00"; got != want {
			t.Fatalf("the shell reads %q, and it is %q", got, want)
		}
	})
}
