package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// ManPage is the manual page of one command, in the man macros of roff, in ASCII.
type ManPage struct {
	Name string // of the file, such as "descope-mgmt-tenant-sync.1"
	Text string
}

// ManPages are the manual pages of all commands, in the order of the tree, made from the
// commands themselves. The date is written as it is; it may be empty. Nothing of this
// is in the program, which does not call it.
func ManPages(date string) []ManPage {
	root := newRootCommand(&App{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	root.InitDefaultHelpCmd()
	var pages []ManPage
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		pages = append(pages, ManPage{Name: manName(cmd) + ".1", Text: manText(cmd, date)})
		for _, child := range cmd.Commands() {
			if child.IsAvailableCommand() || child.Name() == "help" {
				walk(child)
			}
		}
	}
	walk(root)
	return pages
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manText(cmd *cobra.Command, date string) string {
	page := &manPage{}
	page.line(`.\" Made from the commands by internal/cli/genman.`)
	page.line(fmt.Sprintf(".TH %s 1 \"%s\" \"%s\" \"User Commands\"", roff(strings.ToUpper(manName(cmd))), roff(date), roff(cmd.Root().Name())))
	page.section("NAME")
	page.line(roff(manName(cmd)) + ` \- ` + roff(cmd.Short))
	page.section("SYNOPSIS")
	if cmd.HasAvailableSubCommands() {
		page.line(`\fB` + roff(cmd.CommandPath()) + `\fR \fICOMMAND\fR [\fIflags\fR]`)
	} else {
		page.line(`\fB` + roff(cmd.CommandPath()) + `\fR` + roff(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())))
	}
	page.section("DESCRIPTION")
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	page.paragraphs(about)
	page.commands(cmd)
	if cmd.HasParent() {
		page.options("OPTIONS", cmd.LocalNonPersistentFlags())
	} else {
		page.options("OPTIONS", cmd.PersistentFlags())
	}
	if cmd.Example != "" {
		page.section("EXAMPLES")
		page.literal(cmd.Example)
	}
	if statuses := cmd.Annotations[exitStatusAnnotation]; statuses != "" {
		page.section("EXIT STATUS")
		for line := range strings.Lines(statuses) {
			number, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
			page.item(`\fB`+roff(number)+`\fR`, strings.TrimSpace(meaning))
		}
	}
	page.seeAlso(cmd)
	return page.text.String()
}

// manPage is a page while it is written.
type manPage struct{ text strings.Builder }

func (p *manPage) line(line string) { p.text.WriteString(line + "\n") }

func (p *manPage) section(title string) { p.line(".SH " + title) }

// item is a term, as roff, and what it means.
func (p *manPage) item(term, meaning string) {
	p.line(".TP")
	p.line(term)
	p.plain(meaning)
}

// plain is text that may be filled anew.
func (p *manPage) plain(text string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			p.line(roffLine(line))
		}
	}
}

// literal is text that stays as it is.
func (p *manPage) literal(text string) {
	p.line(".nf")
	for line := range strings.Lines(text) {
		p.line(roffLine(strings.TrimRight(line, "\n ")))
	}
	p.line(".fi")
}

// paragraphs are filled, but for lines that are indented: those are lists, which stay
// as they are.
func (p *manPage) paragraphs(text string) {
	filled := true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if indented := strings.HasPrefix(line, " "); indented == filled {
			if filled = !filled; filled {
				p.line(".fi")
			} else {
				p.line(".nf")
			}
		}
		if line == "" {
			p.line(".PP")
			continue
		}
		p.line(roffLine(line))
	}
	if !filled {
		p.line(".fi")
	}
}

func (p *manPage) commands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	p.section("COMMANDS")
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			p.item(`\fB`+roff(manName(child))+`\fR(1)`, child.Short)
		}
	}
}

// options are the flags of a set, with what each of them takes in italics.
func (p *manPage) options(title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.section(title)
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		takes, usage := pflag.UnquoteUsage(flag)
		term := `\fB` + roff("--"+flag.Name) + `\fR`
		if flag.Shorthand != "" {
			term = `\fB` + roff("-"+flag.Shorthand) + `\fR, ` + term
		}
		if takes != "" {
			term += ` \fI` + roff(takes) + `\fR`
		}
		if flag.NoOptDefVal == "" && !slices.Contains([]string{"", "0", "[]", "0s"}, flag.DefValue) {
			usage += " (default " + flag.DefValue + ")"
		}
		p.item(term, usage)
	})
}

func (p *manPage) seeAlso(cmd *cobra.Command) {
	var others []string
	if cmd.HasParent() {
		others = append(others, manName(cmd.Root()))
		if parent := cmd.Parent(); parent.HasParent() {
			others = append(others, manName(parent))
		}
	} else {
		others = append(others, manName(cmd)+"-help")
	}
	p.section("SEE ALSO")
	for i, other := range others {
		others[i] = `\fB` + roff(other) + `\fR(1)`
	}
	p.line(strings.Join(others, ", "))
	if cmd.HasParent() {
		p.line(".PP")
		p.line(roffLine("The flags that every command knows stand in " + manName(cmd.Root()) + "(1)."))
	}
}

// roffLine is a text that stands at the beginning of a line.
func roffLine(text string) string {
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + roff(text)
	}
	return roff(text)
}

// roff writes a text so that it means itself, in ASCII.
func roff(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			out.WriteString(`\e`)
		case r == '-':
			out.WriteString(`\-`)
		case r == '"':
			out.WriteString(`\(dq`)
		case r == '\'':
			out.WriteString(`\(aq`)
		case r == '`':
			out.WriteString(`\(ga`)
		case r == '^' || r == '~':
			out.WriteString(map[rune]string{'^': `\(ha`, '~': `\(ti`}[r])
		case r > '~':
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
