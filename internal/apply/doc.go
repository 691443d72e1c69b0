// Package apply makes a plan real: it turns each change into calls, sends them
// in an order that respects what depends on what, keeps going after a failure
// with everything that does not depend on it, and then asks once what is live,
// so that the result is what happened and not what was hoped for.
//
// One engine serves every kind of object. A kind says which calls make a change
// and what a live object shows of them ([Kind], in this package [Tenants] and
// [Flows]); the engine never looks inside. It is built of pieces that know
// little of each other: prepare.go checks the plan and makes the jobs,
// schedule.go is the order as plain data, pool.go runs jobs on goroutines,
// run.go owns both and is the only place that decides, verify.go compares with
// the live state afterwards.
//
// The package imports resource and flow only. It does not know the API's client, files,
// terminals or the wall clock: all of that comes in through small interfaces
// and [Options].
package apply
