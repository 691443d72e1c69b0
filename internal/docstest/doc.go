// Package docstest keeps the documentation true: it runs the shell blocks of
// the Markdown pages against the program, validates their configurations, and
// follows their links. It also has the published schemas of the program's documents, for
// the tests that make some.
//
// A fenced block says in its info string what is done with it:
//
//	sh                      run with bash -eu; the blocks of one page share one shell and one empty folder
//	sh emulator             the same, with an emulator started for the page and the DESCOPE_* variables set
//	sh needs=curl,jq        the same, where these programs exist
//	sh no-run (reason)      shown only; the reason is for the reviewer
//	yaml config             validated with descope-mgmt validate
//	yaml config file=NAME   the same, and saved under this name before the next shell block
//	json document           a document of the program, held against its published schema
//	yaml workflow           a workflow of GitHub Actions, held to the rules of [CheckWorkflow]
//
// It is no part of the shipped binary.
package docstest
