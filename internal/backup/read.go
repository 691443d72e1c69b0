package backup

import (
	"context"
	"errors"
	"io"
)

// Result is what a check of one file found.
type Result struct {
	Metadata Metadata
	Tenants  int
	Flows    int
	Size     int64
	Sealed   bool   // false: readable, and nobody can tell whether it was changed
	Digest   string // 64 hex digits; empty when it is unsealed
}

// Verify reads a whole file, checks its form and its seal, and holds one entry
// in memory at a time. What is wrong with the file is a *[DamagedError]; other
// errors come from the place.
func Verify(ctx context.Context, files Files, name string) (Result, error) {
	var result Result
	err := open(ctx, files, name, func(in io.Reader) error {
		p := parser{
			scanner: newScanner(in, maxSize, 1<<14),
			tenant:  func(Tenant) { result.Tenants++ },
			flow:    func(Flow) { result.Flows++ },
		}
		err := p.document()
		result.Metadata, result.Size = p.metadata, p.read
		return err
	})
	if err != nil {
		return Result{}, err
	}
	result.Sealed, result.Digest = result.Metadata.Sealed(), result.Metadata.SHA256
	return result, nil
}

// Read reads one file as [Parse] does. What is wrong with the file is a
// *[DamagedError]; other errors come from the place.
func Read(ctx context.Context, files Files, name string) (Backup, error) {
	var b Backup
	err := open(ctx, files, name, func(in io.Reader) error {
		var err error
		b, err = Parse(in)
		return err
	})
	return b, err
}

// readHead reads the metadata of a file and no more. Nothing says yet that they
// are as they were written.
func readHead(ctx context.Context, files Files, name string) (Metadata, error) {
	var metadata Metadata
	err := open(ctx, files, name, func(in io.Reader) error {
		p := parser{scanner: newScanner(in, maxHead, 1<<12)}
		err := p.object(func(key string) error {
			if key != "metadata" {
				return p.damaged("a backup begins with its metadata")
			}
			if err := p.head(); err != nil {
				return err
			}
			metadata = p.metadata
			return errHeadRead
		})
		if errors.Is(err, errHeadRead) {
			return nil
		}
		if err == nil {
			err = damaged("", "it has no metadata")
		}
		return err
	})
	return metadata, err
}

// errHeadRead ends the reading of a document early.
var errHeadRead = errors.New("the metadata were read")

// open lends one file, and names it in errors about its content.
func open(ctx context.Context, files Files, name string, read func(io.Reader) error) (err error) {
	file, err := files.Open(ctx, name)
	if err != nil {
		return err
	}
	defer func() {
		if failure := file.Close(); err == nil {
			err = failure
		}
	}()
	return inFile(files.Path(name), read(file))
}
