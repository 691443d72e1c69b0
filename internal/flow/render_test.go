package flow_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/flow"
)

// story is a difference with one operation of nearly each kind.
func story(tb testing.TB) flow.Difference {
	tb.Helper()
	before := read(tb, "testdata/sign-in.json")
	t := treeOf(tb, before)
	t["metadata"].(map[string]any)["disabled"] = true
	redirect(t, "9", "resend", "5")
	cut(t, "12", "back")
	delete(t.tasks(), "18")
	redirect(t, "17", "success", "99")
	t.tasks()["99"] = map[string]any{"id": "99", "name": "Log", "type": "automated", "action": "connector", "next": map[string]any{"rules": []any{map[string]any{"interactionId": "success", "taskId": "21"}}}}
	t.task("11")["arguments"].(map[string]any)["uri"] = map[string]any{"type": "inline", "value": "https://new.example.com"}
	t.task("7")["conditions"].([]any)[0].(map[string]any)["name"] = "Danger"
	t.withoutPart("SCaaa1", "pw")
	_, title := t.part("SCaaa1", "title")
	title["props"].(map[string]any)["children"] = "Hello"
	return flow.Diff(before, t.document(tb))
}

func TestRenderings(t *testing.T) {
	d := story(t)
	for name, got := range map[string]string{"story.txt": d.Text(), "story.md": d.Markdown(), "story.mmd": d.Mermaid()} {
		path := filepath.Join("testdata", name)
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v; it would hold\n%s", err, got)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s", path, got)
		}
	}
	same := flow.Diff(read(t, "testdata/snapshot"), read(t, "testdata/snapshot"))
	if same.Text() != "No differences.\n" || same.Markdown() != "No differences.\n" {
		t.Errorf("no difference is %q, %q", same.Text(), same.Markdown())
	}
	if chart := same.Mermaid(); strings.Contains(chart, ":::") || strings.Contains(chart, "==>") || !strings.Contains(chart, "Choose") {
		t.Errorf("the chart of no difference is\n%s", chart)
	}
	if (flow.Difference{}).Mermaid() != "flowchart TD\n" {
		t.Error("the zero difference has a chart")
	}
}

// hostile are names that try to be something else.
var hostile = []string{
	"a\nb", "a\r\n* b", "x\x1b[31mred", "| a | b |", "`code`", "```\n</script>", "<script>alert(1)</script>", "\"] --> n0[\"", "end", "%%{init: {}}%%",
	"click n0 href \"javascript:alert(1)\"", "@everyone", "https://evil.example", "www.evil.example", "![x](http://y)", "[x](y)", "&#60;b&#62;", "\u202egnp", "$x$", ":tada:",
	"\u2028next", "\x00", "~~x~~", "**x**", "#quot;", "\\", "'", "\t- x", "subgraph x", "]:::removed",
}

func TestHostileNamesStayNames(t *testing.T) {
	plainMarkdown := regexp.MustCompile(`^(No differences\.|\d+ differences?: \d+ added, \d+ changed, \d+ removed\.||(  )?\* .*)$`)
	mermaidLine := regexp.MustCompile(`^(flowchart TD|  classDef (added|changed|removed) [a-z0-9:#,-]+|  begin\(\("start"\)\)|  begin (-->|==>\|"#43;"\||-\.->\|"#45;"\|) n\d+|` +
		`  n\d+(\[|\{|\[/|\[\[|\(\[)"([\p{L}\p{N} ]|#\d+;)*"(\]|\}|/\]|\]\]|\]\))(:::(added|changed|removed))?|  n\d+ (-->|==>|-\.->)(\|"([\p{L}\p{N} ]|#\d+;)+"\|)? n\d+)$`)
	rapid.Check(t, func(random *rapid.T) {
		name := func(label string) string {
			if rapid.Bool().Draw(random, "any") {
				return rapid.String().Draw(random, label)
			}
			return rapid.SampledFrom(hostile).Draw(random, label)
		}
		before := treeOf(t, read(t, "testdata/sign-in.json"))
		for _, id := range []string{"0", "7", "8", "18"} {
			before.task(id)["name"] = name("name")
		}
		before.task("7")["conditions"].([]any)[0].(map[string]any)["name"] = name("branch")
		after := treeOf(t, before.document(random))
		for _, id := range []string{"8", "20"} {
			after.task(id)["name"] = name("new name")
		}
		delete(after.tasks(), "18")
		redirect(after, "7", "c1", "5")
		after["metadata"].(map[string]any)["description"] = name("description")
		after["metadata"].(map[string]any)[name("key")] = name("value")
		_, title := after.part("SCaaa1", "title")
		title["props"].(map[string]any)["children"] = name("text")
		d := flow.Diff(before.document(random), after.document(random))
		for _, text := range []string{d.Text(), d.Markdown(), d.Mermaid()} {
			for _, r := range text {
				if r != '\n' && !unicode.IsPrint(r) {
					random.Fatalf("the character %q stands in\n%s", r, text)
				}
			}
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(d.Markdown(), "\n"), "\n") {
			if !plainMarkdown.MatchString(line) {
				random.Fatalf("not our line: %q", line)
			}
			if outside := codeSpan(line); strings.ContainsAny(outside, "<|`@[]_\\") || strings.Contains(outside, "://") {
				random.Fatalf("markup stands outside of code: %q", line)
			}
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(d.Mermaid(), "\n"), "\n") {
			if !mermaidLine.MatchString(line) {
				random.Fatalf("not our line: %q", line)
			}
		}
	})
}

// codeSpan is a line of Markdown without its code spans, found by the rule of
// CommonMark: a run of backticks ends at the next run of the same length.
func codeSpan(line string) string {
	var out strings.Builder
	for i := 0; i < len(line); {
		if line[i] != '`' {
			out.WriteByte(line[i])
			i++
			continue
		}
		length := run(line[i:])
		end := -1
		for j := i + length; j < len(line); j++ {
			if line[j] == '`' {
				if n := run(line[j:]); n == length {
					end = j + n
					break
				} else {
					j += n - 1
				}
			}
		}
		if end < 0 {
			out.WriteString(line[i : i+length])
			end = i + length
		}
		i = end
	}
	return out.String()
}

func run(s string) int {
	return len(s) - len(strings.TrimLeft(s, "`"))
}

func TestRenderingIsDeterministic(t *testing.T) {
	first := story(t)
	for range 20 {
		if d := story(t); d.Text() != first.Text() || d.Markdown() != first.Markdown() || d.Mermaid() != first.Mermaid() {
			t.Fatal("the same difference is told in another way")
		}
	}
}

func TestLongValuesAreCut(t *testing.T) {
	before := read(t, "testdata/snapshot").WithMetadata("description", value(t, `"`+strings.Repeat("ä", 300)+`"`))
	d := flow.Diff(before, before.WithMetadata("description", ""))
	if got := d.Text(); !strings.Contains(got, strings.Repeat("ä", 159)+"… (302 characters) -> none") {
		t.Errorf("got\n%s", got)
	}
	if string(d.Operations[0].Fields[0].Before) != `"`+strings.Repeat("ä", 300)+`"` {
		t.Error("the value itself is cut too")
	}
}
