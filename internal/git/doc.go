// Package git reads facts and files of a repository by running the git program.
//
// It may run git and nothing else, with an environment that it is given, and it
// writes nothing. A repository may be hostile, its configuration too: git must
// not run any program that a repository names. Facts are a courtesy of a record:
// what cannot be found out within the limit is unknown, and never a failure.
package git
