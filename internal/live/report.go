package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ReportVersion is the version of the report's format.
const ReportVersion = "1.0"

// EmulatorHost stands for the host in reports about the emulator.
const EmulatorHost = "emulator"

// Report is what one host has answered to the probes. It holds no secrets and no
// ids but those of the probes, whose prefix is {run}.
type Report struct {
	FormatVersion string    `json:"format_version"`
	Host          string    `json:"host"`
	Recorded      string    `json:"recorded,omitempty"` // the day
	Answers       []Finding `json:"answers"`
}

// Finding is the answer to one probe.
type Finding struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Request  string `json:"request"`
	// NotEmulated says that the emulator's answer means nothing.
	NotEmulated bool   `json:"not_emulated,omitempty"`
	Status      int    `json:"status"`
	Code        string `json:"code,omitempty"`        // Descope's error code
	Description string `json:"description,omitempty"` // what the code means, as the service says it; not compared
	// Shape is the answer with a word for each value: text, number, boolean, null.
	// Lists show what their items have together.
	Shape json.RawMessage `json:"shape,omitempty"`
	// Seen are the values that the probe looks at, by their path.
	Seen map[string]json.RawMessage `json:"seen,omitempty"`
	// Problem is why there is no answer, or not all of it.
	Problem string `json:"problem,omitempty"`
}

// generatedID is the form of ids that the service draws, such as those of users,
// screens and roles.
var generatedID = regexp.MustCompile(`\b[A-Z]{1,4}[0-9A-Za-z]{24,40}\b`)

// take notes the answer of the call that asks.
func (f *Finding) take(answer Answer, mask func(string) string) {
	f.Status = answer.Status
	body := bytes.TrimSpace(answer.Body)
	switch {
	case len(body) == 0:
		f.Shape = json.RawMessage(`"nothing"`)
	case !json.Valid(body):
		f.Shape = json.RawMessage(`"no JSON"`)
	default:
		var envelope struct {
			Code        string `json:"errorCode"`
			Description string `json:"errorDescription"`
		}
		_ = json.Unmarshal(body, &envelope) // something else than an object has no code
		f.Code, f.Description = mask(envelope.Code), mask(envelope.Description)
		f.Shape = json.RawMessage(mask(string(shapeOf(body))))
	}
}

// see notes the values at the paths.
func (f *Finding) see(answer Answer, paths []string, mask func(string) string) error {
	if len(paths) == 0 {
		return nil
	}
	f.Seen = map[string]json.RawMessage{}
	if !answer.OK() {
		return fmt.Errorf("the look at it was refused: status %d", answer.Status)
	}
	for _, path := range paths {
		value, err := valueAt(answer.Body, path)
		if err != nil {
			return err
		}
		f.Seen[path] = json.RawMessage(mask(string(value)))
	}
	return nil
}

// valueAt is the value at a path, with the keys of objects sorted and numbers as
// they came; "absent" where there is none.
func valueAt(body []byte, path string) (json.RawMessage, error) {
	value, err := parse(body)
	if err != nil {
		return nil, err
	}
	for step := range strings.SplitSeq(path, ".") {
		switch node := value.(type) {
		case map[string]any:
			next, found := node[step]
			if !found {
				return json.RawMessage(`"absent"`), nil
			}
			value = next
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(node) {
				return json.RawMessage(`"absent"`), nil
			}
			value = node[index]
		default:
			return json.RawMessage(`"absent"`), nil
		}
	}
	return encode(value)
}

func parse(body []byte) (any, error) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("the answer: %w", err)
	}
	return value, nil
}

// encode is JSON without the escapes that HTML would need.
func encode(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// Encode is the report as a file holds it.
func (r Report) Encode() ([]byte, error) {
	r.FormatVersion = ReportVersion
	text, err := encode(r)
	if err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, fmt.Errorf("write the report: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// ParseReport reads a report.
func ParseReport(text []byte) (Report, error) {
	var report Report
	if err := json.Unmarshal(text, &report); err != nil {
		return Report{}, fmt.Errorf("read the report: %w", err)
	}
	if report.FormatVersion != ReportVersion {
		return Report{}, fmt.Errorf("read the report: its version is %q, and not %q", report.FormatVersion, ReportVersion)
	}
	return report, nil
}

// Compare says in which answers two hosts differ, probe by probe in the order of
// the first report, and how many they have alike. Descriptions do not count.
func Compare(first, second Report) string {
	var out strings.Builder
	alike, different, open := 0, 0, 0
	for _, one := range first.Answers {
		at := slices.IndexFunc(second.Answers, func(f Finding) bool { return f.ID == one.ID })
		if at < 0 {
			continue
		}
		other := second.Answers[at]
		before, after := one.lines(), other.lines()
		switch {
		case one.NotEmulated || one.Problem != "" || other.Problem != "":
			open++
		case slices.Equal(before, after):
			alike++
			continue
		default:
			different++
		}
		fmt.Fprintf(&out, "%s: %s (%s)\n", one.ID, one.Question, one.Request)
		writeSides(&out, one, other, first.Host, second.Host)
	}
	fmt.Fprintf(&out, "%d of %d answers are alike; different: %d; not comparable: %d.\n", alike, alike+different+open, different, open)
	return out.String()
}

func writeSides(out *strings.Builder, one, other Finding, first, second string) {
	for _, side := range []struct {
		host   string
		about  Finding
		beyond []string
	}{{first, one, other.lines()}, {second, other, one.lines()}} {
		if side.about.NotEmulated && side.host == EmulatorHost {
			fmt.Fprintf(out, "  %s: has no such endpoint\n", side.host)
			continue
		}
		for _, line := range side.about.lines() {
			if !slices.Contains(side.beyond, line) {
				fmt.Fprintf(out, "  %s: %s\n", side.host, line)
			}
		}
	}
}

// lines are what of a finding is compared, one fact a line.
func (f Finding) lines() []string {
	answer := "status " + strconv.Itoa(f.Status)
	if f.Code != "" {
		answer += " " + f.Code
	}
	lines := []string{answer}
	if len(f.Shape) > 0 {
		lines = append(lines, "shape "+compact(f.Shape))
	}
	for path, value := range f.Seen {
		lines = append(lines, path+" is "+compact(value))
	}
	if f.Problem != "" {
		lines = append(lines, f.Problem)
	}
	slices.Sort(lines)
	return lines
}

func compact(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return string(raw)
	}
	return out.String()
}
