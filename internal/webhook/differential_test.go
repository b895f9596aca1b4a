package webhook

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

// TestAgreesWithNetHTTP plays a few hundred raw exchanges to the sender and to net/http, which gets a
// new connection for each request, and so can't take one exchange's bytes for another's. Both must come to
// the same verdict. Then the webhook's next event must get its own answer, whatever the
// exchange before left in the connection.
func TestAgreesWithNetHTTP(t *testing.T) {
	certificate, trusted := selfSigned(t, "127.0.0.1", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	log.SetOutput(io.Discard) // net/http tells there of what comes unasked
	t.Cleanup(func() { log.SetOutput(os.Stderr) })
	scripts := allScripts()
	if len(scripts) < 300 {
		t.Fatalf("only %d exchanges", len(scripts))
	}
	t.Logf("%d exchanges", len(scripts))
	for _, s := range scripts {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			s.check(t, certificate, trusted)
		})
	}
}

// ending is what a server does with a connection after its answer.
type ending string

const (
	leave    ending = "leave"     // open, and ready for the next request
	shut     ending = "close"     // with TLS, after a close-notify
	reset    ending = "reset"     // at once, by RST
	half     ending = "half"      // its own direction only
	truncate ending = "truncate"  // the TCP connection below TLS, without a close-notify
	wait     ending = "wait"      // open, but nothing more is read or sent
	fatal    ending = "no answer" // the server closes before anything
)

// script is what a server does with the first request. The second one it answers properly.
type script struct {
	name    string
	tls     uint16 // version; 0 = plain
	answer  string
	end     ending
	late    string // bytes after the answer's end
	when    moment
	large   bool // the request is 8 MB, of which the server reads no more than the head before it answers
	clients bool // the server demands a client certificate
}

// moment is when late bytes are sent.
type moment string

const (
	together  moment = "together"      // with the answer
	later     moment = "later"         // once the sender has come to its verdict
	meanwhile moment = "with the next" // once the next request is there, before its answer
	never     moment = ""
)

func (s *script) String() string {
	name := fmt.Sprintf("%s, %s", s.name, s.end)
	if s.tls != 0 {
		name += ", " + tls.VersionName(s.tls)
	}
	if s.when != never {
		name += fmt.Sprintf(", %q %s", s.late[:min(len(s.late), 16)], s.when)
	}
	return name
}

var wholeAnswers = map[string]string{
	"200":                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
	"200 empty":          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"204":                "HTTP/1.1 204 No Content\r\n\r\n",
	"204 with length":    "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n",
	"304":                "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n",
	"304 with length":    "HTTP/1.1 304 Not Modified\r\nContent-Length: 200\r\n\r\n",
	"410":                "HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone",
	"500 folded":         "HTTP/1.1 500 Oops\r\nA: b\r\n  c\r\n\td\r\nContent-Length: 1\r\n\r\nx",
	"chunked":            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
	"chunked, trailers":  "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\nTrailer: A, B\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\nB: c\r\n\r\n",
	"after 100":          "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
	"after 30 times 103": strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 30) + "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
	"1.0 kept":           "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nfirst",
	"line feeds only":    "HTTP/1.1 200 OK\nContent-Length: 5\n\nfirst",
	"no reason":          "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
	"lengths that agree": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
	"closing":            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfirst",
	"redirect":           "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n",
	"429":                "HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
}

// brokenAnswers end with the connection, or are no answers.
var brokenAnswers = map[string]string{
	"nothing":            "",
	"by the end":         "HTTP/1.1 200 OK\r\n\r\nuntil the end",
	"1.0":                "HTTP/1.0 200 OK\r\n\r\nuntil the end",
	"1.0 with length":    "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
	"not HTTP":           "220 mail.example.com ready\r\n\r\n",
	"half a version":     "HTTP/1",
	"other version":      "HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n",
	"strange version":    "HTTP/one 200 OK\r\n\r\n",
	"no status":          "HTTP/1.1 OK\r\n\r\n",
	"long status":        "HTTP/1.1 2000 OK\r\n\r\n",
	"folded first":       "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
	"no colon":           "HTTP/1.1 200 OK\r\nheader\r\n\r\n",
	"space before colon": "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nfirst",
	"NUL in a header":    "HTTP/1.1 200 OK\r\nA: b\x00c\r\nContent-Length: 0\r\n\r\n",
	"lengths differ":     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
	"negative length":    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	"strange length":     "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nfirst",
	"length and chunks":  "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
	"strange encoding":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
	"broken chunk":       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
	"broken trailer":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nno colon\r\n\r\n",
	"too short":          "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst",
	"line feed first":    "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"huge header":        "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("v", 100<<10) + "\r\n\r\n",
	"many headers":       "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20_000) + "\r\n",
	"flood of 1xx":       strings.Repeat("HTTP/1.1 100 Continue\r\nA: "+strings.Repeat("v", 500)+"\r\n\r\n", 200),
	"flood, then 200":    strings.Repeat("HTTP/1.1 103 Early Hints\r\nA: "+strings.Repeat("v", 500)+"\r\n\r\n", 200) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"only 1xx":           "HTTP/1.1 100 Continue\r\n\r\n",
	"101":                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
	"large body":         "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("a", 100_000),
}

