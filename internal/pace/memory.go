package pace

import (
	"context"
	"sync"
	"time"
)

// memoryStore keeps books in memory. On the way of a call that need not wait it
// allocates nothing.
type memoryStore struct {
	now   func() time.Time
	start time.Time // times in books are since then, by the monotonic clock

	mu    sync.Mutex
	books map[string]*book
}

// NewMemoryStore returns a store for one process. The clock is required.
func NewMemoryStore(now func() time.Time) Store {
	return &memoryStore{now: now, start: now(), books: map[string]*book{}}
}

// open locks the store and gives a book and the time. The caller unlocks.
func (s *memoryStore) open(key string) (*book, int64) {
	s.mu.Lock()
	kept := s.books[key]
	if kept == nil {
		kept = newBook(1)
		s.books[key] = kept
	}
	return kept, int64(s.now().Sub(s.start))
}

func (s *memoryStore) Reserve(_ context.Context, key string, class Class, rule Rule, weight int) (Grant, error) {
	kept, now := s.open(key)
	defer s.mu.Unlock()
	return kept.reserve(now, class, rule, weight)
}

func (s *memoryStore) Complete(_ context.Context, key string, id uint64) error {
	kept, now := s.open(key)
	defer s.mu.Unlock()
	kept.complete(now, id)
	return nil
}

func (s *memoryStore) Cancel(_ context.Context, key string, id uint64) error {
	kept, _ := s.open(key)
	defer s.mu.Unlock()
	kept.remove(id)
	return nil
}

func (s *memoryStore) Refuse(_ context.Context, key string, id uint64, rule Rule, after time.Duration) (bool, error) {
	kept, now := s.open(key)
	defer s.mu.Unlock()
	ended, found := kept.complete(now, id)
	if !found {
		return false, nil
	}
	return kept.refuse(now, rule, ended.at, after), nil
}

func (s *memoryStore) Usage(_ context.Context, key string, rule Rule) (Usage, error) {
	kept, now := s.open(key)
	defer s.mu.Unlock()
	return kept.usage(now, rule), nil
}

func (s *memoryStore) Forget(_ context.Context, key string) error {
	kept, _ := s.open(key)
	defer s.mu.Unlock()
	kept.forgetLessons()
	return nil
}

func (s *memoryStore) Reset(_ context.Context, key string) error {
	kept, _ := s.open(key)
	defer s.mu.Unlock()
	kept.reset()
	return nil
}
