package audit

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

// Append adds records at the end of the log, as one batch, and returns when they
// are on disk. The log sets their numbers, digests and version, and what names
// itself. A failure adds none of them, unless it is one of the very last step,
// or the machine fails too: then those that are whole on disk count.
//
// Errors are of type *[WriteError] where the log cannot be written, and
// *[BreakError] where it was tampered with; a record that cannot be encoded, and
// a context that ends while another process holds the lock, have their own.
func (l *Log) Append(ctx context.Context, records ...Record) error {
	if len(records) == 0 {
		return nil
	}
	err := l.append(ctx, records)
	if failure, ok := errors.AsType[*store.FileError](err); ok {
		return &WriteError{Path: l.Path(), Err: failure}
	}
	return err
}

// Tidy removes the temporary files that killed appends left in the folder of the
// logs before the given time. The error is a *[store.FileError].
func (l *Log) Tidy(before time.Time) error { return l.folder.Tidy(before) }

func (l *Log) append(ctx context.Context, records []Record) (err error) {
	if err := l.folder.Make(); err != nil {
		return err
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	file, err := l.folder.Append(l.name + logSuffix)
	if err != nil {
		return err
	}
	defer func() {
		// Network file systems report a failed write as late as here.
		if failure := file.Close(); err == nil && failure != nil {
			err = &store.FileError{Op: "write", Path: l.Path(), Err: failure}
		}
	}()
	// From here on it is done to the end: half of an append is a rest for others
	// to find.
	at, err := l.settle(context.WithoutCancel(ctx), file)
	if err != nil {
		return err
	}
	lines, next, err := l.encode(at, records)
	if err != nil {
		return err
	}
	if err := l.writeHead(at, &next); err != nil {
		return err
	}
	if err := l.writeLines(file, lines); err != nil {
		return errors.Join(err, l.takeBack(file, at))
	}
	return l.writeHead(next, nil)
}

// writeLines brings the lines to disk.
func (l *Log) writeLines(file *os.File, lines []byte) error {
	err := l.disk.write(file, lines)
	if err == nil {
		err = l.disk.flush(file)
	}
	if err != nil {
		return &store.FileError{Op: "write", Path: l.Path(), Err: err}
	}
	return nil
}

// takeBack removes what a failed append has left. Where that fails too the next
// append does it: the head still says what was going on.
func (l *Log) takeBack(file *os.File, at link) error {
	if err := l.shorten(file, at.Size); err != nil {
		return err
	}
	return l.writeHead(at, nil)
}

// settle returns the place at which the log goes on. What an append that was cut
// off has left is made part of the log as far as it is whole, and the torn rest
// is removed.
func (l *Log) settle(ctx context.Context, file *os.File) (link, error) {
	size, err := l.size(file)
	if err != nil {
		return link{}, err
	}
	found, err := l.find(ctx, file, size)
	if err != nil {
		return link{}, err
	}
	if found.pending {
		// Its lines may not be on disk yet, and the next head will say that they are.
		if err := l.shorten(file, found.end.Size); err != nil {
			return link{}, err
		}
	}
	return found.end, nil
}

// shorten cuts the log and brings it to disk.
func (l *Log) shorten(file *os.File, size int64) error {
	err := file.Truncate(size)
	if err == nil {
		err = l.disk.flush(file)
	}
	if err != nil {
		return &store.FileError{Op: "write", Path: l.Path(), Err: err}
	}
	return nil
}

// position is where a log ends.
type position struct {
	end     link // after the last whole record
	pending bool // an append was cut off, and the next one has to settle that
}

// find holds a log of that size against its head. The file may be nil.
func (l *Log) find(ctx context.Context, file *os.File, size int64) (position, error) {
	head, err := l.readHead()
	switch {
	case err != nil:
		return position{}, err
	case head == nil && size == 0:
		return position{end: l.begin()}, nil
	case head == nil:
		return position{}, l.brokenHead("the head of the audit log is missing, and %s holds records", l.Path())
	case size == 0 && head.Seq > 0:
		return position{}, l.broken(1, "the audit log is missing or empty, and its head says that it holds %d records", head.Seq)
	case size < head.Size:
		return position{}, l.broken(head.Seq, "the audit log ends too early: %d bytes are missing", head.Size-size)
	case head.Next == nil && size > head.Size, head.Next != nil && size > head.Next.Size:
		return position{}, l.broken(head.Seq+1, "the audit log goes on after the end that its head names: something was added")
	case head.Next == nil:
		return position{end: head.link}, nil
	}
	end, err := l.findCutOff(ctx, file, size, *head)
	return position{end: end, pending: true}, err
}

// findCutOff is the end of the whole records that an append has written before
// it was cut off. They are those that were announced, or the first of them; a
// torn one may follow, or blocks of the file that never came to disk.
func (l *Log) findCutOff(ctx context.Context, file *os.File, size int64, head headFile) (link, error) {
	if size == head.Size {
		return head.link, nil
	}
	end, err := l.walk(ctx, file, head.link, size, nil)
	all := size == head.Next.Size
	damage, broken := errors.AsType[*BreakError](err)
	torn := broken && (damage.lost || damage.torn && !all)
	switch {
	case err != nil && !torn:
		return link{}, err
	case err == nil && all && end != *head.Next, (torn || !all) && end.Seq >= head.Next.Seq:
		return link{}, l.broken(end.Seq, "the records are not those that the head of the audit log announces")
	}
	return end, nil
}
