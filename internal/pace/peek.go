package pace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Peeked is the state of a project's limits as a shared folder has it.
type Peeked struct {
	Usages  []Usage // of all rules, in the order of their classes
	Found   bool    // somebody has kept calls there
	Damaged bool    // something is there that no process of ours has written; it counts as nothing
	Network string  // the network file system that the folder is on, where no budget is shared; empty for none
}

// Peek reads the budget that processes share through a folder, as [OpenShared] and
// [Limiter.Budget] would find it, and changes nothing there: neither is a file made,
// nor a lock taken. What it reads may be older by a moment. The error is about rules
// that are not well formed, or about a file that cannot be read.
func Peek(dir, host, project string, rules Rules, now time.Time) (Peeked, error) {
	budget, err := NewLimiter(NewMemoryStore(func() time.Time { return now })).Budget(host, project, rules)
	if err != nil {
		return Peeked{}, err
	}
	peeked := Peeked{Network: networkFileSystem(dir)}
	books := map[string]*book{}
	for _, lane := range budget.order {
		if books[lane.key] == nil {
			if books[lane.key], err = peeked.read(filepath.Join(dir, fileName(lane.key)), now); err != nil {
				return Peeked{}, err
			}
		}
		peeked.Usages = append(peeked.Usages, books[lane.key].usage(now.UnixNano(), lane.rule))
	}
	return peeked, nil
}

// read reads one book; an empty one where there is none.
func (p *Peeked) read(path string, now time.Time) (*book, error) {
	file, err := openBook(path, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return newBook(0), nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	found, err := readBanks(file, nil, nil)
	if err != nil {
		return nil, err
	}
	p.Damaged = p.Damaged || found.damaged
	if found.book == nil {
		return newBook(0), nil
	}
	p.Found = true
	nobody := &budgetFile{store: &fileStore{self: thisProcess(), opts: FileOptions{Now: func() time.Time { return now }}}}
	nobody.settle(found.book, now.UnixNano())
	return found.book, nil
}

// NetworkFileSystem names the network file system that a folder lies on; empty for
// any other, and where the system does not say.
func NetworkFileSystem(dir string) string { return networkFileSystem(dir) }
