// Package backup is the backup file and the folder that holds such files: what
// was live in a project at one moment, kept so that it can be put back exactly.
//
// A file is one JSON document: who took it, when and why (metadata), tenants,
// flows and project settings. Beside the documented keys each entry carries the
// object's own bytes as the API gave them (raw), so that numbers, unknown fields
// and nulls come back as they were. A file is sealed: metadata.sha256 is the
// digest of its exact bytes with the digest's own 64 digits as zeros, so that no
// changed byte stays unnoticed. A file with the documented keys only, as other
// programs write it, has no seal; it can be read, and neither checked nor pruned.
//
//	backup.go, tenant.go   the values, and how a tenant becomes one without its secrets
//	encode.go, parse.go    values to bytes and back; scan.go reads JSON strictly
//	files.go               where files are kept, a small interface, and the folder behind it
//	save.go, read.go       one file, written and read back; list.go, prune.go many
//	diff.go                what two backups differ in
//
// The package knows no network, no clock and no terminal: the time comes in, and
// what is live was read by somebody else.
package backup
