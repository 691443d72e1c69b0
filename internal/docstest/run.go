package docstest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Runner runs scripts with a program called descope-mgmt.
type Runner struct {
	Bin  string // the folder that holds descope-mgmt
	Path string // where all other programs are found
}

// environment is all that a block sees: an empty home, no credentials, and
// proxies that answer nobody, so that only the loopback can be reached.
func (r Runner) environment(home string, more ...string) []string {
	const nowhere = "http://127.0.0.1:9"
	return append([]string{
		"PATH=" + r.Bin + string(os.PathListSeparator) + r.Path,
		"HOME=" + home, "LC_ALL=C", "GOPROXY=off",
		"http_proxy=" + nowhere, "https_proxy=" + nowhere, "HTTPS_PROXY=" + nowhere, "ALL_PROXY=" + nowhere,
		"no_proxy=127.0.0.1,localhost,::1", "NO_PROXY=127.0.0.1,localhost,::1",
	}, more...)
}

// Run runs the script in a folder. An error carries the place of the block
// that failed and all that was printed.
func (r Runner) Run(ctx context.Context, script Script, folder, home string) error {
	var variables []string
	if script.Emulator {
		started, stop, err := r.startEmulator(ctx, home)
		if err != nil {
			return err
		}
		defer stop()
		variables = started
	}
	command := exec.CommandContext(ctx, "bash", "-c", script.Bash)
	command.Dir = folder
	command.Env = r.environment(home, variables...)
	command.WaitDelay = 5 * time.Second
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// Validate checks one configuration as a reader would who saved it.
func (r Runner) Validate(ctx context.Context, config Block, folder, home string) error {
	name := filepath.Join(folder, "descope.yaml")
	if err := os.WriteFile(name, []byte(config.Text), 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, filepath.Join(r.Bin, "descope-mgmt"), "validate", "-c", name)
	command.Dir = folder
	command.Env = r.environment(home)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("the configuration at line %d: %w\n%s", config.Line, err, out)
	}
	return nil
}

// startEmulator starts an emulator with one project and returns the variables
// that lead to it.
func (r Runner) startEmulator(ctx context.Context, home string) (variables []string, stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	command := exec.CommandContext(ctx, filepath.Join(r.Bin, "descope-mgmt"), "emulator", "--listen", "127.0.0.1:0", "--format", "json")
	command.Env = r.environment(home)
	command.Dir = home
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	var stderr bytes.Buffer
	command.Stderr = &stderr
	stdout, err := command.StdoutPipe()
	if err != nil {
		cancel()
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("start the emulator: %w", err)
	}
	stop = func() {
		cancel()
		_ = command.Wait() // it was interrupted, so it has no good status
	}
	var announced struct {
		URL      string `json:"url"`
		Projects []struct {
			ID            string `json:"id"`
			ManagementKey string `json:"management_key"`
		} `json:"projects"`
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &announced)
	}
	if err == nil && len(announced.Projects) != 1 {
		err = errors.New("it does not announce one project")
	}
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("start the emulator: %w\n%s%s", err, line, stderr.Bytes())
	}
	project := announced.Projects[0]
	return []string{
		"DESCOPE_BASE_URL=" + announced.URL,
		"DESCOPE_PROJECT_ID=" + project.ID,
		"DESCOPE_MANAGEMENT_KEY=" + project.ManagementKey,
	}, stop, nil
}
