package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// deleteAttempts and firstWait say how a delete that fails is repeated; the
	// wait doubles each time.
	deleteAttempts = 5
	firstWait      = time.Second
	// cleanTimeout is how long the delete of one object may take, with its
	// repetitions and the waits for the rate limits.
	cleanTimeout = 5 * time.Minute
	// SweepAfter is how old a leftover of another run has to be before it is deleted.
	SweepAfter = 24 * time.Hour
)

// Registrar is what a [Cleaner] needs of a test.
type Registrar interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Cleaner deletes what a run makes. It refuses to delete anything that does not
// have the run's name.
type Cleaner struct {
	api *API
	run Run
}

// NewCleaner returns the cleaner of a run.
func NewCleaner(api *API, run Run) *Cleaner { return &Cleaner{api: api, run: run} }

// Expect has an object deleted when the test ends, however it ends. It is called
// before the object is made, because a create that fails may have made it all the
// same; an object that is not there then is none to delete.
func (c *Cleaner) Expect(t Registrar, object Object) {
	t.Helper()
	if !c.run.Owns(object.ID) {
		t.Fatalf("%s is not one of the run %s", object, c.run.Prefix)
		return
	}
	t.Cleanup(func() {
		// the test's own context has ended by now
		ctx, cancel := context.WithTimeout(context.Background(), cleanTimeout)
		defer cancel()
		if err := c.api.remove(ctx, object); err != nil {
			t.Errorf("%s is left in the project: %v", object, err)
		}
	})
}

// Finish deletes what is live of this run once all tests have ended, such as
// objects that the service did not show yet when they were to be deleted. What
// cannot be deleted is named in the error.
func (c *Cleaner) Finish(ctx context.Context) error {
	found, err := c.api.inventory(ctx)
	if err != nil {
		return fmt.Errorf("look for what the run %s has left: %w", c.run.Prefix, err)
	}
	var failures []error
	for _, one := range found {
		if !c.run.Owns(one.ID) {
			continue
		}
		if err := c.api.remove(ctx, one.Object); err != nil {
			failures = append(failures, fmt.Errorf("%s is left in the project: %w", one.Object, err))
		}
	}
	return errors.Join(failures...)
}

// remove deletes an object, repeats that where it fails, and is content when the
// object is not there.
func (a *API) remove(ctx context.Context, object Object) error {
	if !named.MatchString(object.ID) {
		return fmt.Errorf("%s does not have the name of a test's object", object)
	}
	var failures []error
	wait := firstWait
	for attempt := 1; ; attempt++ {
		gone, err := a.removeOnce(ctx, object)
		if gone {
			return nil
		}
		failures = append(failures, err)
		if attempt == deleteAttempts {
			return errors.Join(failures...)
		}
		if err := a.options.Sleep(ctx, wait); err != nil {
			return errors.Join(append(failures, err)...)
		}
		wait *= 2
	}
}

// removeOnce tries once. A test user is looked up first: it has to be one now. So
// is a role, which may be that of a tenant.
// Where a delete is refused, the list decides whether there is anything to delete,
// since nobody knows how the service answers for what is not there.
func (a *API) removeOnce(ctx context.Context, object Object) (gone bool, err error) {
	target := Found{Object: object}
	if object.Kind.known() {
		live, err := a.find(ctx, object)
		if err != nil || live == nil {
			return err == nil, err
		}
		target = *live
	}
	_, refused := a.Do(ctx, deletion(target))
	if refused == nil {
		return true, nil
	}
	live, err := a.find(ctx, object)
	if err != nil {
		return false, errors.Join(refused, err)
	}
	return live == nil, refused
}

// find looks for an object in the list of its kind; nil where it is not there.
func (a *API) find(ctx context.Context, object Object) (*Found, error) {
	all, err := a.list(ctx, object.Kind)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(f Found) bool { return f.Object == object })
	if at < 0 {
		return nil, nil
	}
	return &all[at], nil
}

// inventory is every object that has the name of a test's object, in the order
// in which they can be deleted.
func (a *API) inventory(ctx context.Context) ([]Found, error) {
	var found []Found
	for _, kind := range kinds() {
		all, err := a.list(ctx, kind)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(f Found) bool { return !named.MatchString(f.ID) })
		slices.SortFunc(all, func(x, y Found) int { // children first
			return cmp.Or(cmp.Compare(depth(all, y), depth(all, x)), cmp.Compare(x.ID, y.ID))
		})
		found = append(found, all...)
	}
	return found, nil
}

// depth is how many of the tenants above an object are among those found.
func depth(all []Found, one Found) int {
	for levels := range all {
		at := slices.IndexFunc(all, func(f Found) bool { return f.ID == one.above })
		if one.above == "" || at < 0 {
			return levels
		}
		one = all[at]
	}
	return 0
}

// Sweep deletes what earlier runs have left: objects that have the name of a
// test's object, carry a marker, and whose marker is older than [SweepAfter]. It
// returns what it has deleted, and what has such a name and was left alone
// because it is younger or not marked.
func Sweep(ctx context.Context, api *API, now time.Time) (swept, spared []Object, err error) {
	found, err := api.inventory(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("look for leftovers of earlier runs: %w", err)
	}
	var failures []error
	for _, one := range found {
		at, marked := begun(one.Marker)
		if !marked || now.Sub(at) <= SweepAfter {
			spared = append(spared, one.Object)
			continue
		}
		if err := api.remove(ctx, one.Object); err != nil {
			failures = append(failures, fmt.Errorf("%s, left by an earlier run: %w", one.Object, err))
			continue
		}
		swept = append(swept, one.Object)
	}
	return swept, spared, errors.Join(failures...)
}
