package docstest_test

import (
	"strings"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

// releases are the actions that the recipes name, as their repositories' tags had them
// when they were looked up (git for-each-ref refs/tags in a clone of each).
var releases = map[string]string{
	"actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1":        "v7.0.1",
	"actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f": "v7.0.0",
}

// TestWorkflows holds each workflow of the pages to the rules that they promise.
func TestWorkflows(t *testing.T) {
	_, pages := readRepository(t)
	count := 0
	for name, page := range pages {
		for _, block := range page.Blocks {
			if block.Language != "yaml" || block.Info != "workflow" {
				continue
			}
			count++
			for _, broken := range docstest.CheckWorkflow(block.Text, releases) {
				t.Errorf("%s:%d: %s", name, block.Line, broken)
			}
		}
	}
	if count < 3 {
		t.Errorf("%d workflows in the pages", count)
	}
}

const goodWorkflow = `on: { pull_request: {} }
permissions: {}
jobs:
  plan:
    if: github.event.pull_request.head.repo.full_name == github.repository
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - env:
          KEY: ${{ secrets.KEY }}
        run: descope-mgmt plan
`

func TestCheckWorkflow(t *testing.T) {
	cases := map[string]struct{ from, to, want string }{
		"good":                   {"", "", ""},
		"pull_request_target":    {"pull_request: {}", "pull_request_target: {}", "stranger"},
		"as a list":              {"{ pull_request: {} }", "[push, workflow_run]", "stranger"},
		"as a word":              {"{ pull_request: {} }", "pull_request_target", "stranger"},
		"a tag":                  {"@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7.0.1", "not pinned"},
		"a short digest":         {"81273ba90b1 #", "81273ba90 #", "not pinned"},
		"another release":        {"# v7.0.1", "# v7.0.0", "not known"},
		"no release":             {" # v7.0.1", "", "not known"},
		"an unknown digest":      {"3d3c42", "3d3c43", "not known"},
		"no permissions":         {"permissions: {}\n", "", "the workflow does not name"},
		"all permissions":        {"permissions: {}", "permissions: write-all", "the workflow does not name"},
		"a job without":          {"    permissions: { contents: read }\n", "", "job plan does not name"},
		"forks":                  {"    if: github.event.pull_request.head.repo.full_name == github.repository\n", "", "runs for forks"},
		"a secret for all steps": {"    steps:", "    env: { KEY: '${{ secrets.KEY }}' }\n    steps:", "all of its steps"},
		"a script":               {"run: descope-mgmt plan", "run: echo ${{ github.head_ref }}", "inside of a script"},
		"the token stays":        {"persist-credentials: false", "fetch-depth: 1", "token stays"},
		"no jobs":                {"jobs:", "other:", "no jobs"},
		"no YAML":                {"on: {", "on: [", "line"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(goodWorkflow, c.from, c.to, 1)
			if c.from != "" && text == goodWorkflow {
				t.Fatal("the case changes nothing")
			}
			got := strings.Join(docstest.CheckWorkflow(text, releases), "; ")
			if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
