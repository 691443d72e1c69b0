package docstest

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// pinned is an action with the digest of a commit.
var pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40}$`)

// release is the comment beside a digest.
var release = regexp.MustCompile(`^# v\d+\.\d+\.\d+$`)

// CheckWorkflow holds a workflow of GitHub Actions to the rules that the documentation
// promises, and says what breaks them. releases has, for each action with its digest, the release
// that it is.
func CheckWorkflow(text string, releases map[string]string) []string {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return []string{err.Error()}
	}
	if len(document.Content) != 1 {
		return []string{"no document"}
	}
	check := workflowCheck{root: document.Content[0], releases: releases}
	check.triggers()
	check.permissions("the workflow", check.root)
	jobs := member(check.root, "jobs")
	if jobs == nil || len(jobs.Content) == 0 {
		check.found = append(check.found, "no jobs")
		return check.found
	}
	for i := 0; i+1 < len(jobs.Content); i += 2 {
		check.job(jobs.Content[i].Value, jobs.Content[i+1])
	}
	return check.found
}

type workflowCheck struct {
	root     *yaml.Node
	releases map[string]string
	forks    bool // pull requests start it, those of forks among them
	found    []string
}

func (c *workflowCheck) add(format string, arguments ...any) {
	c.found = append(c.found, fmt.Sprintf(format, arguments...))
}

func (c *workflowCheck) triggers() {
	events := member(c.root, "on")
	if events == nil {
		c.add("nothing starts it")
		return
	}
	for _, name := range scalars(events) {
		switch name {
		case "pull_request_target", "workflow_run":
			c.add("%s gives secrets to a stranger's branch", name)
		case "pull_request":
			c.forks = true
		}
	}
}

// permissions wants the key, as a mapping.
func (c *workflowCheck) permissions(what string, node *yaml.Node) {
	if granted := member(node, "permissions"); granted == nil || granted.Kind != yaml.MappingNode {
		c.add("%s does not name its permissions one by one", what)
	}
}

func (c *workflowCheck) job(name string, job *yaml.Node) {
	c.permissions("job "+name, job)
	text, err := yaml.Marshal(job)
	if err != nil {
		c.add("job %s: %v", name, err)
		return
	}
	condition := member(job, "if")
	if c.forks && strings.Contains(string(text), "secrets.") && (condition == nil || !strings.Contains(condition.Value, "head.repo.full_name == github.repository")) {
		c.add("job %s has secrets, and runs for forks", name)
	}
	if environment := member(job, "env"); environment != nil && strings.Contains(strings.Join(scalars(environment), " "), "secrets.") {
		c.add("job %s gives a secret to all of its steps", name)
	}
	steps := member(job, "steps")
	if steps == nil {
		c.add("job %s has no steps", name)
		return
	}
	for i, step := range steps.Content {
		c.step(fmt.Sprintf("job %s, step %d", name, i+1), step)
	}
}

func (c *workflowCheck) step(what string, step *yaml.Node) {
	if script := member(step, "run"); script != nil && strings.Contains(script.Value, "${{") {
		c.add("%s: an expression inside of a script", what)
	}
	action := member(step, "uses")
	if action == nil {
		return
	}
	if !pinned.MatchString(action.Value) {
		c.add("%s: %s is not pinned by the digest of a commit", what, action.Value)
		return
	}
	comment := strings.TrimSpace(action.LineComment)
	if !release.MatchString(comment) || c.releases[action.Value] != strings.TrimPrefix(comment, "# ") {
		c.add("%s: %s is not known to be the release %q", what, action.Value, comment)
	}
	with := member(step, "with")
	if strings.HasPrefix(action.Value, "actions/checkout@") && (with == nil || member(with, "persist-credentials") == nil || member(with, "persist-credentials").Value != "false") {
		c.add("%s: the token stays in the folder", what)
	}
}

// member is the value under a key of a mapping; nil where there is none.
func member(node *yaml.Node, key string) *yaml.Node {
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// scalars are all texts below a node, keys among them.
func scalars(node *yaml.Node) []string {
	if node.Kind == yaml.ScalarNode {
		return []string{node.Value}
	}
	var all []string
	for _, child := range node.Content {
		all = append(all, scalars(child)...)
	}
	return all
}
