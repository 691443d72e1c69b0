package cli

import "strings"

// printableLines is [printable] for text of several lines that goes to the log of a
// job. A runner takes a line that begins with "::" or "##[" for a command, blanks
// before it or not, and a file's name, which comes from a repository, may hold a
// line feed. Such a line gets a backslash in front.
func printableLines(text string) string {
	text = printable(text)
	if !strings.Contains(text, "::") && !strings.Contains(text, "##[") {
		return text
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		rest := strings.TrimLeft(line, " \t")
		if strings.HasPrefix(rest, "::") || strings.HasPrefix(rest, "##[") {
			out.WriteString(line[:len(line)-len(rest)] + `\`)
			line = rest
		}
		out.WriteString(line)
	}
	return out.String()
}
