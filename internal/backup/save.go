package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Saved is a backup that is on disk and was read back.
type Saved struct {
	Name   string
	Path   string
	Size   int64
	Digest string // 64 hex digits
}

// leftoverAge is how old a temporary file is that nobody is writing any more.
const leftoverAge = 24 * time.Hour

// maxNumber bounds the names that are tried for backups of one second.
const maxNumber = 9999

// Save writes a backup under a name that nothing has, made of its time and
// operation, reads it back and checks it. When it returns nil the backup is on
// disk and whole. The error is a *[SaveError], and then nothing of this backup
// is left, but for a whole file where not even the folder could be synced.
func Save(ctx context.Context, files Files, b Backup) (Saved, error) {
	saved, err := save(ctx, files, b)
	if err != nil {
		return Saved{}, &SaveError{Err: err}
	}
	return saved, nil
}

func save(ctx context.Context, files Files, b Backup) (Saved, error) {
	name := Name{At: b.Metadata.Timestamp, Operation: b.Metadata.Operation}
	if !isOperation(name.Operation) {
		return Saved{}, fmt.Errorf("%q is no operation that a backup can be named after", name.Operation)
	}
	// A rest that cannot be removed takes space and harms nobody.
	_ = files.Tidy(ctx, b.Metadata.Timestamp.Add(-leftoverAge))
	for name.Number = 1; name.Number <= maxNumber; name.Number++ {
		saved := Saved{Name: name.String(), Path: files.Path(name.String())}
		err := files.Create(ctx, saved.Name, func(out io.Writer) error {
			counted := &counter{out: out}
			var err error
			saved.Digest, err = Encode(counted, b)
			saved.Size = counted.size
			return err
		})
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return Saved{}, err
		}
		return saved, readBack(ctx, files, saved)
	}
	return Saved{}, fmt.Errorf("%d backups of the same second: no name is left", maxNumber)
}

// Check reads a saved backup once more, where others may have had it in hand since.
// What is there no more, or not as it was written, is a *[SaveError]; it is left as
// it is.
func Check(ctx context.Context, files Files, saved Saved) error {
	if err := compare(ctx, files, saved); err != nil {
		return &SaveError{Err: fmt.Errorf("it was whole, and is not any more: %w", err)}
	}
	return nil
}

// compare holds what is under the name now against what was written.
func compare(ctx context.Context, files Files, saved Saved) error {
	found, err := Verify(ctx, files, saved.Name)
	if err == nil && (found.Digest != saved.Digest || found.Size != saved.Size) {
		err = damaged("", "it was read back as other bytes than were written")
	}
	return inFile(saved.Path, err)
}

// readBack checks what is under the name now, and takes the name away from what
// is not what was written.
func readBack(ctx context.Context, files Files, saved Saved) error {
	err := compare(ctx, files, saved)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("read back: %w", err)
	removal := files.Remove(context.WithoutCancel(ctx), saved.Name)
	if removal != nil && !errors.Is(removal, fs.ErrNotExist) {
		err = errors.Join(err, removal)
	}
	return err
}

// counter counts the bytes that pass.
type counter struct {
	out  io.Writer
	size int64
}

func (c *counter) Write(text []byte) (int, error) {
	n, err := c.out.Write(text)
	c.size += int64(n)
	return n, err
}
