package docstest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/docstest"
)

const workflowFolder = "examples/ci-github/.github/workflows"

// TestWorkflowFiles holds the files of the example to the rules, and to the page that
// explains them, so that neither can be changed alone.
func TestWorkflowFiles(t *testing.T) {
	repository, pages := readRepository(t)
	shown := map[string]bool{}
	for _, block := range pages["docs/ci.md"].Blocks {
		if block.Info == "workflow" {
			shown[block.Text] = true
		}
	}
	files := filesBelow(t, repository, workflowFolder)
	if len(files) != len(shown) || len(files) < 3 {
		t.Errorf("%d files, and %d workflows in the page", len(files), len(shown))
	}
	for _, file := range files {
		text, err := fs.ReadFile(repository, file)
		if err != nil {
			t.Fatal(err)
		}
		if !shown[string(text)] {
			t.Errorf("%s is not as docs/ci.md has it: copy the block", file)
		}
		for _, broken := range docstest.CheckWorkflow(string(text), releases) {
			t.Errorf("%s: %s", file, broken)
		}
	}
}

// workflow is of a file what it takes to run its steps.
type workflow struct {
	Jobs yaml.Node `yaml:"jobs"` // in their order
}

type workflowJob struct {
	Steps []struct {
		Run string            `yaml:"run"`
		Env map[string]string `yaml:"env"`
	} `yaml:"steps"`
}

// workflowRun stands for the runner of GitHub, as far as the example's workflows need one.
type workflowRun struct {
	folder string            // the checked out repository
	base   []string          // the environment of each step
	values map[string]string // what an expression stands for
}

var (
	expression = regexp.MustCompile(`\$\{\{ *([A-Za-z0-9_.]+) *\}\}`)
	outputLine = regexp.MustCompile(`(?m)^(\w+)=(.*)$`)
)

// run runs each step of each job; what a step puts out is known to those after it.
func (w *workflowRun) run(ctx context.Context, text []byte) error {
	var document workflow
	if err := yaml.Load(text, &document); err != nil {
		return err
	}
	for i := 0; i+1 < len(document.Jobs.Content); i += 2 {
		var job workflowJob
		name := document.Jobs.Content[i].Value
		if err := document.Jobs.Content[i+1].Decode(&job); err != nil {
			return err
		}
		for number, step := range job.Steps {
			if step.Run == "" {
				continue // an action: nothing of it is ours
			}
			variables, err := w.environment(step.Env)
			if err != nil {
				return fmt.Errorf("job %s, step %d: %w", name, number+1, err)
			}
			output := filepath.Join(w.folder, "..", "output")
			command := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.Run)
			command.Dir, command.Env = w.folder, append(variables, "GITHUB_OUTPUT="+output)
			if out, err := command.CombinedOutput(); err != nil {
				return fmt.Errorf("job %s, step %d: %w\n%s", name, number+1, err, out)
			}
			written, _ := os.ReadFile(output) // most steps put nothing out
			for _, line := range outputLine.FindAllStringSubmatch(string(written), -1) {
				w.values["needs."+name+".outputs."+line[1]] = line[2]
			}
		}
	}
	return nil
}

// environment is what a step sees; an expression that stands for nothing known is an error.
func (w *workflowRun) environment(given map[string]string) (variables []string, err error) {
	variables = append(variables, w.base...)
	for name, value := range given {
		filled := expression.ReplaceAllStringFunc(value, func(found string) string {
			known, isKnown := w.values[expression.FindStringSubmatch(found)[1]]
			if !isKnown {
				err = fmt.Errorf("%s stands for nothing that is known", found)
			}
			return known
		})
		variables = append(variables, name+"="+filled)
	}
	return variables, err
}

