// Package pace keeps the calls of all processes of a user under the service's
// rate limits, exactly: a call takes a slot before it leaves, and the slot comes
// back one window after the call was answered. Since the service counts a call
// somewhere between the two, no window at the service ever holds more than the
// limit. docs/pacing.md has the whole argument.
//
// It is built of pieces that know little of each other: classes.go and
// profile.go say which limits there are, book.go is the window itself as pure
// data, learning.go what a refusal teaches, memory.go and file.go are two places
// to keep a book in, limiter.go is the queue in front of it, and estimate.go
// foretells when tasks that need slots will be done.
//
// The package counts calls and does not know what they are for. It knows neither
// HTTP nor terminals, and its clock comes in through options.
package pace
