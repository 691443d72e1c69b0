package report_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/compare"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/drift"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/report"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

func markdown(t fataler, document report.Document, options report.Options) string {
	var out bytes.Buffer
	if err := report.Markdown(&out, document, options); err != nil {
		t.Fatalf("%v", err)
	}
	return out.String()
}

// fataler is what a test and a property have in common.
type fataler interface {
	Fatalf(format string, arguments ...any)
	Errorf(format string, arguments ...any)
}

// ours is the only HTML that a report may hold.
var ours = regexp.MustCompile(`^(<details>\n<summary><code>[^<>\n]+</code>: <code>[^<>\n]+</code>( in <code>[^<>\n]+</code>)?</summary>|</details>)\n?$`)

// seen is what a Markdown reader makes of a report.
type seen struct {
	tables, rows, details, fences, headings int
}

// read parses a report as GitHub does, and wants nothing in it but what a report is
// made of.
func read(t fataler, source string, document report.Document) seen {
	root := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(gmtext.NewReader([]byte(source)))
	var found seen
	opened := 0
	_ = ast.Walk(root, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node := node.(type) {
		case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML, *extast.Strikethrough, *extast.TaskCheckBox, *extast.FootnoteLink, *ast.ThematicBreak, *ast.Blockquote, *ast.CodeBlock:
			t.Errorf("a %s got into the report", node.Kind())
		case *ast.Emphasis:
			if node.Level != 2 {
				t.Errorf("emphasis got into the report")
			}
		case *ast.HTMLBlock:
			html := blockText(node, source)
			if !ours.MatchString(html) {
				t.Errorf("foreign HTML: %q", html)
			}
			if strings.HasPrefix(html, "<details>") {
				found.details, opened = found.details+1, opened+1
			} else {
				opened--
			}
		case *ast.FencedCodeBlock:
			found.fences++
		case *ast.Heading:
			found.headings++
		case *extast.Table:
			found.tables++
		case *extast.TableRow:
			found.rows++
			if node.ChildCount() != len(document.Columns)+1 {
				t.Errorf("a row has %d cells, want %d", node.ChildCount(), len(document.Columns)+1)
			}
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if prose := string(node.Segment.Value([]byte(source))); strings.ContainsAny(prose, "@#<>[]$\\&") {
				t.Errorf("text outside of code: %q", prose)
			}
		}
		return ast.WalkContinue, nil
	})
	if opened != 0 {
		t.Errorf("%d details are not closed", opened)
	}
	return found
}

func blockText(node *ast.HTMLBlock, source string) string {
	var out strings.Builder
	for i := range node.Lines().Len() {
		line := node.Lines().At(i)
		out.Write(line.Value([]byte(source)))
	}
	if node.HasClosure() {
		out.Write(node.ClosureLine.Value([]byte(source)))
	}
	return strings.TrimRight(out.String(), "\n")
}

// calm wants a text that neither a terminal nor the runner of a workflow obeys.
func calm(t fataler, source string) {
	if !utf8.ValidString(source) {
		t.Errorf("not UTF-8: %q", source)
	}
	for line := range strings.Lines(source) {
		line = strings.TrimSuffix(line, "\n")
		if at := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); at >= 0 {
			t.Errorf("what cannot be printed is in %q", line)
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.Contains(line, "##vso[") {
			t.Errorf("a command of the runner: %q", line)
		}
	}
}

var notShown = regexp.MustCompile(`(\d+) of (\d+) (\w+?)s? (?:is|are) not shown(?:;|\.)`)

// leftOut reads what a report says that it has left out.
func leftOut(t fataler, source string) map[string][2]int {
	said := map[string][2]int{}
	for _, match := range notShown.FindAllStringSubmatch(source, -1) {
		var count, of int
		if _, err := fmt.Sscan(match[1]+" "+match[2], &count, &of); err != nil {
			t.Fatalf("%v", err)
		}
		said[match[3]] = [2]int{count, of}
	}
	return said
}

// checkReport wants a report that is harmless, complete or honest, and not too long.
func checkReport(t fataler, document report.Document, options report.Options) {
	source := markdown(t, document, options)
	calm(t, source)
	found := read(t, source, document)
	if most := max(options.Limit, report.LeastLimit); options.Limit > 0 && len(source) > most {
		t.Errorf("%d bytes, and the limit is %d", len(source), most)
	}
	said := leftOut(t, source)
	if rows := len(document.Rows) - said["resource"][0]; found.rows != rows {
		t.Errorf("%d rows of %d, and %v are said to be missing", found.rows, len(document.Rows), said)
	}
	tables := 0
	if found.rows > 0 {
		tables = 1
	}
	if found.tables != tables {
		t.Errorf("%d tables, want %d", found.tables, tables)
	}
	fences := 0
	for _, detail := range document.Details {
		if len(detail.Fields)+detail.Hidden > 0 {
			fences++
		}
	}
	if _, cut := said["difference"]; !cut && found.fences != fences {
		t.Errorf("%d blocks of differences, want %d", found.fences, fences)
	}
	if again := markdown(t, document, options); again != source {
		t.Errorf("the same document gives another report")
	}
}

func TestHostileTextIsHarmlessInMarkdown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		options := report.Options{Limit: rapid.IntRange(1, 70_000).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "none") {
			options.Values = report.ValuesNone
		}
		checkReport(t, document(t), options)
	})
}

