package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/config"
)

// writeDiagnostic writes a remark on the configuration: where and what, the line of
// source with a caret below the place, and the next step.
func writeDiagnostic(w io.Writer, diagnostic config.Diagnostic) {
	lines := strings.Split(printable(strings.TrimRight(diagnostic.Render(), "\n")), "\n")
	for i, line := range lines {
		hint, isHint := strings.CutPrefix(line, "  hint: ")
		switch {
		case i == 0:
			writeProse(w, "", line)
		case isHint:
			writeProse(w, "  hint: ", hint)
		case strings.TrimLeft(line, " |") == "^":
			fmt.Fprintln(w, below(lines[i-1], line))
		default:
			fmt.Fprintln(w, line)
		}
	}
}

// below puts a caret under the letter of a line that it means, whatever room the
// letters before it take.
func below(line, caret string) string {
	start, column := strings.Index(caret, "| ")+len("| "), len(caret)-1
	letters := []rune(line)
	return caret[:start] + strings.Repeat(" ", displayWidth(string(letters[start:min(column, len(letters))]))) + "^"
}
