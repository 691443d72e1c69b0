package cli

import (
	"fmt"
	"io"
	"strings"
)

// checksView writes the checks for people: symbol, word, environment and project,
// what was found out below, and one sentence with the counts at the end.
func checksView(document environmentChecks) func(io.Writer) {
	return func(w io.Writer) {
		for _, one := range document.Environments {
			one.write(w)
		}
		fmt.Fprintf(w, "\n%s: %d ok, %d failed.\n", counted(len(document.Environments), "environment"), document.Summary.OK, document.Summary.Failed)
	}
}

func (c environmentCheck) write(w io.Writer) {
	symbol := "="
	if c.Verdict != verdictOK {
		symbol = "!"
	}
	line := fmt.Sprintf("%s %s", symbol, strings.ReplaceAll(string(c.Verdict), "_", " "))
	if c.Environment != nil {
		line += "  " + *c.Environment
	}
	if c.ProjectID != "" {
		line += "  project " + c.ProjectID
	}
	if c.Host != "" {
		line += " on " + c.Host
	}
	if c.Protected {
		line += " (protected)"
	}
	line = printableLine(line)
	look := styleOf(w)
	if symbol == "!" { // what is well needs no colour
		line = look.mark(symbol, line)
	}
	fmt.Fprintln(w, line)
	for _, detail := range c.details() {
		fmt.Fprintln(w, look.label("    "+printableLine(detail)))
	}
}

// text is where the limits come from, and their numbers as --rate-limits takes them.
func (l limitsInForce) text() string {
	if len(l.rules) == 0 {
		return l.From
	}
	return fmt.Sprintf("%s, of which %.0f %% are used: %s", l.From, 100*l.Buffer, l.rules)
}

// details are what was found out, a line each.
func (c environmentCheck) details() []string {
	var lines, facts []string
	if c.LatencyMS != nil {
		facts = append(facts, fmt.Sprintf("answers in %d ms", *c.LatencyMS))
	}
	if c.License != nil {
		facts = append(facts, "licence "+*c.License)
	}
	if c.Tenants != nil {
		facts = append(facts, counted(*c.Tenants, "tenant"))
	}
	if c.Flows != nil {
		facts = append(facts, counted(*c.Flows, "flow"))
	}
	if len(facts) > 0 {
		lines = append(lines, strings.Join(facts, ", "))
	}
	if c.Limits != nil {
		lines = append(lines, "limits: "+c.Limits.text())
	}
	for _, one := range c.Errors {
		lines = append(lines, "error: "+one.Message)
		if one.Hint != "" {
			lines = append(lines, "hint: "+one.Hint)
		}
	}
	return lines
}
