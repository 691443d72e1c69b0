// Package live is the conformance suite that runs over any host: against the
// emulator in every test run, and with the build tag "live" against a real
// Descope project that exists for tests only. Its tests drive the program and a
// plain client side by side; its recorder asks a host what public sources leave
// open, and keeps the answers in a form that can be compared.
//
// What it makes has a name of this run ([Run]) and carries a marker, is to be
// deleted before it is made ([Cleaner]), and is swept up by a later run where
// this one was killed ([Sweep]). [Guard] refuses projects that look like
// production. It deletes nothing else, whatever happens.
//
// The package supports tests and is no part of the program: nothing imports it.
// It prints nothing, and reads neither the environment nor the clock.
// docs/live-tests.md says how to run it.
package live
