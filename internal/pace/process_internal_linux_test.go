package pace

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

func TestProcessStart(t *testing.T) {
	self := thisProcess()
	if self.pid != uint32(os.Getpid()) || self.start == 0 || !self.lives() {
		t.Errorf("self %+v, lives %v", self, self.lives())
	}
	if (process{self.pid, self.start + 1}).lives() {
		t.Error("another process with our number lives")
	}
	if !(process{self.pid, 0}).lives() {
		t.Error("told apart by its number, this process is dead")
	}
	child := exec.CommandContext(context.Background(), "true")
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	pid := child.Process.Pid
	start, known := processStart(pid)
	if !known {
		t.Error("nothing is known of a child")
	}
	out, err := child.Process.Wait()
	if err != nil || !out.Exited() {
		t.Fatal(err)
	}
	if (process{uint32(pid), start + 1}).lives() || (process{uint32(pid), 0}).lives() {
		t.Error("a process that has ended lives")
	}
	if start, known := processStart(pid); start != 0 || !known {
		t.Errorf("a process that has ended: %d, %v", start, known)
	}
}

func TestNetworkFileSystems(t *testing.T) {
	for magic, want := range map[uint32]string{0x6969: "NFS", 0xff534d42: "CIFS", 0x65735546: "FUSE", 0xef53: "", 0x01021994: "", 0x794c7630: ""} {
		if got := networkMagic(magic); got != want {
			t.Errorf("%#x: got %q, want %q", magic, got, want)
		}
	}
	if got := networkFileSystem("/proc"); got != "" {
		t.Errorf("/proc is on %s", got)
	}
	if got := networkFileSystem("/no such folder"); got != "" {
		t.Errorf("nothing is on %s", got)
	}
}