// TestEachHostilePieceAlone: where a piece is all there is of a path or a name, it
// stands at the very beginning of what is ours.
func TestEachHostilePieceAlone(t *testing.T) {
	for _, piece := range hostile {
		field := compare.Field{Path: piece, A: resource.Value(piece), B: resource.StringValue(piece)}
		side := compare.Side{Environment: piece, ProjectID: piece}
		checkReport(t, report.FromComparison(compare.Comparison{
			A: side, B: side, Notes: []resource.Note{{Code: piece, Message: piece}},
			Differences: []compare.Difference{{Name: piece, Place: compare.PlaceBoth, Fields: []compare.Field{field, {Path: piece}, field}}},
		}), report.Options{})
		finding := drift.Finding{Address: resource.Address(piece), Path: piece, State: drift.StatePending, Wanted: resource.Value(piece)}
		checkReport(t, report.FromDrift([]report.EnvironmentDrift{{Result: &drift.Result{Findings: []drift.Finding{finding}}}}), report.Options{})
	}
}

func FuzzMarkdown(f *testing.F) {
	for i, piece := range hostile {
		f.Add(piece, hostile[(i+7)%len(hostile)], hostile[(i+13)%len(hostile)])
	}
	f.Fuzz(func(t *testing.T, name, value, message string) {
		document := report.FromPlans([]report.EnvironmentPlan{
			{Environment: report.Environment{Name: name}, Plan: &resource.Plan{ProjectID: value, Changes: []resource.Change{{
				Address: resource.NewAddress(resource.KindTenant, name), Kind: resource.KindTenant, Action: resource.ActionUpdate,
				Fields:  []resource.FieldChange{{Path: value, Before: resource.Value(name), After: resource.StringValue(value)}},
				Blocked: &resource.Blocked{Code: value, Message: message}, Source: &resource.Position{File: name, Line: 1, Column: 1},
			}}, Notes: []resource.Note{{Code: name, Message: message}}}},
			{Environment: report.Environment{Name: value, Error: &resource.Fault{Code: name, Message: message, Hint: value}}},
		})
		checkReport(t, document, report.Options{})
		checkAnnotations(t, document, report.Options{})
	})
}

// bigPlan has many tenants to create, and some at the end that are graver.
func bigPlan(tenants, fields int) report.Document {
	made := &resource.Plan{ProjectID: "P2", Summary: resource.PlanSummary{Create: tenants - 1, Blocked: 1}}
	for i := range tenants {
		change := resource.Change{
			Address: resource.NewAddress(resource.KindTenant, fmt.Sprintf("tenant-%05d", i)), Kind: resource.KindTenant, Action: resource.ActionCreate,
		}
		for field := range fields {
			change.Fields = append(change.Fields, resource.FieldChange{Path: fmt.Sprintf("custom_attributes.k%03d", field), After: resource.StringValue("ü" + strings.Repeat("x", 40))})
		}
		if i == tenants-1 {
			change.Blocked = &resource.Blocked{Code: "name_taken", Message: "another tenant has the name"}
		}
		made.Changes = append(made.Changes, change)
	}
	return report.FromPlans([]report.EnvironmentPlan{{Environment: report.Environment{Name: "dev"}, Plan: made}})
}

func TestTooLongIsCutShortWithTheCount(t *testing.T) {
	cases := map[string]struct{ tenants, fields int }{
		"many tenants": {5000, 2}, "a few large ones": {30, 400}, "one enormous": {1, 5000}, "fits": {10, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			document := bigPlan(c.tenants, c.fields)
			checkReport(t, document, report.Options{Limit: report.CommentLimit})
			source := markdown(t, document, report.Options{})
			if len(source) > report.CommentLimit || utf8.RuneCountInString(source) > 65_536 {
				t.Errorf("%d bytes", len(source))
			}
			if !strings.Contains(source, "! blocked create |") {
				t.Error("the gravest row is not shown")
			}
			said := leftOut(t, source)
			if got, want := strings.Count(source, "<summary>"), c.tenants-said["difference"][0]; c.tenants*c.fields > 30 && got != want {
				t.Errorf("%d differences are shown, and %v are said to be missing", got, said)
			}
			shown := strings.Count(source, "\n+ custom_attributes")
			if got := (c.tenants-said["difference"][0])*c.fields - said["field"][0]; got != shown {
				t.Errorf("%d fields are shown, and %v are said to be missing", shown, said)
			}
			if cut := strings.Contains(source, "cut short"); cut != (name != "fits") {
				t.Errorf("cut short: %t", cut)
			}
		})
	}
}

func TestSecretsAreTakenOutBeforeAnythingIsEscaped(t *testing.T) {
	const key = "K2`|%canary"
	clean := func(text string) string { return strings.ReplaceAll(text, key, resource.Redacted) }
	document := report.FromPlans([]report.EnvironmentPlan{{Environment: report.Environment{Name: key, ProjectID: key}, Plan: &resource.Plan{
		ProjectID: key,
		Changes: []resource.Change{{
			Address: "tenant/" + key, Kind: resource.KindTenant, Action: resource.ActionCreate, Source: &resource.Position{File: key, Line: 1, Column: 1},
			Fields: []resource.FieldChange{{Path: key, After: resource.StringValue(key)}},
		}},
		Notes: []resource.Note{{Code: key, Message: key}},
	}}})
	for name, got := range map[string]string{
		"markdown": markdown(t, document, report.Options{Clean: clean}), "github": github(t, document, report.Options{Clean: clean}),
	} {
		if strings.Contains(got, "canary") || !strings.Contains(got, resource.Redacted) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
