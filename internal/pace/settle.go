package pace

import "slices"

// now is the wall clock: the only one that all processes share.
func (f *budgetFile) now() int64 { return f.store.opts.Now().UnixNano() }

// settle brings a book that was read in line with what is certain: no stamp lies
// in the future, what this store has in flight is in flight, and what a dead
// process had in flight is over; without the file nobody will tell of another
// process's calls, so that they are over as well. It reports whether it changed
// anything.
func (f *budgetFile) settle(b *book, now int64) (changed bool) {
	changed = b.clamp(now)
	for _, one := range f.own {
		if !b.flies(one.id) { // the file was damaged, or somebody took us for dead
			b.flights = append(b.flights, one)
			changed = true
		}
	}
	return f.bury(b, now) || changed
}

// bury ends the calls of processes that are gone: now, since that is when we see
// it, or at the latest moment at which they can have been under way.
func (f *budgetFile) bury(b *book, now int64) (changed bool) {
	living := map[process]bool{f.store.self: true}
	for _, one := range slices.Backward(b.flights) { // removing moves only what was seen
		lives, known := living[one.owner]
		if !known {
			lives = !f.detached && one.owner.lives()
			living[one.owner] = lives
		}
		if !lives {
			b.remove(one.id)
			b.insert(min(now, one.at+int64(one.timeout)), one.class, one.weight)
			changed = true
		}
	}
	return changed
}

func (b *book) flies(id uint64) bool {
	for i := range b.flights {
		if b.flights[i].id == id {
			return true
		}
	}
	return false
}

// insert adds a call that was answered before others that are known already.
func (b *book) insert(at int64, class Class, weight int) {
	later := append([]mark(nil), b.tracks[class].marks[b.tracks[class].firstAfter(at):]...)
	track := &b.tracks[class]
	track.marks = track.marks[:len(track.marks)-len(later)]
	track.add(at, weight)
	for _, one := range later {
		track.add(one.at, one.weight)
	}
}

// clamp moves stamps from the future to now: the clock was set back, and they
// must neither count for longer than a window nor be forgotten.
func (b *book) clamp(now int64) (changed bool) {
	earlier := func(stamp *int64, latest int64) {
		if *stamp > latest {
			*stamp, changed = latest, true
		}
	}
	for class := range b.tracks {
		marks := b.tracks[class].live()
		for i := len(marks) - 1; i >= 0 && marks[i].at > now; i-- {
			earlier(&marks[i].at, now)
		}
	}
	for i := range b.flights {
		earlier(&b.flights[i].at, now)
	}
	for i := range b.lessons {
		earlier(&b.lessons[i].until, now+int64(MaxRetryAfter))
		earlier(&b.lessons[i].learned, now)
		earlier(&b.lessons[i].clean, now)
	}
	return changed
}
