package webhook

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func checkFailure(t *testing.T, attempt bot9.Attempt, outcome bot9.OutcomeClass, says string) {
	t.Helper()
	if attempt.Outcome != outcome || !strings.Contains(attempt.Error, says) {
		t.Errorf("%s: %q, want %s: %q", attempt.Outcome, attempt.Error, outcome, says)
	}
}

func TestTimeoutInEveryPhase(t *testing.T) {
	big := make([]byte, 64<<20)
	stop := make(chan struct{})
	for name, tc := range map[string]struct {
		scheme string
		handle func(net.Conn)
		body   []byte
		says   string
	}{
		"TLS":     {"https", silent, testBody, "The TLS handshake with 127.0.0.1"},
		"request": {"http", func(conn net.Conn) { readSome(conn); <-stop }, big, "did not take in the request"},
		"answer":  {"http", silent, testBody, "did not answer within"},
		"body": {"http", func(conn net.Conn) {
			readRequest(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")
			silent(conn)
		}, testBody, "did not finish its answer within"},
	} {
		t.Run(name, func(t *testing.T) {
			address := serveRaw(t, tc.handle)
			sender := newSender(t, Options{})
			endpoint := prepare(t, sender, tc.scheme+"://"+address)
			endpoint.timeout = 200 * time.Millisecond
			r := request()
			r.Body = tc.body
			checkFailure(t, sender.Send(t.Context(), endpoint, r), bot9.OutcomeTimeout, tc.says)
			if name == "request" {
				close(stop)
			}
		})
	}
}

func TestTimeoutWhileDialling(t *testing.T) {
	ours, theirs := net.Pipe() // a name server that never answers
	defer theirs.Close()
	resolver := &net.Resolver{PreferGo: true, Dial: onceConn(ours)}
	sender := newSender(t, Options{Resolver: resolver})
	endpoint := prepare(t, sender, "https://hooks.example.com/")
	endpoint.timeout = 150 * time.Millisecond
	checkFailure(t, sender.Send(t.Context(), endpoint, request()), bot9.OutcomeTimeout, "No connection to hooks.example.com could be made")
}

func TestNameWithoutAddress(t *testing.T) {
	for rcode, says := range map[byte]string{3: "No address was found for the name hooks.example.com.", 2: "The name server gave no answer for the name hooks.example.com."} {
		sender := newSender(t, Options{Resolver: fakeDNS([4]byte{}, rcode)})
		attempt := sender.Send(t.Context(), prepare(t, sender, "https://hooks.example.com:8443/"), request())
		checkFailure(t, attempt, bot9.OutcomeDNS, says)
	}
}

func TestNameThatLeadsInside(t *testing.T) {
	for _, tc := range []struct {
		address [4]byte
		allow   []string
		url     string
		says    string
	}{
		{[4]byte{127, 0, 0, 1}, nil, "https://hooks.example.com/", "not public"},
		{[4]byte{10, 0, 0, 1}, []string{"127.0.0.0/8"}, "https://hooks.example.com/", "not public"},
		{[4]byte{168, 63, 129, 16}, nil, "https://hooks.example.com/", "not public"},
		{[4]byte{169, 254, 169, 254}, nil, "https://hooks.example.com/", "not public"},
		{[4]byte{8, 8, 8, 8}, []string{"127.0.0.0/8"}, "http://hooks.example.com/", "Plain HTTP"},
		{[4]byte{10, 0, 0, 1}, []string{"127.0.0.0/8"}, "http://hooks.example.com/", "not public"},
	} {
		sender := newSender(t, Options{Guard: mustGuard(t, tc.allow), Resolver: fakeDNS(tc.address, 0)})
		attempt := sender.Send(t.Context(), prepare(t, sender, tc.url), request())
		checkFailure(t, attempt, bot9.OutcomeBlocked, tc.says)
	}
}

func TestAllowedNameMayLeadInside(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, guard := range []*Guard{
		mustGuard(t, []string{"hooks.example.com"}),
		mustGuard(t, []string{"hooks.example.com:" + port}),
		mustGuard(t, []string{"127.0.0.0/8"}),
		mustGuard(t, nil, "hooks.example.com:"+port),
	} {
		sender := newSender(t, Options{Guard: guard, Resolver: fakeDNS([4]byte{127, 0, 0, 1}, 0)})
		attempt := sender.Send(t.Context(), prepare(t, sender, "http://hooks.example.com:"+port+"/receiver/x"), request())
		checkFailure(t, attempt, bot9.OutcomeSuccess, "")
		if attempt.Timing.DNSMs <= 0 || attempt.Timing.ConnectMs <= 0 {
			t.Errorf("the dial's times are missing: %+v", attempt.Timing)
		}
	}
}

func TestConnectionRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	sender := newSender(t, Options{})
	checkFailure(t, sender.Send(t.Context(), prepare(t, sender, "http://"+address), request()), bot9.OutcomeConnect, "The connection to "+address+" was refused")
}

