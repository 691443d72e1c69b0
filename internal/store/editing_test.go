package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/store"
)

func TestLockEditing(t *testing.T) {
	s := store.Open(t.TempDir())
	self, err := store.ThisProcess()
	if err != nil {
		t.Fatal(err)
	}
	request := store.LockRequest{Holder: store.Holder{User: "alice", Process: self, Command: "descope-mgmt drift adopt"}, Now: time.Now}
	first, err := s.LockEditing(context.Background(), "/repo", request)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.LockEditing(context.Background(), "/repo", request)
	locked, ok := errors.AsType[*store.LockedError](err)
	if !ok || !strings.HasPrefix(locked.Error(), "another command is editing the configuration in /repo: alice on ") {
		t.Errorf("a second one: %v", err)
	}
	if ok && (locked.Fault().Code != "locked" || strings.Contains(locked.Fault().Hint, "lock release")) {
		t.Errorf("what it says to do: %+v", locked.Fault())
	}
	other, err := s.LockEditing(context.Background(), "/repo/sub", request)
	if err != nil {
		t.Fatalf("another folder: %v", err)
	}
	for _, lock := range []*store.Lock{first, other} {
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	}
	again, err := s.LockEditing(context.Background(), "/repo", request)
	if err != nil {
		t.Fatalf("once it is free: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

func TestLockEditingWaits(t *testing.T) {
	s := store.Open(t.TempDir())
	self, err := store.ThisProcess()
	if err != nil {
		t.Fatal(err)
	}
	request := store.LockRequest{Holder: store.Holder{User: "alice", Process: self}, Now: time.Now, Timeout: time.Minute}
	first, err := s.LockEditing(context.Background(), "/repo", request)
	if err != nil {
		t.Fatal(err)
	}
	request.Waiting = func(other store.Holder) {
		if other.User != "alice" {
			t.Errorf("it waits for %s", other)
		}
		if err := first.Release(); err != nil {
			t.Error(err)
		}
	}
	second, err := s.LockEditing(context.Background(), "/repo", request)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Release(); err != nil {
		t.Error(err)
	}
}
