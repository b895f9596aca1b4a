package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// The tuning of connections. Keeping them decides what a delivery costs: 30 µs of CPU on a kept
// connection, 150 on a new one, 900 on a new one with TLS.
const (
	maxIdleConns        = 8192
	maxIdleConnsPerHost = 256
	idleConnTimeout     = 75 * time.Second
	maxAnswerHeader     = 64 << 10 // bytes of an answer's headers; beyond, it is refused
	tlsSessions         = 1024
	pingAfter           = 15 * time.Second // of silence on an HTTP/2 connection
	maxReplays          = 2                // per attempt, each on another connection
)

// Options are what a Sender needs.
type Options struct {
	Guard   *Guard
	Version string           // of Bot9, for the user agent
	Clock   func() time.Time // time.Now if nil

	Resolver *net.Resolver  // the system's if nil
	RootCAs  *x509.CertPool // the system's if nil
}

// Sender sends deliveries. It is safe for concurrent use.
type Sender struct {
	guard         *Guard
	transport     *http.Transport // for https, until it is known that an endpoint speaks HTTP/1.1 only
	http1         sync.Map        // host:port of those of which that is known
	secure, plain *connections
	userAgent     string
	clock         func() time.Time
}

// Request is one attempt to be made.
type Request struct {
	DeliveryID    bot9.DeliveryID
	AttemptNumber int // 1 for the first
	EventType     string
	MessageID     string // the event's ID, the same at every attempt
	Body          []byte // the envelope; never to be changed, since net/http may read on after Send
}

// New makes a Sender.
func New(options Options) *Sender {
	s := &Sender{
		guard:     options.Guard,
		userAgent: "Bot9-Webhooks/" + options.Version,
		clock:     options.Clock,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	security := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            options.RootCAs,
		ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
	}
	dial := options.Guard.dialer(options.Resolver, false)
	s.transport = newTransport(dial, security)
	s.secure = &connections{dial: dial, secure: security.Clone(), idle: map[string][]*connection{}}
	s.secure.secure.NextProtos = []string{"http/1.1"}
	s.plain = &connections{dial: options.Guard.dialer(options.Resolver, true), idle: map[string][]*connection{}}
	return s
}

func newTransport(dial func(ctx context.Context, network, address string) (net.Conn, error), security *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:                  nil, // a proxy would see the target, and the guard only the proxy
		DialContext:            dial,
		TLSClientConfig:        security,
		DisableCompression:     true, // else a small answer could unfold into a huge one
		MaxIdleConns:           maxIdleConns,
		MaxIdleConnsPerHost:    maxIdleConnsPerHost,
		IdleConnTimeout:        idleConnTimeout,
		TLSHandshakeTimeout:    bot9.MaxTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
	}
}

// Close drops the kept connections. Sends under way end as they would have.
func (s *Sender) Close() {
	s.transport.CloseIdleConnections()
	s.secure.close()
	s.plain.close()
}

// Send makes one attempt. Whatever happens is told by the attempt: its outcome, and its error in
// words for people. Only the attempt's ID is left to be filled in.
//
// The endpoint's time limit is for everything, from the name's resolution to the answer's last
// byte. When ctx ends before, the outcome is canceled.
func (s *Sender) Send(ctx context.Context, e *Endpoint, r Request) bot9.Attempt {
	now := s.clock()
	attempt := bot9.Attempt{
		DeliveryID: r.DeliveryID,
		Number:     r.AttemptNumber,
		StartedAt:  bot9.At(now),
		URL:        e.rawURL,
	}
	keys := e.keys(attempt.StartedAt)
	if len(keys) == 0 {
		attempt.Outcome = bot9.OutcomeBadWebhook
		attempt.Error = "The webhook has no valid secret to sign with. Rotate its secret."
		return attempt
	}
	x := &exchange{endpoint: e, heading: e.sign(&attempt, keys, r, now.Unix()), body: r.Body, attempt: &attempt, watch: newStopwatch()}
	x.deadline = x.watch.started.Add(e.timeout)
	over := s.overTransport
	if s.speaksHTTP1(e) {
		over = s.overConnection
	}
	expired, err := over(ctx, x)
	attempt.DurationMs = x.watch.elapsed()
	attempt.Timing = x.watch.timing()
	if err != nil {
		f := failure{err: err, endpoint: e, canceled: ctx.Err() != nil, expired: expired, phase: x.watch.phase(), status: attempt.ResponseStatus}
		attempt.Outcome, attempt.Error = f.explain()
	}
	return attempt
}

// exchange is a request on its way, and what is learned of its answer.
type exchange struct {
	endpoint *Endpoint
	heading  *heading
	body     []byte
	deadline time.Time
	attempt  *bot9.Attempt
	watch    *stopwatch
}

// speaksHTTP1 tells whether the endpoint is known to speak nothing newer. Others may offer HTTP/2.
func (s *Sender) speaksHTTP1(e *Endpoint) bool {
	if e.target.Scheme == "http" {
		return true
	}
	_, known := s.http1.Load(e.address)
	return known
}

