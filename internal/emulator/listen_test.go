package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portcoconnect/pcc-descope-mgmt/internal/emulator"
)

func TestListen(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "127.9.9.9:0", "LOCALHOST:0"} {
		t.Run(addr, func(t *testing.T) {
			listener, err := emulator.Listen(t.Context(), addr)
			if err != nil {
				t.Fatal(err)
			}
			if url := emulator.URL(listener); !strings.HasPrefix(url, "http://") || strings.HasSuffix(url, ":0") {
				t.Errorf("url %s", url)
			}
			if err := listener.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	for _, addr := range []string{":8787", "0.0.0.0:8787", "[::]:8787", "10.0.0.1:0", "example.com:80", "127.0.0.1.example.com:0", "0:0"} {
		t.Run(addr, func(t *testing.T) {
			listener, err := emulator.Listen(t.Context(), addr)
			if err == nil {
				_ = listener.Close()
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), "the emulator listens on loopback only, for example 127.0.0.1:8787") {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := emulator.Listen(t.Context(), "8787"); err == nil || !strings.Contains(err.Error(), "expected HOST:PORT") {
		t.Errorf("error %v", err)
	}
	taken, err := emulator.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	if _, err := emulator.Listen(t.Context(), taken.Addr().String()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
}

// Calls in flight end before the server does.
func TestServeEndsGracefully(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, stop := inMemory(t, emulator.Options{Latency: time.Second})
		answered := make(chan int, 1)
		go func() {
			status, _ := h.call("POST", "/v1/mgmt/tenant/create", `{"id":"acme","name":"Acme"}`)
			answered <- status
		}()
		synctest.Wait() // the call waits for its latency
		stop()
		if status := <-answered; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	})
}

// A call that a fault holds back longer than the bound is cut off.
func TestServeCutsOffWhatWaitsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, stop := inMemory(t, emulator.Options{Latency: time.Hour})
		failed := make(chan error, 1)
		go func() {
			_, _, _, err := h.create("acme")
			failed <- err
		}()
		synctest.Wait()
		started := time.Now()
		stop()
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("shutting down took %v", took)
		}
		if err := <-failed; err == nil {
			t.Error("the call was answered")
		}
		if state := directState(t, h.server); strings.Contains(state, "acme") {
			t.Errorf("the call that was cut off took effect: %s", state)
		}
	})
}
