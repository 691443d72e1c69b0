package audit

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// errStop ends a walk of which somebody has seen enough.
var errStop = errors.New("enough")

// lost is what a file system gives for blocks that never came to disk. No record
// holds it, since JSON escapes such characters, and no single changed byte
// makes it.
var lost = []byte{0, 0}

// walk reads the records from a place in the chain up to a byte of the file, and
// checks that each continues the one before. It returns the place after the
// last one that does, and a *[BreakError] where the next one does not. Its
// memory is bounded by one line. Visit may be nil.
func (l *Log) walk(ctx context.Context, file io.ReaderAt, from link, end int64, visit func(Record) error) (at link, err error) {
	at = from
	if end <= from.Size {
		return at, nil
	}
	section := io.NewSectionReader(file, from.Size, end-from.Size)
	lines := bufio.NewReaderSize(section, int(min(end-from.Size+1, maxLine)))
	for {
		if err := ctx.Err(); err != nil {
			return at, err
		}
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return at, nil
		}
		if err != nil {
			return at, l.noLine(at, line, err)
		}
		record, damage := l.read(at, line[:len(line)-1])
		if damage != nil {
			damage.lost = bytes.Contains(line, lost)
			return at, damage
		}
		at = link{Seq: record.Seq, Digest: record.Digest, Size: at.Size + int64(len(line))}
		if visit == nil {
			continue
		}
		if err := visit(record); err != nil {
			return at, err
		}
	}
}

// noLine is what is wrong where no whole line could be read.
func (l *Log) noLine(at link, line []byte, err error) error {
	var damage *BreakError
	switch {
	case errors.Is(err, io.EOF):
		damage = l.broken(at.Seq+1, "the audit log ends in the middle of a record")
		damage.torn = true
	case errors.Is(err, bufio.ErrBufferFull):
		damage = l.broken(at.Seq+1, "the line is longer than %d bytes, and no record is", maxLine)
	default:
		return &store.FileError{Op: "read", Path: l.Path(), Err: err}
	}
	damage.lost = bytes.Contains(line, lost)
	return damage
}

// read reads one line, without its end, that should continue the chain.
func (l *Log) read(at link, line []byte) (Record, *BreakError) {
	want := at.Seq + 1
	digest, ok, right := readSeal(line, "digest")
	if !ok {
		return Record{}, l.broken(want, "it is no record of this program, or was changed")
	}
	if !right {
		return Record{}, l.broken(want, "the record was changed after it was written: its digest does not fit")
	}
	var record Record
	if err := json.Unmarshal(line, &record); err != nil {
		return Record{}, l.broken(want, "the record cannot be read: %v", err)
	}
	if damage := l.checkVersion(record.FormatVersion); damage != "" {
		broken := l.broken(want, "%s", damage)
		broken.Hint = versionHint
		return Record{}, broken
	}
	switch {
	case record.APIHost != l.host || record.ProjectID != l.project:
		return Record{}, l.broken(want, "the record belongs to another project or host")
	case record.Seq > want:
		return Record{}, l.broken(want, "record %d is missing or out of order: record %d stands in its place", want, record.Seq)
	case record.Seq < want:
		return Record{}, l.broken(want, "record %d stands in the place of record %d: it was repeated, or is out of order", record.Seq, want)
	case record.Prev != at.Digest:
		return Record{}, l.broken(want, "the record does not continue the one before it: one of the two was exchanged")
	}
	record.Digest = digest
	return record, nil
}
