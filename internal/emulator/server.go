package emulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
)

// Server is one running emulator. Its methods are safe for concurrent use.
type Server struct {
	options  Options
	unknowns map[string]unknown
	routes   map[string]route
	random   *random
	log      *slog.Logger

	// base ends with Close; waiting calls end with it.
	base context.Context
	stop context.CancelFunc

	store    store
	projects []*project // never changes after New
	byID     map[string]*project
	data     sync.Mutex // guards the content of all projects

	limiter *limiter
	faults  *faultList
	calls   *callLog
}

// New opens the store, sets up the projects and lays the seed. The caller
// closes the server.
func New(options Options) (*Server, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("emulator: %w", err)
	}
	s := &Server{
		options: options, unknowns: map[string]unknown{}, routes: routes(options),
		random: &random{source: options.Rand}, log: options.Logger, byID: map[string]*project{},
		limiter: newLimiter(options.Limits, options.Now), faults: &faultList{}, calls: &callLog{},
	}
	for _, u := range unknowns() {
		s.unknowns[u.key] = u
	}
	s.base, s.stop = context.WithCancel(context.Background())
	if s.store, err = openStore(s.base, options.DataDir); err != nil {
		s.stop()
		return nil, fmt.Errorf("emulator: %w", err)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("emulator: %w", err), s.Close())
	}
	return s, nil
}

func openStore(ctx context.Context, dir string) (store, error) {
	if dir == "" {
		return newMemoryStore(), nil
	}
	return openSQLite(ctx, dir)
}

func (s *Server) open() error {
	if err := s.openProjects(s.base); err != nil {
		return err
	}
	return s.seed(s.base)
}

// Handler answers the management API and the control API.
func (s *Server) Handler() http.Handler { return s }

// Projects lists what is served: the projects of the options in their order,
// then others that the data folder holds.
func (s *Server) Projects() []ProjectInfo {
	infos := make([]ProjectInfo, len(s.projects))
	for i, p := range s.projects {
		infos[i].ID = p.id
		if p.generated {
			infos[i].ManagementKey = p.key
		}
	}
	return infos
}

// Close ends waiting calls and releases the store. Answered writes are durable
// before; there is nothing left to flush. It may be called more than once.
func (s *Server) Close() error {
	s.stop()
	s.data.Lock()
	defer s.data.Unlock()
	if err := s.store.close(); err != nil {
		return fmt.Errorf("close the emulator's store: %w", err)
	}
	return nil
}