// TestWorkflowsRun runs the steps of the example's workflows against an emulator: the plan of
// a pull request, the apply after it, and a look for drift, which fails once there is some.
func TestWorkflowsRun(t *testing.T) {
	for _, tool := range []string{"bash", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the workflows need %s", tool)
		}
	}
	run, onEmulator := newWorkflowRun(t)
	for _, name := range []string{"plan", "apply", "drift"} {
		if err := run.run(t.Context(), readWorkflow(t, name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for file, want := range map[string]string{
		"comment.md": "acme-corp", "report.json": `"succeeded": 1`, "../summary.md": "No drift",
	} {
		if text, err := os.ReadFile(filepath.Join(run.folder, file)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s is %q, %v", file, text, err)
		}
	}
	onEmulator("tenant", "update", "acme-corp", "--name", "ACME", "--yes")
	if err := run.run(t.Context(), readWorkflow(t, "drift")); !strings.Contains(text(err), "exit status 2") {
		t.Errorf("drift gives %v", err)
	}
	delete(run.values, "secrets.DESCOPE_READ_KEY")
	if err := run.run(t.Context(), readWorkflow(t, "plan")); !strings.Contains(text(err), "stands for nothing") {
		t.Errorf("a secret that is missing gives %v", err)
	}
}

// newWorkflowRun checks the example out and starts an emulator with its project. The function
// runs the program against that, with the key that may write.
func newWorkflowRun(t *testing.T) (run *workflowRun, onEmulator func(arguments ...string)) {
	t.Helper()
	base := t.TempDir()
	run = &workflowRun{folder: filepath.Join(base, "repository"), values: map[string]string{
		"secrets.DESCOPE_READ_KEY": "K2prod", "secrets.DESCOPE_MANAGEMENT_KEY": "K2prod",
		"github.token": "token", "github.repository": "acme/descope", "github.event.pull_request.number": "7",
	}}
	if err := os.CopyFS(run.folder, os.DirFS(filepath.Join(root, examplesFolder, "ci-github"))); err != nil {
		t.Fatal(err)
	}
	// gh pr comment 7 … --body-file FILE
	runner := newRunner(t, "")
	self, err := os.Executable()
	if err == nil {
		err = errors.Join(os.Remove(filepath.Join(runner.Bin, program)), os.Symlink(self, filepath.Join(runner.Bin, program)),
			os.WriteFile(filepath.Join(runner.Bin, "gh"), []byte("#!/bin/sh\n[ \"$1 $2 $3\" = 'pr comment 7' ] && [ -n \"$GH_TOKEN\" ] && cat plan.md >comment.md\n"), 0o755),
			os.WriteFile(filepath.Join(base, "summary.md"), nil, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	run.base = []string{
		"PATH=" + runner.Bin + string(os.PathListSeparator) + runner.Path, "HOME=" + base, "CI=true",
		"GITHUB_WORKSPACE=" + run.folder, "GITHUB_STEP_SUMMARY=" + filepath.Join(base, "summary.md"),
		"DESCOPE_BASE_URL=" + startEmulator(t, "P2prod=K2prod"),
	}
	return run, func(arguments ...string) {
		command := exec.CommandContext(t.Context(), filepath.Join(runner.Bin, program), arguments...)
		command.Env = append(slices.Clone(run.base), "DESCOPE_PROJECT_ID=P2prod", "DESCOPE_MANAGEMENT_KEY=K2prod")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", arguments, err, out)
		}
	}
}

// startEmulator serves the project until the test ends, and returns the address.
func startEmulator(t *testing.T, project string) (url string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, "emulator", "--listen", "127.0.0.1:0", "--format", "json", "--project", project)
	command.Args[0], command.Env = program, []string{"HOME=" + t.TempDir()}
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	announced, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Wait() }) // the test's context has interrupted it
	var line struct {
		URL string `json:"url"`
	}
	if err := json.NewDecoder(announced).Decode(&line); err != nil {
		t.Fatal(err)
	}
	return line.URL
}

func readWorkflow(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path.Join(workflowFolder, name+".yml"))))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
