package processtest_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
)

func TestMain(m *testing.M) {
	status, played := processtest.Play(map[string]processtest.Role{
		"say": func(args []string) error {
			for _, arg := range args {
				fmt.Println(arg)
			}
			return nil
		},
		"fail": func([]string) error { return errors.New("as it should") },
	})
	if played {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

func TestStart(t *testing.T) {
	command, out := processtest.Start(t, "say", "one", "two words")
	var said []string
	for out.Scan() {
		said = append(said, out.Text())
	}
	if err := command.Wait(); err != nil || !slices.Equal(said, []string{"one", "two words"}) {
		t.Errorf("it said %q and ended with %v", said, err)
	}
}

func TestRolesThatFail(t *testing.T) {
	for _, role := range []string{"fail", "unheard of"} {
		command := processtest.Command(t, role)
		command.Stderr = nil
		if _ = command.Run(); command.ProcessState.ExitCode() != 1 {
			t.Errorf("%s: %v", role, command.ProcessState)
		}
	}
}
