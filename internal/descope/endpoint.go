package descope

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const (
	defaultHost = "api.descope.com"

	// regionalLength is the length from which a project id names its region in
	// the four characters after the leading letter: Puse1… is use1. Shorter ids
	// belong to the default host. (Descope's Go SDK, descope/api/client.go.)
	regionalLength = 32
	regionEnd      = 5
)

// Endpoint is where a project's API is found: at baseURL, or, where that is
// empty, at https://api.descope.com or the regional host that the project id
// names. It must be https, or http to the loopback interface only; user names,
// queries and fragments are errors, trailing slashes are folded away, and host
// and scheme are in lower case. No error text repeats a credential.
func Endpoint(projectID, baseURL string) (*url.URL, error) {
	if baseURL == "" {
		host, err := projectHost(projectID)
		if err != nil {
			return nil, err
		}
		return &url.URL{Scheme: "https", Host: host}, nil
	}
	if strings.Contains(baseURL, "@") {
		return nil, errors.New("the base URL must not carry a user name, a password or any other @")
	}
	endpoint, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base URL %s is not a URL", quoted(baseURL))
	}
	endpoint.Host = normalHost(endpoint)
	if err := checkEndpoint(endpoint, baseURL); err != nil {
		return nil, err
	}
	clean := endpoint.JoinPath()
	return &url.URL{
		Scheme: endpoint.Scheme, Host: endpoint.Host,
		Path: strings.TrimRight(clean.Path, "/"), RawPath: strings.TrimRight(clean.RawPath, "/"),
	}, nil
}

// IsDefaultHost reports whether the endpoint's host is the one that the
// project id leads to by itself.
func IsDefaultHost(endpoint *url.URL, projectID string) bool {
	host, err := projectHost(projectID)
	return err == nil && endpoint.Scheme == "https" && HostName(endpoint) == host
}

// HostName is the name of the endpoint's host for plans and records: with the
// port where it is not the scheme's own.
func HostName(endpoint *url.URL) string { return normalHost(endpoint) }

func projectHost(projectID string) (string, error) {
	if len(projectID) < regionalLength {
		return defaultHost, nil
	}
	region := strings.ToLower(projectID[1:regionEnd])
	if strings.IndexFunc(region, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) >= 0 {
		return "", fmt.Errorf("project id %s: characters 2 to 5 of an id this long name a region, and %s is none",
			quoted(projectID), quoted(region))
	}
	return "api." + region + ".descope.com", nil
}

// normalHost is the host in lower case, without the root's dot and without the
// scheme's own port.
func normalHost(endpoint *url.URL) string {
	name := strings.TrimSuffix(strings.ToLower(endpoint.Hostname()), ".")
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	port := endpoint.Port()
	scheme := strings.ToLower(endpoint.Scheme)
	if port == "" || (scheme == "https" && port == "443") || (scheme == "http" && port == "80") {
		return name
	}
	return name + ":" + port
}

func checkEndpoint(endpoint *url.URL, given string) error {
	shown := quoted(given)
	switch {
	case endpoint.Scheme != "https" && endpoint.Scheme != "http":
		return fmt.Errorf("base URL %s must start with https:// (http:// only on this machine)", shown)
	case endpoint.Hostname() == "":
		return fmt.Errorf("base URL %s names no host", shown)
	case strings.ContainsFunc(endpoint.Host, func(r rune) bool { return r <= ' ' || r > '~' || r == '%' }):
		return fmt.Errorf("the host of base URL %s has characters that host names do not have; write international names in punycode", shown)
	case strings.ContainsAny(given, "?#"):
		return errors.New("the base URL must not carry a query or a fragment")
	case endpoint.Scheme == "http" && !isLoopback(endpoint.Hostname()):
		return fmt.Errorf("base URL %s: plain http would show the management key to the network; use https", shown)
	}
	if port := endpoint.Port(); port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return fmt.Errorf("base URL %s: port %s is not between 1 and 65535", shown, quoted(port))
		}
	}
	return nil
}

// isLoopback takes no other name than localhost, since what any other one
// leads to is up to whoever answers for it.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// quoted shows a text of unknown origin, bounded and without control
// characters, and nothing after a question mark, where tokens stand.
func quoted(text string) string {
	text, _, _ = strings.Cut(text, "?")
	return strconv.Quote(bounded(printable(text), maxName))
}
