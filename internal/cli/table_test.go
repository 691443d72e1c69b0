package cli

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"pgregory.net/rapid"
)

// TestTablesFitAndLoseNothingThatIsAName: whatever the texts, no line is wider than the
// terminal unless one value alone is; what is not free text stands there whole, and in
// a pipe everything does.
func TestTablesFitAndLoseNothingThatIsAName(t *testing.T) {
	letters := []rune("abc déf-_/.:\"{}🙂👩🏽‍🚀名古屋ééﷺ한국\u200d\ufe0f\t\n")
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(1, 7).Draw(t, "columns")
		free := []int{}
		header := make([]string, columns)
		for i := range header {
			header[i] = rapid.SampledFrom([]string{"ID", "NAME", "DOMAINS", "WHAT IS LIVE", "運営"}).Draw(t, "header")
			if rapid.Bool().Draw(t, "free") {
				free = append(free, i)
			}
		}
		var rows, whole [][]string
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			row := make([]string, columns)
			for i := range row {
				row[i] = "x" + rapid.StringOfN(rapid.SampledFrom(letters), 0, 60, -1).Draw(t, "cell")
			}
			rows, whole = append(rows, row), append(whole, append([]string{}, row...))
		}
		look := style{unicode: rapid.Bool().Draw(t, "unicode"), width: rapid.SampledFrom([]int{0, 20, 40, 80, 200}).Draw(t, "width")}
		text := page{look: look}
		writeTable(&text, append([]string{}, header...), rows, free...)
		printed := text.String()
		widest := 0
		for _, row := range append(whole, header) {
			for i, cell := range row {
				cell = printableLine(cell)
				if look.width == 0 || !slices.Contains(free, i) {
					where, part := printed, strings.TrimRight(cell, " ")
					if i == len(row)-1 { // it may go on in another line
						where, part = strings.Join(strings.Fields(printed), ""), strings.Join(strings.Fields(cell), "")
					}
					if !strings.Contains(where, part) {
						t.Fatalf("%q is not whole in\n%s", cell, printed)
					}
				}
				if slices.Contains(free, i) {
					cell = cell[:min(len(cell), narrowest)]
				}
				widest = max(widest, displayWidth(cell))
			}
		}
		if look.width == 0 {
			return
		}
		for line := range strings.Lines(printed) {
			if width := displayWidth(strings.TrimSuffix(line, "\n")); width > max(look.width, widest+foldIndent, narrowest+foldIndent) {
				t.Fatalf("%d columns on %d: %q", width, look.width, line)
			}
		}
	})
}

func TestTablesAreCutAtTheWidestFreeTextFirst(t *testing.T) {
	header := []string{"ID", "NAME", "PARENT", "DOMAINS", "STATE"}
	rows := func() [][]string {
		return [][]string{
			{"acme", "Acme", "", "acme.com", "enabled"},
			{"nagoya", "名古屋市の水族館とプラネタリウムと動物園", "acme", "a.example b.example", "disabled"},
			{"::stop-commands::x", "line\nfeed", "", "", "enabled"},
		}
	}
	for name, c := range map[string]struct {
		look style
		want string
	}{
		"in a pipe": {style{}, `ID                     NAME                                      PARENT  DOMAINS              STATE
acme                   Acme                                              acme.com             enabled
nagoya                 名古屋市の水族館とプラネタリウムと動物園  acme    a.example b.example  disabled
\x3a:stop-commands::x  line\nfeed                                                             enabled
`},
		"on 80 columns": {style{width: 80, unicode: true}, `ID                     NAME                PARENT  DOMAINS              STATE
acme                   Acme                        acme.com             enabled
nagoya                 名古屋市の水族館…   acme    a.example b.example  disabled
\x3a:stop-commands::x  line\nfeed                                       enabled
`},
		"on 40 columns": {style{width: 40}, `ID                     NAME
    PARENT  DOMAINS             STATE
acme                   Acme
            acme.com            enabled
nagoya                 名古屋市の水族...
    acme    a.example b.exa...  disabled
\x3a:stop-commands::x  line\nfeed
                                enabled
`},
	} {
		t.Run(name, func(t *testing.T) {
			text := page{look: c.look}
			writeTable(&text, header, rows(), 1, 3)
			if text.String() != c.want {
				t.Errorf("got\n%s\nwant\n%s", text.String(), c.want)
			}
		})
	}
}

func TestProseBreaksAtBlanksOnATerminalOnly(t *testing.T) {
	for name, c := range map[string]struct {
		width int
		want  string
	}{
		"a pipe":     {0, "  note: one two three four\n"},
		"wide":       {26, "  note: one two three four\n"},
		"narrow":     {20, "  note: one two\n        three four\n"},
		"too narrow": {4, "  note: one\n        two\n        three\n        four\n"},
	} {
		t.Run(name, func(t *testing.T) {
			text := page{look: style{width: c.width}}
			writeProse(&text, "  note: ", "one two three four")
			if text.String() != c.want {
				t.Errorf("got\n%s\nwant\n%s", text.String(), c.want)
			}
		})
	}
}

// TestHelpFitsATerminal: only an example, which is there to be copied, may be longer
// than a line.
func TestHelpFitsATerminal(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		_ = helpText(cmd) // cobra adds its flags to a command that is looked at
		text := page{look: style{width: 80}}
		writeHelp(&text, cmd)
		for line := range strings.Lines(text.String()) {
			if line = strings.TrimSuffix(line, "\n"); displayWidth(line) > 80 && !strings.HasPrefix(line, "  descope-mgmt ") {
				t.Errorf("%s: %s", cmd.CommandPath(), line)
			}
		}
		if words := strings.Fields(text.String()); !slices.Equal(words, strings.Fields(helpText(cmd))) {
			t.Errorf("%s: other words than in a pipe", cmd.CommandPath())
		}
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	walk(newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard}))
}
