// Package config turns configuration files into desired state. It finds the
// files, reads them strictly with a position for every value, substitutes
// variables, applies the rules, and says which project a command talks to.
//
// It may read files and nothing else: it knows no network, no clock and no
// terminal, sees environment variables only through the lookup it is given,
// and runs nothing that a file names. Configuration comes from a repository
// and may be hostile.
package config
