package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// show prints one result in the chosen format: the document itself as JSON or
// YAML, or in any other format what human writes. With --output it goes to that file, whole or not at all.
//
// Whom the output goes to may have read enough of it, as head does: that is no failure,
// and the command ends as it would have.
func (a *App) show(document any, human func(io.Writer)) error {
	if err := a.deliver(document, human); !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}

// deliver is [App.show] for what must not be lost.
func (a *App) deliver(document any, human func(io.Writer)) error {
	if a.part != nil {
		return a.part.show(a, document, human)
	}
	text, err := a.render(document, human)
	if err != nil {
		return err
	}
	if a.flags.output != "" {
		path := a.absolute(a.flags.output)
		if err := store.WriteFile(path, a.redact.clean(text), 0o600); err != nil {
			return &unwrittenError{err}
		}
		return nil
	}
	return a.write(text)
}

// write writes to the standard output.
func (a *App) write(text []byte) error {
	if _, err := a.Out.Write(text); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// print writes what is no document: a help text or a script. A reader that goes away
// has read enough of it.
func (a *App) print(text []byte) error {
	if err := a.write(text); !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}

func (a *App) render(document any, human func(io.Writer)) ([]byte, error) {
	if a.flags.format != formatJSON && a.flags.format != formatYAML {
		text := page{look: a.outStyle()}
		human(&text)
		if _, isJSON := document.(rawDocument); isJSON { // it may be shown as it is, as a flow is
			return escapeJSON(text.Bytes()), nil
		}
		return escapeEightBit(text.Bytes()), nil
	}
	text, err := encodeJSON(document)
	if err != nil || a.flags.format == formatJSON {
		return escapeJSON(text), err
	}
	return jsonToYAML(text)
}

// encodeJSON writes a document with two blanks of indentation and a final
// newline. Raw members keep their digits and the order of their keys.
func encodeJSON(document any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("encode the output: %w", err)
	}
	return text.Bytes(), nil
}

// escapeEightBit escapes the controls that JSON need not: many a terminal takes
// U+009B for the beginning of a sequence. They stand in strings only, and mean the
// same there.
func escapeEightBit(text []byte) []byte {
	eightBit := func(r rune) bool { return r >= 0x7f && r < 0xa0 }
	if bytes.IndexFunc(text, eightBit) < 0 {
		return text
	}
	var out bytes.Buffer
	for _, r := range string(text) {
		if eightBit(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

// escapeJSON escapes in JSON what a terminal or a CI runner would obey. It stands in
// strings only, and means the same there.
func escapeJSON(text []byte) []byte { return breakRunnerCommands(escapeEightBit(text), `\u0023`) }

// breakRunnerCommands writes the first character of the commands of [runnerCommands]
// as an escape.
func breakRunnerCommands(text []byte, escape string) []byte {
	for _, command := range []string{"##[", "##vso["} {
		if bytes.Contains(text, []byte(command)) {
			text = bytes.ReplaceAll(text, []byte(command), []byte(escape+command[1:]))
		}
	}
	return text
}

// jsonToYAML writes a JSON document as YAML with the same keys in the same
// order and every number in its own digits. Each text stands on one line, however long
// it is: what somebody else has written never begins one, where a CI runner would obey
// it.
func jsonToYAML(text []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	node, err := yamlNode(decoder)
	if err != nil {
		return nil, fmt.Errorf("encode the output as YAML: %w", err)
	}
	var out bytes.Buffer
	encoder, err := yaml.NewDumper(&out, yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err == nil {
		err = errors.Join(encoder.Dump(node), encoder.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("encode the output as YAML: %w", err)
	}
	return breakRunnerCommands(escapeUnprintable(out.Bytes()), `\x23`), nil // in double quotes, as all that is not printable
}

// escapeUnprintable escapes what the encoder lets through and a terminal would
// obey. Such characters stand in double quotes only.
func escapeUnprintable(text []byte) []byte {
	if bytes.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var out bytes.Buffer
	for _, r := range string(text) {
		if unprintable(r) {
			fmt.Fprintf(&out, `\U%08x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

func yamlNode(decoder *json.Decoder) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		kind, tag := yaml.MappingNode, "!!map"
		if token == '[' {
			kind, tag = yaml.SequenceNode, "!!seq"
		}
		node := &yaml.Node{Kind: kind, Tag: tag}
		for decoder.More() {
			child, err := yamlNode(decoder)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, child)
		}
		if len(node.Content) == 0 {
			node.Style = yaml.FlowStyle
		}
		_, err := decoder.Token()
		return node, err
	case string:
		node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: token}
		if ambiguous(token) || strings.ContainsAny(token, "\n\u2028\u2029") || strings.HasPrefix(token, "::") || printable(token) != token {
			node.Style = yaml.DoubleQuotedStyle
		}
		return node, nil
	case json.Number:
		tag := "!!int"
		if strings.ContainsAny(token.String(), ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: token.String()}, nil
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(token)}, nil
	default:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
	}
}

// ambiguous reports whether an older YAML reader could take a plain string for
// something else: yes for true, 12:30 for a number, 2001-01-01 for a date.
func ambiguous(text string) bool {
	if text == "" || strings.ContainsRune("0123456789+-.~=", rune(text[0])) {
		return true
	}
	return slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, strings.ToLower(text))
}

// printable makes text from outside harmless on a terminal: control
// characters, escape sequences and direction marks become visible escapes. Line
// feeds and tabs stay. The same goes for what a CI runner obeys wherever it stands in
// a line.
func printable(text string) string {
	text = runnerCommands.Replace(text)
	if strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if unprintable(r) {
			quoted := strconv.QuoteToASCII(string(r))
			out.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

func unprintable(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar)
}

// runnerCommands are the commands of CI runners (GitHub Actions, Azure Pipelines) that
// count in the middle of a line too.
var runnerCommands = strings.NewReplacer("##[", `#\x23[`, "##vso[", `#\x23vso[`)

// harmlessStart is text from outside that begins a line, where a CI runner would obey
// a command like ::error::.
func harmlessStart(text string) string {
	start := len(text) - len(strings.TrimLeft(text, " \t"))
	if !strings.HasPrefix(text[start:], "::") {
		return text
	}
	return text[:start] + `\x3a` + text[start+1:]
}

// printableLine is [printable] for text that must stay on one line.
func printableLine(text string) string {
	text = printable(text)
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(text)
}

// rawDocument is JSON text that is shown as it is.
type rawDocument []byte

// MarshalJSON implements [json.Marshaler].
func (d rawDocument) MarshalJSON() ([]byte, error) { return d, nil }