// lateBytes are what servers send after an answer.
var lateBytes = []string{
	"ok", "\r\n", "\x00", "0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray",
	"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 100 Continue\r\n\r\n",
}

func allScripts() (scripts []*script) {
	add := func(s script) { scripts = append(scripts, &s) }
	for name, answer := range wholeAnswers {
		for _, end := range []ending{leave, shut, reset, half} {
			add(script{name: name, answer: answer, end: end})
		}
		for _, end := range []ending{leave, shut, truncate} {
			add(script{name: name, answer: answer, end: end, tls: tls.VersionTLS13})
		}
		for _, late := range lateBytes {
			add(script{name: name, answer: answer, end: leave, late: late, when: later})
		}
		add(script{name: name, answer: answer, end: leave, late: "surplus", when: together})
		add(script{name: name, answer: answer, end: leave, late: lateBytes[4], when: together, tls: tls.VersionTLS12})
		add(script{name: name, answer: answer, end: leave, late: "ok", when: later, tls: tls.VersionTLS13})
		// What comes after the next request is told from its answer if it isn't one.
		for _, late := range []string{"ok", "\r\n", "0\r\n\r\n", lateBytes[6]} {
			add(script{name: name, answer: answer, end: leave, late: late, when: meanwhile})
		}
	}
	for name, answer := range brokenAnswers {
		for _, end := range []ending{shut, reset, half} {
			add(script{name: name, answer: answer, end: end})
		}
		add(script{name: name, answer: answer, end: shut, tls: tls.VersionTLS13})
		add(script{name: name, answer: answer, end: truncate, tls: tls.VersionTLS12})
	}
	for _, cut := range []string{"200", "chunked, trailers", "after 100", "500 folded"} {
		answer := wholeAnswers[cut]
		for at := 1; at < len(answer); at += 5 {
			add(script{name: fmt.Sprintf("%s cut at %d", cut, at), answer: answer[:at], end: []ending{shut, reset, half}[at/5%3]})
		}
	}
	for _, stops := range []string{"200", "chunked, trailers"} {
		answer := wholeAnswers[stops]
		add(script{name: stops + " stops", answer: answer[:len(answer)-1], end: wait})
		add(script{name: stops + " stops early", answer: answer[:9], end: wait})
	}
	for _, version := range []uint16{0, tls.VersionTLS13} {
		for _, name := range []string{"200", "204", "410", "chunked", "closing", "429"} {
			for _, end := range []ending{wait, half} {
				add(script{name: "early " + name, answer: wholeAnswers[name], end: end, large: true, tls: version})
			}
		}
		add(script{name: "early 413", answer: "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", end: wait, large: true, tls: version})
		add(script{name: "early nothing", end: wait, large: true, tls: version})
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		add(script{name: "client certificate", tls: version, clients: true, end: shut})
		add(script{name: "close before the request", tls: version, end: fatal})
	}
	return scripts
}

const (
	secondID     = "evt_2"
	secondAnswer = "HTTP/1.1 299 Second\r\nContent-Length: 6\r\n\r\nsecond"
)

// judgement is what must be the same.
type judgement struct {
	Outcome   bot9.OutcomeClass
	Status    int
	Body      string
	Truncated bool
	Wait      time.Duration
}

func verdictOf(a *bot9.Attempt) judgement {
	return judgement{a.Outcome, a.ResponseStatus, a.ResponseBody, a.Truncated, a.RetryAfter}
}

func (s *script) check(t *testing.T, certificate tls.Certificate, trusted *x509.CertPool) {
	first := request()
	if s.large {
		first.Body = bytes.Repeat([]byte("a"), 8<<20)
	}
	timeout := 20 * time.Second
	if s.end == wait && (!s.large || s.answer == "") {
		timeout = 500 * time.Millisecond // the one that the verdict is about
	}

	reference := s.serve(t, certificate)
	want := overNetHTTP(t, reference.url(), first, trusted, timeout)
	reference.judged()

	server := s.serve(t, certificate)
	sender := newSender(t, Options{RootCAs: trusted})
	endpoint := prepare(t, sender, server.url())
	endpoint.timeout = timeout
	attempt := sender.Send(t.Context(), endpoint, first)
	if diff := cmp.Diff(want, verdictOf(&attempt)); diff != "" {
		t.Errorf("-net/http +sender:\n%s%s", diff, attempt.Error)
	}
	if s.clients || s.end == fatal {
		return // the second request gets no further
	}
	server.judged()
	rested(sender)
	second := request()
	second.MessageID = secondID
	endpoint.timeout = 20 * time.Second
	next := sender.Send(t.Context(), endpoint, second)
	if next.ResponseStatus != 299 || next.ResponseBody != "second" || next.Outcome != bot9.OutcomeSuccess {
		t.Errorf("the next event got another's answer: %s %d %q: %s", next.Outcome, next.ResponseStatus, next.ResponseBody, next.Error)
	}
}

