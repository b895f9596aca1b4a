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
	"strconv"
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
	secure, plain *http.Transport
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
	s.plain = newTransport(options, true)
	s.secure = newTransport(options, false)
	return s
}

func newTransport(options Options, plain bool) *http.Transport {
	transport := &http.Transport{
		Proxy:                  nil, // a proxy would see the target, and the guard only the proxy
		DialContext:            options.Guard.dialer(options.Resolver, plain),
		DisableCompression:     true, // else a small answer could unfold into a huge one
		MaxIdleConns:           maxIdleConns,
		MaxIdleConnsPerHost:    maxIdleConnsPerHost,
		IdleConnTimeout:        idleConnTimeout,
		TLSHandshakeTimeout:    bot9.MaxTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
	}
	if !plain {
		transport.ForceAttemptHTTP2 = true
		transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter}
		transport.TLSClientConfig = &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            options.RootCAs,
			ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
		}
	}
	return transport
}

// Close drops the kept connections. Sends under way end as they would have.
func (s *Sender) Close() {
	s.secure.CloseIdleConnections()
	s.plain.CloseIdleConnections()
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
	header := e.sign(&attempt, keys, r, now.Unix())

	limited, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	watch := newStopwatch()
	answer, err := e.transport.RoundTrip(newRequest(watch.trace(limited), e, header, r.Body))
	if err == nil {
		err = receive(&attempt, answer, now)
	}
	attempt.DurationMs = watch.elapsed()
	attempt.Timing = watch.timing()
	if err != nil {
		f := failure{err: err, endpoint: e, parent: ctx, limited: limited, phase: watch.phase(), status: attempt.ResponseStatus}
		attempt.Outcome, attempt.Error = f.explain()
	}
	return attempt
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

// sign returns the request's headers and notes in the attempt how people will see them.
func (e *Endpoint) sign(attempt *bot9.Attempt, keys []Key, r Request, timestamp int64) http.Header {
	var buffer [128]byte
	signature := string(Sign(buffer[:0], keys, r.MessageID, timestamp, r.Body))
	values := []string{
		r.MessageID,
		strconv.FormatInt(timestamp, 10),
		signature,
		r.EventType,
		strconv.Itoa(r.AttemptNumber),
	}
	header := maps.Clone(e.header)
	header[headerID] = values[0:1:1]
	header[headerTimestamp] = values[1:2:2]
	header[headerSignature] = values[2:3:3]
	header[headerEvent] = values[3:4:4]
	header[headerAttempt] = values[4:5:5]

	shown := maps.Clone(e.shown)
	shown["webhook-id"] = values[0]
	shown["webhook-timestamp"] = values[1]
	shown["webhook-signature"] = values[2]
	shown["bot9-event"] = values[3]
	shown["bot9-attempt"] = values[4]
	attempt.RequestHeaders = shown
	return header
}

// errReplays ends an attempt whose kept connections all turned out to be dead.
var errReplays = errors.New("the endpoint closed several connections without an answer")

// newRequest makes the request without parsing the URL again, as http.NewRequest would.
func newRequest(ctx context.Context, e *Endpoint, header http.Header, body []byte) *http.Request {
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
