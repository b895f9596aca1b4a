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
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// The tuning of connections. Keeping them decides what a delivery costs: 30 µs of CPU on a kept
// connection, 150 on a new one, 900 on a new one with TLS.
const (
	maxIdleConns        = 8192
	maxIdleConnsPerPeer = 256
	idleConnTimeout     = 75 * time.Second
	maxAnswerHeader     = 64 << 10 // bytes of an answer's headers; beyond, it is refused
	tlsSessions         = 1024
	pingAfter           = 15 * time.Second // of silence on an HTTP/2 connection
)

// Options are what a Sender needs.
type Options struct {
	Guard   *Guard
	Version string           // of Bot9, for the user agent
	Clock   func() time.Time // time.Now if nil

	MaxConnections int            // open at once, kept or in use; 0 = any number
	Resolver       *net.Resolver  // the system's if nil
	RootCAs        *x509.CertPool // the system's if nil
}

// ownFaultPause is how long an attempt waits that this process could not begin, until it is repeated.
const ownFaultPause = time.Second

// Sender sends deliveries. It is safe for concurrent use.
type Sender struct {
	guard     *Guard
	pool      *pool
	userAgent string
	clock     func() time.Time
}

// Request is one attempt to be made.
type Request struct {
	DeliveryID    bot9.DeliveryID
	AttemptNumber int // 1 for the first
	EventType     string
	MessageID     string // the event's ID, the same at every attempt
	Hops          int    // webhooks that the event came through before this one
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
	s.pool = &pool{
		dial:      options.Guard.dialer(options.Resolver, false),
		dialPlain: options.Guard.dialer(options.Resolver, true),
		security: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            options.RootCAs,
			ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
			NextProtos:         []string{"h2", "http/1.1"},
		},
		http2: newHTTP2(),
		peers: map[bot9.WebhookID]*peer{},
		most:  int64(options.MaxConnections),
	}
	return s
}

// Close drops the kept connections. Sends under way end as they would have.
func (s *Sender) Close() { s.pool.close() }

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
		URL:        e.logURL,
	}
	keys := e.keys(attempt.StartedAt)
	if len(keys) == 0 {
		attempt.Outcome = bot9.OutcomeBadWebhook
		attempt.Error = "The webhook has no valid secret to sign with. Rotate its secret."
		return attempt
	}
	x := &exchange{endpoint: e, heading: e.sign(&attempt, keys, r, now.Unix()), body: r.Body, attempt: &attempt, watch: newStopwatch()}
	x.deadline = x.watch.started.Add(e.timeout)
	expired, err := s.exchange(ctx, x)
	attempt.DurationMs = x.watch.elapsed()
	attempt.Timing = x.watch.timing()
	if err != nil {
		f := failure{err: err, endpoint: e, canceled: ctx.Err() != nil, expired: expired, phase: x.watch.phase(), status: attempt.ResponseStatus}
		if attempt.Outcome, attempt.Error = f.explain(); !f.canceled && attempt.Outcome == bot9.OutcomeCanceled {
			attempt.RetryAfter = ownFaultPause
		}
	}
	e.forget(&attempt)
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

// exchange sends the request on a kept connection, or on a new one. expired tells whether the time
// limit is over. A kept connection that turns out to be dead costs one repetition on a new one;
// webhook-id marks the duplicate, if there is one.
func (s *Sender) exchange(ctx context.Context, x *exchange) (expired bool, err error) {
	peer := x.endpoint.peer
	if shared := s.pool.takeShared(peer); shared != nil {
		expired, err = s.overHTTP2(ctx, shared, true, x)
		if !errors.Is(err, errDeadConnection) || expired || ctx.Err() != nil {
			return expired, err
		}
	} else if c := s.pool.take(peer, x.deadline); c != nil {
		err = s.onConnection(ctx, c, x)
		if !errors.Is(err, errDeadConnection) || ctx.Err() != nil {
			return !time.Now().Before(x.deadline), err
		}
		if errors.Is(err, errStrayBytes) {
			s.pool.distrust(peer)
		} else {
			s.pool.drop(peer) // the others are likely to be dead too
		}
	}
	x.watch.again()
	return s.onNew(ctx, x)
}

