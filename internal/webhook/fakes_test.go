package webhook

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

var testBody = []byte(`{"event":"messageReceived","data":{"message":"Hello"},"id":"evt_1"}`)

// newSender makes a sender that may reach the loopback.
func newSender(tb testing.TB, options Options) *Sender {
	tb.Helper()
	if options.Guard == nil {
		options.Guard = mustGuard(tb, []string{"127.0.0.0/8"})
	}
	options.Version = "1.2.3"
	sender := New(options)
	tb.Cleanup(sender.Close)
	return sender
}

func prepare(tb testing.TB, sender *Sender, url string, change ...func(*bot9.Webhook)) *Endpoint {
	tb.Helper()
	w := goodWebhook()
	w.URL = url
	for _, apply := range change {
		apply(w)
	}
	endpoint, err := sender.Prepare(w)
	if err != nil {
		tb.Fatal(err)
	}
	return endpoint
}

func request() Request {
	return Request{DeliveryID: 1<<40 + 1, AttemptNumber: 3, EventType: "messageReceived", MessageID: "evt_1", Body: testBody}
}

// sendTo sends one delivery to a handler behind plain HTTP.
func sendTo(t *testing.T, handler http.HandlerFunc) bot9.Attempt {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	sender := newSender(t, Options{})
	return sender.Send(t.Context(), prepare(t, sender, server.URL), request())
}

// serveRaw runs handle for every connection to a TCP listener and returns its host:port.
func serveRaw(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				handle(conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return listener.Addr().String()
}

// readRequest reads a request with its body, as a raw server does.
func readRequest(conn net.Conn) {
	if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// readSome reads the beginning of what comes.
func readSome(conn net.Conn) { _, _ = conn.Read(make([]byte, 1024)) }

// silent reads whatever comes and never answers, until the connection is closed.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// selfSigned makes a certificate for host that is valid in [from, until), and the pool that trusts it.
func selfSigned(t *testing.T, host string, from, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: from, NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// fakeDNS is a resolver that knows one IPv4 address for every name, or, with rcode set, none.
func fakeDNS(address [4]byte, rcode byte) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe() // no PacketConn, so messages come with their length, as over TCP
		go func() {
			defer theirs.Close()
			var size [2]byte
			for {
				if _, err := io.ReadFull(theirs, size[:]); err != nil {
					return
				}
				query := make([]byte, binary.BigEndian.Uint16(size[:]))
				if _, err := io.ReadFull(theirs, query); err != nil {
					return
				}
				answer := answerDNS(query, address, rcode)
				if _, err := theirs.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}}
}

// answerDNS answers one question (RFC 1035 §4.1).
func answerDNS(query []byte, address [4]byte, rcode byte) []byte {
	end := 12
	for query[end] != 0 {
		end += int(query[end]) + 1
	}
	end += 5
	answer := append([]byte{}, query[:end]...)
	isA := query[end-3] == 1
	copy(answer[2:], []byte{0x81, 0x80 | rcode, 0, 1, 0, 0, 0, 0, 0, 0})
	if rcode == 0 && isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
		answer = append(answer, address[:]...)
	}
	return answer
}
