// Package restore says what brings earlier state back: what a backup holds, or
// what one run has changed, becomes something to be wanted, which the ordinary
// planner plans and the ordinary engine applies. It also says what does not come
// back, and what somebody has changed since and is therefore left alone.
//
// The package is pure. It knows neither where earlier state comes from nor how
// it is written.
package restore
