package cli

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestNoUnaskedConnections: what does not talk to Descope makes no connection at
// all, though every way out leads to a listener that counts: the host of the
// project, and the proxies of everything else. No other package than those that
// internal/archtest names may open connections.
func TestNoUnaskedConnections(t *testing.T) {
	program, err := exec.LookPath("descope-mgmt")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = connection.Close()
		}
	}()
	defer func() { _ = listener.Close(); <-ended }()
	there := "http://" + listener.Addr().String()
	home := t.TempDir()
	configuration := "version: \"1.0\"\nauth: { project_id: \"" + scriptProject + "\", management_key: \"${DESCOPE_MANAGEMENT_KEY}\", base_url: \"" + there + "\" }\n" +
		"environments: { dev: {} }\ntenants:\n- { id: acme-corp, name: Acme }\n"
	if err := os.WriteFile(filepath.Join(home, "descope.yaml"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(line string) (made int64, out string, err error) {
		before := connections.Load()
		command := exec.CommandContext(t.Context(), program, strings.Fields(line)...)
		command.Dir = home
		command.Env = append(instruments(),
			"HOME="+home, "PATH="+os.Getenv("PATH"), "DESCOPE_ENVIRONMENT=dev", "DESCOPE_MANAGEMENT_KEY="+scriptKey, "DESCOPE_BASE_URL="+there,
			"HTTP_PROXY="+there, "HTTPS_PROXY="+there, "ALL_PROXY="+there, "http_proxy="+there, "https_proxy="+there)
		text, err := command.CombinedOutput()
		return connections.Load() - before, string(text), err
	}
	for _, line := range []string{
		"", "--help", "--version", "version", "version --format json", "help tenant sync", "completion bash", "schema",
		"validate", "validate --format json", "config show", "config fmt", "env list", "flow templates",
		"backup list", "audit list", "lock status",
	} {
		if made, out, err := run(line); made != 0 || err != nil {
			t.Errorf("descope-mgmt %s: %d connections, %v\n%s", line, made, err, out)
		}
	}
	if made, out, err := run("tenant list"); made == 0 || err == nil { // it was asked to
		t.Errorf("the listener counts nothing: %d, %v\n%s", made, err, out)
	}
	if made, out, err := run("tenant list --base-url https://api.descope.com"); made == 0 || err == nil {
		t.Errorf("the proxy counts nothing: %d, %v\n%s", made, err, out)
	}
}