// onNew makes the exchange on a new connection.
func (s *Sender) onNew(ctx context.Context, x *exchange) (expired bool, err error) {
	limited, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	c, shared, err := s.pool.open(limited, x.endpoint.peer, x.watch)
	switch {
	case err != nil:
	case shared != nil:
		if !s.pool.keepShared(x.endpoint.peer, shared) {
			defer closeAfterUse(shared)
		}
		return s.overHTTP2(ctx, shared, false, x)
	default:
		if err = c.conn.SetDeadline(x.deadline); err == nil {
			err = s.onConnection(ctx, c, x)
		}
	}
	return !time.Now().Before(x.deadline), err
}

// overHTTP2 makes the exchange on an HTTP/2 connection.
func (s *Sender) overHTTP2(ctx context.Context, c *http.ClientConn, reused bool, x *exchange) (expired bool, err error) {
	limited, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	x.watch.gotConn(httptrace.GotConnInfo{Reused: reused})
	answer, err := c.RoundTrip(newRequest(x.watch.trace(limited), x))
	if err == nil {
		_, err = receive(x.attempt, answer, s.clock())
		_ = answer.Body.Close() // reading has told what there is to know
	} else if reused && x.watch.phase() < phaseRead && (c.Err() != nil || strings.Contains(err.Error(), "REFUSED_STREAM")) {
		err = errors.Join(errDeadConnection, err)
	}
	return limited.Err() != nil, err
}

// onConnection makes the exchange on an HTTP/1.1 connection, and keeps it if it can be used again.
func (s *Sender) onConnection(ctx context.Context, c *connection, x *exchange) error {
	x.watch.gotConn(httptrace.GotConnInfo{Reused: c.reused()})
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Now()) })
	answer, err := c.send(x)
	whole := false
	if err == nil {
		whole, err = receive(x.attempt, answer, s.clock())
	}
	if stop() && err == nil && whole && !answer.Close && answer.StatusCode != http.StatusSwitchingProtocols && c.isWritten() {
		s.pool.keep(x.endpoint.peer, c)
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
		URL:        bot9.MaskURL(w.URL),
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
		hops:      strconv.Itoa(r.Hops + 1),
	}
	shown := bot9.AppendHeaderLine(append(buffer[:0], e.shown...), "webhook-signature", h.signature)
	if r.Hops > 0 {
		shown = bot9.AppendHeaderLine(shown, "bot9-hops", h.hops)
	}
	attempt.RequestHeaders = bot9.RequestHeaders{
		Lines: string(shown), MessageID: r.MessageID, WebhookID: e.id, EventType: r.EventType, SentAt: attempt.StartedAt, Attempt: r.AttemptNumber,
	}
	return h
}

// newRequest makes the request for HTTP/2. Its URL is opaque, so that the path is sent as it was saved.
func newRequest(ctx context.Context, x *exchange) *http.Request {
	e, h, body := x.endpoint, x.heading, x.body
	header := maps.Clone(e.header)
	header[headerID] = []string{h.id}
	header[headerTimestamp] = []string{h.timestamp}
	header[headerSignature] = []string{h.signature}
	header[headerEvent] = []string{h.event}
	header[headerAttempt] = []string{h.attempt}
	header[HeaderHops] = []string{h.hops}
	request := http.Request{
		Method:        http.MethodPost,
		URL:           &url.URL{Scheme: e.target.Scheme, Host: e.target.Host, Opaque: "//" + e.target.Host + e.path},
		Host:          e.target.Host,
		Header:        header,
		ContentLength: int64(len(body)),
		Body:          newBody(body),
	}
	return request.WithContext(ctx)
}

// newBody makes a body that net/http knows to be in memory, so that it sends it together with the
// headers: one packet and one system call, not two.
func newBody(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
