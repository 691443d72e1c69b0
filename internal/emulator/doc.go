// Package emulator is a local Descope management API: the same wire format,
// authorization, error envelope and codes, full replacement on update, rate
// limits with 429, and a control API for latency, faults and direct edits.
//
// It shares no code with the API client, not even data types, so that the two
// cannot agree on the same mistake. It listens on loopback only, reads no
// environment and prints nothing.
//
// One call goes through [Server.ServeHTTP] in this order: count and limit,
// read the body, pick a fault, wait, authorize, look up the route, check the
// request's fields, run the handler, answer. A new group of endpoints is one
// file with its handlers and a route table that route.go lists.
package emulator
