//go:build unix

package docstest_test

import (
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestTeamOfTwo: two users with a strict umask share the folder that examples/nfs-team sets up;
// each undoes what the other did, and somebody outside of the group sees nothing.
func TestTeamOfTwo(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be two users")
	}
	const alice, bob, eve, group = 61001, 61002, 61003, 61000
	team := newTeam(t, group, eve, alice, bob)
	team.as(alice, group, "umask 077; descope-mgmt apply --yes")
	team.as(bob, group, "umask 077; descope-mgmt tenant update acme-corp --name ACME --yes && descope-mgmt lock status")
	team.as(alice, group, "umask 077; descope-mgmt undo --yes && descope-mgmt audit verify && descope-mgmt backup verify")
	team.as(bob, group, "umask 077; descope-mgmt plan --detailed-exitcode && descope-mgmt drift detect --detailed-exitcode")
	out := team.as(bob, group, "descope-mgmt audit list")
	for _, want := range []string{"user61001", "user61002"} {
		if !strings.Contains(out, want) {
			t.Errorf("the audit log does not name %s:\n%s", want, out)
		}
	}
	team.as(eve, eve, `! ls "$STATE" && ! descope-mgmt tenant update acme-corp --name Eve --yes && descope-mgmt tenant get acme-corp | grep "Acme Corporation"`)
	err := filepath.WalkDir(team.state, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o660)
		if entry.IsDir() {
			want = fs.ModeDir | fs.ModeSetgid | 0o770
		}
		owner, _ := info.Sys().(*syscall.Stat_t)
		if info.Mode() != want || owner.Gid != group {
			t.Errorf("%s has mode %v and group %d", path, info.Mode(), owner.Gid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

type team struct {
	t           *testing.T
	base, state string
	environment []string
}

// newTeam sets the folder up and lets the members join. The outsider cannot, and so writes the
// settings by hand.
func newTeam(t *testing.T, group, outsider int, members ...int) *team {
	t.Helper()
	base, err := os.MkdirTemp("", "team") //nolint:usetesting // the folder of t.TempDir is closed to other users
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	made := &team{t: t, base: base, state: filepath.Join(base, "state")}
	made.must(os.Chmod(base, 0o755), os.CopyFS(base, os.DirFS(filepath.Join(root, examplesFolder, "nfs-team"))))
	settings := filepath.Join(base, "settings.yaml")
	text, err := os.ReadFile(settings)
	made.must(err, os.WriteFile(settings, []byte(strings.Replace(string(text), "/mnt/team/descope-mgmt", made.state, 1)), 0o644))
	self, err := os.Executable()
	made.must(err)
	copied, err := os.Create(filepath.Join(base, program))
	made.must(err)
	original, err := os.Open(self) // where it is, others cannot run it
	made.must(err)
	_, err = io.Copy(copied, original)
	made.must(err, original.Close(), copied.Chmod(0o755), copied.Close())
	made.environment = []string{
		"PATH=" + base + string(os.PathListSeparator) + os.Getenv("PATH"), "STATE=" + made.state,
		"DESCOPE_BASE_URL=" + startEmulator(t, "P2team=K2team"), "DESCOPE_PROJECT_ID=P2team", "DESCOPE_MANAGEMENT_KEY=K2team",
	}
	// The one who sets it up is a member. The group has no name here, and stat calls it UNKNOWN.
	made.must(os.Mkdir(made.state, 0o700), os.Chown(made.state, members[0], group))
	made.settle(outsider, outsider, "! ./join.sh && mkdir -m 700 $HOME/.descope-mgmt && install -m 600 settings.yaml $HOME/.descope-mgmt/config.yaml")
	made.as(members[0], group, `./setup-state.sh "$STATE" UNKNOWN`)
	for _, user := range members {
		made.settle(user, group, "./join.sh")
	}
	return made
}

// settle gives a user a home and lets them run a script.
func (m *team) settle(user, group int, script string) {
	m.t.Helper()
	m.must(os.Mkdir(m.home(user), 0o700), os.Chown(m.home(user), user, user))
	m.as(user, group, script)
}

func (m *team) home(user int) string { return filepath.Join(m.base, nameOf(user)) }

func nameOf(user int) string { return "user" + strconv.Itoa(user) }

// as runs a script as a user with one more group.
func (m *team) as(user, group int, script string) (output string) {
	m.t.Helper()
	command := exec.CommandContext(m.t.Context(), "bash", "-euc", script)
	command.Dir = m.base
	command.Env = append([]string{"HOME=" + m.home(user), "USER=" + nameOf(user)}, m.environment...)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(user), Gid: uint32(user), Groups: []uint32{uint32(group)}}}
	out, err := command.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: %s: %v\n%s", nameOf(user), script, err, out)
	}
	return string(out)
}

func (m *team) must(errs ...error) {
	m.t.Helper()
	for _, err := range errs {
		if err != nil {
			m.t.Fatal(err)
		}
	}
}
