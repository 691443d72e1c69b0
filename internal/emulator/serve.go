package emulator

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is what a call gets back.
type answer struct {
	status int
	header map[string]string
	body   []byte
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Clients whose base URL ends in a slash ask for //v1/…
	path := "/" + strings.TrimLeft(r.URL.Path, "/")
	if path == controlRoot || strings.HasPrefix(path, controlRoot+"/") {
		s.serveControl(w, r, path)
		return
	}
	s.serveCall(w, r, path)
}

// serveCall answers one call of the management API. Once its body is read a
// call takes effect even if its client has gone, as it would at the service.
func (s *Server) serveCall(w http.ResponseWriter, r *http.Request, path string) {
	claimed := readBearer(r.Header)
	project := ""
	if s.byID[claimed.project] != nil {
		project = claimed.project
	}
	entry := s.calls.begin(s.options.Now, callEntry{Method: r.Method, Path: path, Project: project, ExternalRequestID: externalID(r.Header)})
	started := entry.Time
	blocked := s.limiter.admit(classOf(path), remoteHost(r), project)

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.options.MaxBodyBytes))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		s.calls.end(entry, 0, s.since(started))
		resetConnection(w)
		return
	}
	action := noFault
	if blocked == 0 && err == nil {
		action = s.faults.next(r.Method, path, s.random)
	}
	delay := s.options.Latency + s.random.upTo(s.options.LatencyJitter) + action.delay
	if s.options.Sleep(s.base, delay) != nil || action.reset == resetBefore {
		s.calls.end(entry, 0, s.since(started))
		resetConnection(w)
		return
	}
	var result answer
	switch {
	case blocked > 0:
		result = errorAnswer(errRateLimit, s.options.NotFoundStatus)
		result.header = map[string]string{"Retry-After": strconv.FormatInt(int64(math.Ceil(blocked.Seconds())), 10)}
	case err != nil:
		result = errorAnswer(s.chosen(unknownBodySize).err, s.options.NotFoundStatus)
	default:
		result = action.answer(func() answer { return s.perform(r, path, claimed, body) })
	}
	s.respond(w, entry, started, result, action)
}

// respond records the call before its client can see the answer, so that a
// client that has its answer finds it in the log.
func (s *Server) respond(w http.ResponseWriter, entry *callEntry, started time.Time, result answer, action fault) {
	if action.reset == resetAfter {
		s.calls.end(entry, 0, s.since(started))
		resetConnection(w)
		return
	}
	s.calls.end(entry, result.status, s.since(started))
	action.write(w, result, func(d time.Duration) error { return s.options.Sleep(s.base, d) })
	if action.slow > 0 {
		s.calls.end(entry, result.status, s.since(started))
	}
	s.log.Debug("call", "method", entry.Method, "path", entry.Path, "project", entry.Project, "status", result.status)
}

// perform authorizes the call and runs its handler.
func (s *Server) perform(r *http.Request, path string, claimed bearer, body []byte) answer {
	out, err := s.handle(r, path, claimed, body)
	if err != nil {
		return errorAnswer(wireError(err), s.options.NotFoundStatus)
	}
	if out == nil {
		out = []byte("{}")
	}
	return answer{status: http.StatusOK, body: out}
}

func (s *Server) handle(r *http.Request, path string, claimed bearer, body []byte) ([]byte, error) {
	route, known := s.routes[r.Method+" "+path]
	project, err := s.authorize(claimed, route.keyOnly)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, errServer
	}
	c := &call{
		route: route, project: project, key: claimed.key, remote: remoteHost(r), externalID: externalID(r.Header), query: r.URL.Query(),
	}
	parseErr := s.parse(route, c, body)
	s.data.Lock()
	defer s.data.Unlock()
	out, err := s.run(c, parseErr)
	s.record(c, err)
	return out, err
}

// run does the work of a call, unless its body was refused.
func (s *Server) run(c *call, parseErr error) ([]byte, error) {
	if parseErr != nil {
		return nil, parseErr
	}
	return c.route.handle(s, c)
}

func errorAnswer(err *apiError, notFound int) answer {
	status := err.status
	if status == statusNotFound {
		status = notFound
	}
	return answer{status: status, body: err.body()}
}

func (s *Server) since(started time.Time) time.Duration { return s.options.Now().Sub(started) }

const (
	externalIDHeader = "x-external-rid"
	// maxExternalID bounds what of it is kept, in bytes.
	maxExternalID = 256
)

// externalID is the request id that the caller gave to the call.
func externalID(header http.Header) string {
	return bounded(header.Get(externalIDHeader), maxExternalID)
}

// bounded is the beginning of a text, at most so many bytes, as valid UTF-8.
func bounded(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// remoteHost is the client's address without its port.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// resetConnection breaks the connection without an answer, with a TCP reset
// where it is TCP.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // net/http's own way to break off
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