// overNetHTTP is the verdict of net/http with a connection of its own.
func overNetHTTP(t *testing.T, target string, r Request, trusted *x509.CertPool, timeout time.Duration) judgement {
	t.Helper()
	transport := &http.Transport{MaxResponseHeaderBytes: maxAnswerHeader, DisableCompression: true, TLSClientConfig: &tls.Config{RootCAs: trusted}}
	defer transport.CloseIdleConnections()
	watch := newStopwatch()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		TLSHandshakeStart: watch.tlsStart, TLSHandshakeDone: watch.tlsDone,
		GotConn: watch.gotConn, WroteRequest: watch.wroteRequest, GotFirstResponseByte: watch.gotFirstByte,
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(headerID, r.MessageID)
	var attempt bot9.Attempt
	answer, err := transport.RoundTrip(request)
	if err == nil {
		_, err = receive(&attempt, answer, time.Now())
	}
	if err != nil {
		f := failure{err: err, endpoint: &Endpoint{target: request.URL, timeout: timeout}, expired: ctx.Err() != nil, phase: watch.phase(), status: attempt.ResponseStatus}
		attempt.Outcome, attempt.Error = f.explain()
	}
	return verdictOf(&attempt)
}

// scripted is a server that plays a script.
type scripted struct {
	*script
	listener net.Listener
	security *tls.Config
	verdict  chan struct{} // closed once the client has come to its verdict
	over     chan struct{} // closed once the late bytes are sent
	isOver   sync.Once
	end      chan struct{} // closed at the end of the test
}

func (s *script) serve(t *testing.T, certificate tls.Certificate) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &scripted{
		script: s, listener: listener, verdict: make(chan struct{}), over: make(chan struct{}), end: make(chan struct{}),
		security: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: s.tls, MaxVersion: s.tls},
	}
	if s.clients {
		server.security.ClientAuth = tls.RequireAnyClientCert
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { server.play(conn.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		close(server.end)
		listener.Close()
		serving.Wait()
	})
	return server
}

func (s *scripted) url() string {
	if s.tls != 0 {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}

// judged tells the server that the client has come to its verdict, and waits until late bytes are sent.
func (s *scripted) judged() {
	close(s.verdict)
	if s.when == later {
		<-s.over
	}
}

// corked holds back what is written until something more is.
type corked struct {
	net.Conn
	hold bool
	held []byte
}

func (c *corked) Write(p []byte) (int, error) {
	c.held = append(c.held, p...)
	if !c.hold {
		_, err := c.Conn.Write(c.held)
		c.held = nil
		return len(p), err
	}
	return len(p), nil
}

// play serves one connection.
func (s *scripted) play(tcp *net.TCPConn) {
	defer tcp.Close()
	go func() {
		<-s.end
		tcp.Close()
	}()
	_ = tcp.SetReadBuffer(32 << 10) // so that a large request doesn't fit
	conn := net.Conn(tcp)
	corked := &corked{Conn: tcp}
	if s.tls != 0 {
		secured := tls.Server(corked, s.security)
		if secured.Handshake() != nil {
			return
		}
		conn = secured
	}
	if s.script.end == fatal {
		conn.Close()
		return
	}
	reader := bufio.NewReader(conn)
	for played := false; ; {
		r, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if r.Header.Get(headerID) == secondID {
			_, _ = io.Copy(io.Discard, r.Body)
			if played && s.when == meanwhile {
				_, _ = io.WriteString(conn, s.late)
			}
			_, _ = io.WriteString(conn, secondAnswer)
			continue
		}
		played = true
		if !s.large {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		if !s.respond(tcp, corked, conn) {
			return
		}
	}
}

// respond answers the first request, and tells whether the connection is to be served further.
func (s *scripted) respond(tcp *net.TCPConn, corked *corked, conn net.Conn) bool {
	switch {
	case s.when == together && s.tls != 0: // in TLS records of their own, in one packet
		corked.hold = true
		_, _ = io.WriteString(conn, s.answer)
		corked.hold = false
		_, _ = io.WriteString(conn, s.late)
	case s.when == together:
		_, _ = io.WriteString(conn, s.answer+s.late)
	default:
		_, _ = io.WriteString(conn, s.answer)
	}
	switch s.script.end {
	case leave:
	case shut:
		conn.Close()
		return false
	case reset:
		_ = tcp.SetLinger(0)
		return false
	case truncate:
		return false
	case half:
		if secured, ok := conn.(*tls.Conn); ok {
			_ = secured.CloseWrite()
		}
		_ = tcp.CloseWrite()
		<-s.verdict
		return false
	case wait:
		<-s.verdict
		return false
	}
	if s.when == later {
		<-s.verdict
		_, _ = io.WriteString(conn, s.late)
		s.isOver.Do(func() { close(s.over) })
	}
	return true
}
