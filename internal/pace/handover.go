package pace

import (
	"context"
	"sync/atomic"
)

type handoverKey struct{}

// handover is a slot on its way to the call that it was taken for.
type handover struct {
	slot  Slot
	taken atomic.Bool
}

// WithSlot sends a slot along with a context to the first call that is made
// under it and is of the slot's class. Release cancels the slot unless a call has
// taken it by then; it must be called, and may be called more than once.
func WithSlot(ctx context.Context, slot Slot) (carrying context.Context, release func()) {
	carried := &handover{slot: slot}
	return context.WithValue(ctx, handoverKey{}, carried), func() {
		if carried.taken.CompareAndSwap(false, true) {
			slot.Cancel()
		}
	}
}

// TakeSlot takes the slot that came along with a context. It can be taken once,
// by a call of its class.
func TakeSlot(ctx context.Context, class Class) (Slot, bool) {
	carried, found := ctx.Value(handoverKey{}).(*handover)
	if !found || carried.slot.class != class || !carried.taken.CompareAndSwap(false, true) {
		return Slot{}, false
	}
	return carried.slot, true
}