// overTransport makes the exchange by net/http's transport. expired tells whether the time limit is
// over.
func (s *Sender) overTransport(ctx context.Context, x *exchange) (expired bool, err error) {
	limited, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	answer, err := s.transport.RoundTrip(newRequest(x.watch.trace(limited), x))
	if err == nil {
		if answer.ProtoMajor == 1 {
			s.http1.Store(x.endpoint.address, struct{}{})
		}
		_, err = receive(x.attempt, answer, s.clock())
		_ = answer.Body.Close() // reading has told what there is to know
	}
	return limited.Err() != nil, err
}

// overConnection makes the exchange on a kept connection, or on a new one.
func (s *Sender) overConnection(ctx context.Context, x *exchange) (expired bool, err error) {
	target := x.endpoint.target
	kept := s.secure
	if target.Scheme == "http" {
		kept = s.plain
	}
	if c := kept.take(x.endpoint.address); c != nil {
		err = s.onConnection(ctx, kept, c, x)
		if !errors.Is(err, errDeadConnection) || ctx.Err() != nil {
			return !time.Now().Before(x.deadline), err
		}
		kept.drop(x.endpoint.address) // the others are likely to be dead too
	}
	limited, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	c, err := kept.open(limited, x.watch, x.endpoint.address, target.Hostname())
	if err == nil {
		err = s.onConnection(ctx, kept, c, x)
	}
	return !time.Now().Before(x.deadline), err
}

// onConnection makes the exchange on the connection, and keeps it if it can be used again.
func (s *Sender) onConnection(ctx context.Context, kept *connections, c *connection, x *exchange) error {
	x.watch.gotConn(httptrace.GotConnInfo{Reused: !c.idleSince.IsZero()})
	if err := c.conn.SetDeadline(x.deadline); err != nil {
		return errors.Join(errDeadConnection, err, c.conn.Close())
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Now()) })
	answer, err := c.send(x)
	whole := false
	if err == nil {
		whole, err = receive(x.attempt, answer, s.clock())
	}
	if stop() && err == nil && whole && !answer.Close && answer.StatusCode != http.StatusSwitchingProtocols {
		kept.keep(x.endpoint.address, c)
		return nil
	}
	_ = c.conn.Close() // what there was to know is known
	return err
}

// Refused is the attempt for a webhook that Prepare returned err for.
func (s *Sender) Refused(w *bot9.Webhook, r Request, err error) bot9.Attempt {
	attempt := bot9.Attempt{
		DeliveryID: r.DeliveryID,
		Number:     r.AttemptNumber,
		StartedAt:  bot9.At(s.clock()),
		URL:        w.URL,
		Outcome:    bot9.OutcomeBadWebhook,
		Error:      "The webhook's settings can't be used.",
	}
	if known, ok := errors.AsType[*bot9.Error](err); ok {
		attempt.Error = known.Message
		if known.Code == codeTargetNotAllowed {
			attempt.Outcome = bot9.OutcomeBlocked
		}
	}
	return attempt
}

// sign returns what is the request's own in its headers, and notes in the attempt how people will see
// all of them.
func (e *Endpoint) sign(attempt *bot9.Attempt, keys []Key, r Request, timestamp int64) *heading {
	var buffer [512]byte
	h := &heading{
		id:        r.MessageID,
		timestamp: strconv.FormatInt(timestamp, 10),
		signature: string(Sign(buffer[:0], keys, r.MessageID, timestamp, r.Body)),
		event:     r.EventType,
		attempt:   strconv.Itoa(r.AttemptNumber),
	}
	shown := bot9.AppendHeaderLine(append(buffer[:0], e.shown...), "webhook-signature", h.signature)
	attempt.RequestHeaders = bot9.RequestHeaders{
		Lines: string(shown), MessageID: r.MessageID, WebhookID: e.id, EventType: r.EventType, SentAt: attempt.StartedAt, Attempt: r.AttemptNumber,
	}
	return h
}

// errReplays ends an attempt whose kept connections all turned out to be dead.
var errReplays = errors.New("the endpoint closed several connections without an answer")

// newRequest makes the request without parsing the URL again, as http.NewRequest would.
func newRequest(ctx context.Context, x *exchange) *http.Request {
	e, h, body := x.endpoint, x.heading, x.body
	header := maps.Clone(e.header)
	header[headerID] = []string{h.id}
	header[headerTimestamp] = []string{h.timestamp}
	header[headerSignature] = []string{h.signature}
	header[headerEvent] = []string{h.event}
	header[headerAttempt] = []string{h.attempt}
	replays := 0
	request := http.Request{
		Method:        http.MethodPost,
		URL:           e.target,
		Host:          e.target.Host,
		Header:        header,
		ContentLength: int64(len(body)),
		Body:          newBody(body),
		GetBody: func() (io.ReadCloser, error) {
			if replays++; replays > maxReplays {
				return nil, errReplays
			}
			return newBody(body), nil
		},
	}
	return request.WithContext(ctx)
}

// newBody makes a body that net/http knows to be in memory, so that it sends it together with the
// headers: one packet and one system call, not two.
func newBody(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