func TestCertificates(t *testing.T) {
	now := time.Now()
	day := 24 * time.Hour
	for name, tc := range map[string]struct {
		host        string
		from, until time.Time
		trusted     bool
		outcome     bot9.OutcomeClass
		says        string
	}{
		"good":        {"127.0.0.1", now.Add(-day), now.Add(day), true, bot9.OutcomeSuccess, ""},
		"self-signed": {"127.0.0.1", now.Add(-day), now.Add(day), false, bot9.OutcomeTLS, "not signed by an authority"},
		"expired":     {"127.0.0.1", now.Add(-2 * day), now.Add(-day), true, bot9.OutcomeTLS, "The certificate expired on " + now.Add(-day).UTC().Format("2006-01-02 15:04")},
		"too early":   {"127.0.0.1", now.Add(day), now.Add(2 * day), true, bot9.OutcomeTLS, "not valid before"},
		"other name":  {"other.example", now.Add(-day), now.Add(day), true, bot9.OutcomeTLS, "The certificate is not for the name 127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			certificate, pool := selfSigned(t, tc.host, tc.from, tc.until)
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			server.Config.ErrorLog = discardLog
			server.StartTLS()
			defer server.Close()
			options := Options{}
			if tc.trusted {
				options.RootCAs = pool
			}
			sender := newSender(t, options)
			checkFailure(t, sender.Send(t.Context(), prepare(t, sender, server.URL), request()), tc.outcome, tc.says)
		})
	}
}

func TestTLSFailures(t *testing.T) {
	certificate, pool := selfSigned(t, "127.0.0.1", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	for name, tc := range map[string]struct {
		handle func(net.Conn)
		says   string
	}{
		"plain HTTP": {func(conn net.Conn) {
			readSome(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}, "doesn't speak TLS"},
		"other":  {func(conn net.Conn) { readSome(conn); _, _ = io.WriteString(conn, "220 mail ready\r\n") }, "doesn't speak TLS"},
		"closed": {func(conn net.Conn) { readSome(conn) }, "The TLS handshake failed"},
		"only TLS 1.1": {func(conn net.Conn) {
			_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}).Handshake()
			silent(conn)
		}, "protocol version"},
		"client certificate, TLS 1.3": {demandCertificate(certificate, tls.VersionTLS13), "demands a client certificate"},
		"client certificate, TLS 1.2": {demandCertificate(certificate, tls.VersionTLS12), "or demands a client certificate"},
		"unknown name": {func(conn net.Conn) {
			readSome(conn)
			_, _ = conn.Write([]byte{21, 3, 3, 0, 2, 2, 112}) // a fatal alert, RFC 8446 §6
		}, "serves no site of that name"},
	} {
		t.Run(name, func(t *testing.T) {
			sender := newSender(t, Options{RootCAs: pool})
			endpoint := prepare(t, sender, "https://"+serveRaw(t, tc.handle))
			checkFailure(t, sender.Send(t.Context(), endpoint, request()), bot9.OutcomeTLS, tc.says)
		})
	}
}

// demandCertificate serves TLS to clients that have a certificate. With TLS 1.3 those that have none
// are told after their side of the handshake is done.
func demandCertificate(own tls.Certificate, version uint16) func(net.Conn) {
	return func(conn net.Conn) {
		secured := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAnyClientCert, MinVersion: version, MaxVersion: version})
		if secured.Handshake() != nil {
			silent(conn)
		}
	}
}

func TestBrokenAnswers(t *testing.T) {
	reset := func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }
	for name, tc := range map[string]struct {
		answer string
		reset  bool
		says   string
	}{
		"closed":            {"", false, "closed the connection without an answer"},
		"reset":             {"", true, "closed the connection without an answer"},
		"half a head":       {"HTTP/1.1 200 OK\r\nA: b", false, "closed the connection without an answer"},
		"reset mid-answer":  {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", true, "answered 200, but its answer broke off"},
		"short":             {"HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nabc", false, "answered 500, but its answer broke off"},
		"chunked short":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", false, "broke off"},
		"not HTTP":          {"220 mail ready\r\n\r\n", false, "is not valid HTTP"},
		"broken header":     {"HTTP/1.1 200 OK\r\n bad\x00 header\r\n\r\n", false, "is not valid HTTP"},
		"two lengths":       {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", false, "is not valid HTTP"},
		"endless 1xx heads": {strings.Repeat("HTTP/1.1 103 Early Hints\r\nA: "+strings.Repeat("v", 1000)+"\r\n\r\n", 100), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			address := serveRaw(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, tc.answer)
				if tc.reset {
					reset(conn)
				}
			})
			sender := newSender(t, Options{})
			attempt := sender.Send(t.Context(), prepare(t, sender, "http://"+address), request())
			checkFailure(t, attempt, bot9.OutcomeProtocol, tc.says)
			if strings.ContainsAny(attempt.Error, "\x00") {
				t.Errorf("not storable: %q", attempt.Error)
			}
			if strings.HasSuffix(tc.answer, "9\r\n\r\nabc") && !tc.reset && attempt.ResponseBody != "abc" {
				t.Errorf("what came must be kept: %q", attempt.ResponseBody)
			}
		})
	}
}
