package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

const (
	// maxLine bounds one line with its end, so that a reader's memory is bounded.
	maxLine = 1 << 20
	// maxText is what is left of a value or text where a line would be longer.
	maxText = 4 << 10
)

var errNoTime = errors.New("it has no time")

// encodeJSON is one line with its end, without escapes for HTML.
func encodeJSON(document any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// encode makes the lines of records that follow a place in the chain, and says
// where the chain ends then.
func (l *Log) encode(after link, records []Record) (lines []byte, end link, err error) {
	end = after
	for _, record := range records {
		record.FormatVersion = formatVersion
		record.Seq, record.Prev, record.Digest = end.Seq+1, end.Digest, unsealed
		record.ProjectID, record.APIHost = l.project, l.host
		line, err := fit(record)
		if record.Time.IsZero() {
			err = errNoTime
		}
		if err != nil {
			return nil, link{}, fmt.Errorf("record a %s for the audit log: %w", record.Event, err)
		}
		end.Digest = seal(line[:len(line)-1])
		end.Seq++
		end.Size += int64(len(line))
		lines = append(lines, line...)
	}
	return lines, end, nil
}

// fit encodes a record, and shortens it as little as is needed for a line.
func fit(record Record) ([]byte, error) {
	record.Fields = slices.Clone(record.Fields)
	for i := range record.Fields {
		if field := &record.Fields[i]; field.Sensitive {
			field.Before, field.After = resource.Absent, resource.Absent
		}
	}
	line, err := encodeJSON(record)
	for _, shorten := range []func(*Record){cutLong, omitValues, omitFields} {
		if err != nil || len(line) <= maxLine {
			break
		}
		shorten(&record)
		line, err = encodeJSON(record)
	}
	if err == nil && len(line) > maxLine {
		err = fmt.Errorf("a line of %d bytes is too long", len(line))
	}
	return line, err
}

// cutLong leaves out the values that are long, and cuts the texts that are.
func cutLong(r *Record) {
	r.Event, r.Address, r.Action = cut(r.Event), cut(r.Address), cut(r.Action)
	for _, text := range []*string{&r.RunID, &r.User, &r.Host, &r.Command, &r.Result, &r.Code, &r.Detail} {
		*text = cut(*text)
	}
	for _, text := range []**string{&r.Environment, &r.GitCommit} {
		if *text != nil { // the caller's string stays as it is
			short := cut(**text)
			*text = &short
		}
	}
	for i := range r.Fields {
		r.Fields[i].Path = cut(r.Fields[i].Path)
		r.Fields[i].omit(maxText)
	}
}

func omitValues(r *Record) {
	for i := range r.Fields {
		r.Fields[i].omit(0)
	}
}

func omitFields(r *Record) { r.Fields, r.FieldsOmitted = nil, len(r.Fields) }

// omit leaves out the values that are longer than so many bytes.
func (f *Field) omit(limit int) {
	if len(f.Before) > limit {
		f.Before, f.BeforeOmitted = resource.Absent, len(f.Before)
	}
	if len(f.After) > limit {
		f.After, f.AfterOmitted = resource.Absent, len(f.After)
	}
}

// cut shortens a long text between two of its characters, and says by how much.
func cut[T ~string](text T) T {
	if len(text) <= maxText {
		return text
	}
	end := maxText
	for end > maxText-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + T(fmt.Sprintf(" [%d bytes omitted]", len(text)-end))
}
