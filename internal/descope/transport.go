package descope

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	dialTimeout      = 15 * time.Second
	handshakeTimeout = 15 * time.Second
	idleTimeout      = 90 * time.Second
	maxHeaderBytes   = 1 << 20
)

// newTransport keeps as many connections as calls may be in flight, and never
// opens more: each call finds a warm one. They speak HTTP/1.1, so that a
// connection that breaks leaves one write in doubt and not those of all workers.
func newTransport(opts Options, endpoint *url.URL) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	transport := &http.Transport{
		Protocols:              protocols,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		MaxConnsPerHost:        opts.MaxConnections,
		MaxIdleConns:           opts.MaxConnections,
		MaxIdleConnsPerHost:    opts.MaxConnections,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			InsecureSkipVerify: opts.InsecureSkipVerify, //nolint:gosec // explicit, and the command layer warns
		},
	}
	if !isLoopback(endpoint.Hostname()) {
		transport.Proxy = quietProxy(http.ProxyFromEnvironment)
	}
	return transport
}

// quietProxy hides the original error, which repeats the proxy's address and
// with it a password.
func quietProxy(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(request *http.Request) (*url.URL, error) {
		address, err := proxy(request)
		if err != nil {
			return nil, errors.New("HTTPS_PROXY or HTTP_PROXY is not the address of a proxy")
		}
		return address, nil
	}
}
