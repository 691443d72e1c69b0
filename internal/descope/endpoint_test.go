package descope

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEndpoint(t *testing.T) {
	short := "P2" + strings.Repeat("x", 26)
	regional := func(region string) string { return "P" + region + strings.Repeat("x", 27) }
	tests := []struct {
		name, project, base, want, host string
		ordinary                        bool
	}{
		{"28 characters lead to the default host", short, "", "https://api.descope.com", "api.descope.com", true},
		{"a short id with a region's letters does not", "Puse1ar", "", "https://api.descope.com", "api.descope.com", true},
		{"31 characters do not", "Puse1" + strings.Repeat("x", 26), "", "https://api.descope.com", "api.descope.com", true},
		{"32 characters name a region", regional("use1"), "", "https://api.use1.descope.com", "api.use1.descope.com", true},
		{"longer ones too", regional("euc1") + "more", "", "https://api.euc1.descope.com", "api.euc1.descope.com", true},
		{"a region is in lower case", regional("EUC1"), "", "https://api.euc1.descope.com", "api.euc1.descope.com", true},
		{"a base URL wins over the region", regional("use1"), "https://api.descope.com", "https://api.descope.com", "api.descope.com", false},
		{"a trailing slash is folded", short, "https://api.descope.com/", "https://api.descope.com", "api.descope.com", true},
		{"several too", short, "https://api.descope.com///", "https://api.descope.com", "api.descope.com", true},
		{"a path stays", short, "https://gate.example.com/descope/", "https://gate.example.com/descope", "gate.example.com", false},
		{"an escaped path stays escaped", short, "https://gate.example.com/a%2Fb/", "https://gate.example.com/a%2Fb", "gate.example.com", false},
		{"case and the scheme's port do not matter", short, "HTTPS://API.Descope.com:443", "https://api.descope.com", "api.descope.com", true},
		{"nor does the root's dot", short, "https://api.descope.com.", "https://api.descope.com", "api.descope.com", true},
		{"another port does", short, "https://api.descope.com:8443", "https://api.descope.com:8443", "api.descope.com:8443", false},
		{"loopback by address", short, "http://127.0.0.1:8787", "http://127.0.0.1:8787", "127.0.0.1:8787", false},
		{"loopback by another address", short, "http://127.9.9.9", "http://127.9.9.9", "127.9.9.9", false},
		{"loopback by name", short, "http://LOCALHOST:80/", "http://localhost", "localhost", false},
		{"loopback by IPv6 address", short, "http://[::1]:8787", "http://[::1]:8787", "[::1]:8787", false},
		{"https to an address", short, "https://192.0.2.1", "https://192.0.2.1", "192.0.2.1", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			endpoint, err := Endpoint(test.project, test.base)
			if err != nil {
				t.Fatal(err)
			}
			if endpoint.String() != test.want {
				t.Errorf("endpoint = %s, want %s", endpoint, test.want)
			}
			if HostName(endpoint) != test.host {
				t.Errorf("host name = %s, want %s", HostName(endpoint), test.host)
			}
			if IsDefaultHost(endpoint, test.project) != test.ordinary {
				t.Errorf("default host = %v, want %v", !test.ordinary, test.ordinary)
			}
		})
	}
}

func TestEndpointRefuses(t *testing.T) {
	tests := []struct{ name, project, base, want string }{
		{"no scheme", "P2", "api.descope.com", "must start with https://"},
		{"a host that looks like a scheme", "P2", "localhost:8787", "must start with https://"},
		{"another scheme", "P2", "ftp://api.descope.com", "must start with https://"},
		{"no host", "P2", "https://", "names no host"},
		{"opaque", "P2", "https:api.descope.com", "names no host"},
		{"plain http to the network", "P2", "http://api.descope.com", "plain http"},
		{"plain http to a name below localhost", "P2", "http://a.localhost", "plain http"},
		{"plain http to a private address", "P2", "http://192.168.0.1", "plain http"},
		{"plain http to all addresses", "P2", "http://0.0.0.0:8787", "plain http"},
		{"credentials", "P2", "https://user:hunter2@api.descope.com", "must not carry a user name"},
		{"credentials behind a broken port", "P2", "https://user:hunter2@api.descope.com:x", "must not carry a user name"},
		{"query", "P2", "https://api.descope.com/?a=hunter2", "query or a fragment"},
		{"empty query", "P2", "https://api.descope.com?", "query or a fragment"},
		{"fragment", "P2", "https://api.descope.com#", "query or a fragment"},
		{"broken port", "P2", "https://api.descope.com:abc", "is not a URL"},
		{"port 0", "P2", "https://api.descope.com:0", "is not between 1 and 65535"},
		{"port out of range", "P2", "https://api.descope.com:65536", "is not between 1 and 65535"},
		{"control characters", "P2", "https://api.descope.com\x1b[2J", "is not a URL"},
		{"letters of other scripts", "P2", "https://api.dеscope.com", "punycode"},
		{"a zone", "P2", "http://[::1%25lo]:80", "characters that host names do not have"},
		{"white space", "P2", "https://api descope.com", "is not a URL"},
		{"a region that is none", "P./evil.example.com/xxxxxxxxxxxxxxxxxxxxxxxxx", "", "name a region"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			endpoint, err := Endpoint(test.project, test.base)
			if err == nil {
				t.Fatalf("endpoint = %s, want an error", endpoint)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %q, want %q in it", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("error %q repeats what it must not", err)
			}
		})
	}
}

func TestIsDefaultHostOfAnUnusableProject(t *testing.T) {
	endpoint := &url.URL{Scheme: "https", Host: defaultHost}
	if IsDefaultHost(endpoint, "P/////"+strings.Repeat("x", 30)) {
		t.Error("a project without a region has no default host")
	}
	if IsDefaultHost(&url.URL{Scheme: "http", Host: defaultHost}, "P2") {
		t.Error("plain http is no default")
	}
}

// Whatever is accepted is safe: https or loopback, no credentials, no query.
func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{
		"https://api.descope.com/", "http://127.0.0.1:1/x/../y", "http://[::1]", "https://a:b@c", "http:\\\\x", "https://x:1?y#z", "//x",
	} {
		f.Add("P2x", seed)
	}
	f.Fuzz(func(t *testing.T, project, base string) {
		endpoint, err := Endpoint(project, base)
		if err != nil {
			if printable(err.Error()) != err.Error() {
				t.Errorf("error %q is not printable", err)
			}
			return
		}
		if endpoint.Scheme != "https" && !isLoopback(endpoint.Hostname()) {
			t.Errorf("%q: plain http to %q", base, endpoint.Host)
		}
		if endpoint.User != nil || endpoint.RawQuery != "" || endpoint.Fragment != "" || endpoint.Host == "" || strings.HasSuffix(endpoint.Path, "/") {
			t.Errorf("%q: endpoint %#v", base, endpoint)
		}
		again, err := Endpoint(project, endpoint.String())
		if err != nil || again.String() != endpoint.String() {
			t.Errorf("%q: not stable: %v, %v, %v", base, endpoint, again, err)
		}
	})
}

func TestRegionIsAlwaysAHostLabel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		project := rapid.StringN(0, 60, -1).Draw(t, "project")
		endpoint, err := Endpoint(project, "")
		if err != nil {
			return
		}
		label := strings.TrimSuffix(strings.TrimPrefix(endpoint.Host, "api."), ".descope.com")
		if endpoint.Host != defaultHost && (len(label) != 4 || strings.ContainsAny(label, "./:@")) {
			t.Fatalf("project %q leads to %q", project, endpoint.Host)
		}
	})
}
