package logfile_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/logfile"
	"github.com/portcoconnect/pcc-descope-mgmt/internal/processtest"
)

func TestMain(m *testing.M) {
	if status, played := processtest.Play(map[string]processtest.Role{"write": writeLines, "full": writeUnderLimit, "sit": sitOnLock}); played {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

// writeLines writes so many lines of its own.
func writeLines(args []string) error {
	failed := error(nil)
	log, err := logfile.Open(args[0], logfile.Options{Limit: 1000, Keep: 1000, Failed: func(err error) { failed = err }})
	if err != nil {
		return err
	}
	lines, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for i := range lines {
		if _, err := fmt.Fprintf(log, "%s-%d\n", args[1], i); err != nil {
			return err
		}
	}
	return errors.Join(failed, log.Close())
}

// TestProcessesLoseNothing: several processes write and rotate one log.
func TestProcessesLoseNothing(t *testing.T) {
	const processes, lines = 4, 400
	path := filepath.Join(t.TempDir(), "log")
	var wait sync.WaitGroup
	for i := range processes {
		command := processtest.Command(t, "write", path, fmt.Sprintf("p%d", i), strconv.Itoa(lines))
		wait.Go(func() {
			if err := command.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	checkLines(t, path, 1000, processes*lines)
	if _, err := os.Stat(path + ".5"); err != nil {
		t.Errorf("nothing was rotated: %v", err)
	}
}

// writeUnderLimit writes more than the process may, as on a full disk.
func writeUnderLimit(args []string) error {
	if err := processtest.LimitFiles(100); err != nil {
		return err
	}
	told := 0
	log, err := logfile.Open(args[0], logfile.Options{Failed: func(err error) {
		told++
		fmt.Println(err)
	}})
	if err != nil {
		return err
	}
	for i := range 5 {
		if n, err := log.Write([]byte(strings.Repeat(strconv.Itoa(i), 39) + "\n")); n != 40 || err != nil {
			return fmt.Errorf("got %d, %w", n, err)
		}
	}
	if _, err := log.Write([]byte("a short one\n")); err != nil {
		return err
	}
	if told != 1 || log.Lost() != 3 {
		return fmt.Errorf("told %d times, %d lines lost", told, log.Lost())
	}
	return log.Close()
}

func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	out, err := processtest.Command(t, "full", path).Output()
	if err != nil || string(out) != "cannot write the log "+path+": file too large\n" {
		t.Errorf("got %q, %v", out, err)
	}
	want(t, path, map[string]string{"": strings.Repeat("0", 39) + "\n" + strings.Repeat("1", 39) + "\na short one\n"})
}

// sitOnLock holds the lock of a file until its input ends.
func sitOnLock(args []string) error {
	file, err := os.OpenFile(args[0], os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	fmt.Println("locked")
	_, err = os.Stdin.Read(make([]byte, 1))
	_ = err // it has ended
	return file.Close()
}

// TestStoppedProcess: one that holds the lock and does not go on holds nobody
// up, and no line is lost.
func TestStoppedProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log := openLog(t, path, logfile.Options{Limit: 5})
	command := processtest.Command(t, "sit", path)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		write(t, log, "line\n")
	}
	want(t, path, map[string]string{"": "line\nline\nline\n"})
	if err := errors.Join(in.Close(), command.Wait()); err != nil {
		t.Fatal(err)
	}
	write(t, log, "line\n")
	want(t, path, map[string]string{"": "line\n", ".1": "line\nline\nline\n"})
}
