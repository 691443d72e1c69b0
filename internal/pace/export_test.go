package pace

// Number grows from each slot of a book to the next.
func (s Slot) Number() uint64 { return s.id }
