package descope

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
)

// patchSupport remembers whether the host knows the partial tenant update,
// which is newer than some hosts. The first one to ask is the probe; while it
// waits for an answer, everybody else waits too, so that a host without it sees
// one such call and not one per worker.
type patchSupport struct {
	answer atomic.Int32  // one of the patch constants
	probe  chan struct{} // holds one token; whoever has it may probe
}

const (
	patchUntried int32 = iota
	patchKnown
	patchUnknown
)

func newPatchSupport() *patchSupport {
	support := &patchSupport{probe: make(chan struct{}, 1)}
	support.probe <- struct{}{}
	return support
}

// try makes the partial update unless the host is known to lack it, and tells
// it whether it is the probe. known is false when the caller has to do without;
// err is the update's error otherwise.
func (p *patchSupport) try(ctx context.Context, patch func(kind) error) (known bool, err error) {
	if p.answer.Load() == patchUntried {
		select {
		case <-p.probe:
		case <-ctx.Done():
			return true, patch(kindUpdate) // sends nothing, and says so in its own words
		}
		if p.answer.Load() == patchUntried {
			defer func() { p.probe <- struct{}{} }()
			err = patch(kindProbe)
			p.answer.Store(whatItSays(err))
			return p.answer.Load() != patchUnknown, err
		}
		p.probe <- struct{}{}
	}
	if p.answer.Load() == patchUnknown {
		return false, nil
	}
	return true, patch(kindUpdate)
}

// whatItSays judges the probe. Only an answer from behind the route, a success
// or one of Descope's codes, shows that it is there; credentials and limits are
// checked before it, and a broken connection says nothing.
func whatItSays(err error) int32 {
	if err == nil {
		return patchKnown
	}
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.Path != pathTenantPatch {
		return patchUntried
	}
	switch {
	case failure.Code == codeUnknownRoute:
		return patchUnknown
	case failure.Status == http.StatusNotFound, failure.Status == http.StatusMethodNotAllowed:
		if isDescopeCode(failure.Code) {
			return patchKnown
		}
		return patchUnknown
	case IsAuth(failure), IsRateLimited(failure), !isDescopeCode(failure.Code):
		return patchUntried
	}
	return patchKnown
}
