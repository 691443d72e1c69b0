package audit

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/resource"
)

// Filter chooses records. Each part that is empty lets all of them through.
type Filter struct {
	Since   time.Time
	Address resource.Glob // records without an address match none
	User    string
	Result  string
	RunID   string
}

// Match reports whether a record fits all parts.
func (f Filter) Match(record Record) bool {
	return (f.Since.IsZero() || !record.Time.Before(f.Since)) &&
		(f.Address == "" || record.Address != "" && f.Address.Match(string(record.Address))) &&
		(f.User == "" || record.User == f.User) &&
		(f.Result == "" || record.Result == f.Result) &&
		(f.RunID == "" || record.RunID == f.RunID)
}

// Records gives the records that a filter lets through, oldest first, up to
// those that are there when it begins. An error comes last and with an empty
// record; its types are those of [Log.Head]. A break of the chain is one, even
// where the records around it are not asked for. Nothing is held but one record.
func (l *Log) Records(ctx context.Context, filter Filter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		_, err := l.readAll(ctx, func(record Record) error {
			if filter.Match(record) && !yield(record, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(Record{}, err)
		}
	}
}

// Summary is what a verification has found.
type Summary struct {
	Records int
	Head    string // the digest of the last record, or the one that the first will continue
	// Pending says that an append was cut off. The next one settles that; until
	// then a torn line may stand at the end.
	Pending bool
}

// Verify reads the whole log and holds it against its head. The first break is a
// *[BreakError]; other errors are those of [Log.Head]. It makes nothing on disk,
// and keeps no writer waiting.
func (l *Log) Verify(ctx context.Context) (Summary, error) {
	seen, err := l.readAll(ctx, nil)
	if err != nil {
		return Summary{}, err
	}
	return Summary{Records: seen.end.Seq, Head: seen.end.Digest, Pending: seen.pending}, nil
}

// readAll walks over the whole log.
func (l *Log) readAll(ctx context.Context, visit func(Record) error) (position, error) {
	seen, err := l.look(ctx)
	if err != nil {
		return position{}, err
	}
	defer seen.close()
	end := seen.end.Size
	if seen.damage != nil {
		end = seen.size // the chain itself tells best where the break is
	}
	at := l.begin()
	if seen.file != nil {
		if at, err = l.walk(ctx, seen.file, at, end, visit); err != nil {
			return position{}, err
		}
	}
	switch {
	case seen.damage != nil:
		return position{}, seen.damage.after(at)
	case at != seen.end:
		return position{}, l.broken(at.Seq, "the audit log and its head do not belong together")
	}
	return seen.position, nil
}

// after places the damage behind the last record there is, if it is one of the
// log and that record comes before it.
func (e *BreakError) after(at link) *BreakError {
	if e.Seq > at.Seq+1 {
		e.Seq, e.Line = at.Seq+1, at.Seq+1
	}
	return e
}
