// Package release makes what is published: static binaries for each platform,
// archives, checksums and lists of what is inside of a binary. Whoever makes a
// release of the same commit with the same version of Go gets the same bytes.
//
// It is no part of the shipped binary. It reads the repository, runs go and git,
// and asks no network: signing and publishing are somebody's decision
// (docs/release.md).
package release
