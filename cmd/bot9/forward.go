package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bot9/bot9/client"
	"github.com/bot9/bot9/internal/webhook"
)

const (
	forwardTimeout = 15 * time.Second // as a webhook's
	maxForwardBody = 16 << 10         // bytes of an answer that are read
)

// brokenTries bounds the attempts at an event on which the local server breaks off, or sends back what isn't
// HTTP. It is up, so waiting for it to come back would be in vain.
const brokenTries = 5

// downWaits is how long to wait before each further try while the local server is down; the last
// one holds for all further.
var downWaits = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}

// forwarder posts events to a local server as webhooks would, one after the other, so that every
// conversation is in order.
type forwarder struct {
	target, host string
	secret       string
	key          webhook.Key
	http         *http.Client
	pause        func(context.Context, time.Duration) error
}

// forwarded is what came of an event that was forwarded.
type forwarded struct {
	Status     int     `json:"status,omitempty"` // 0 if there was no answer within the time limit
	Error      string  `json:"error,omitempty"`
	PassedOver bool    `json:"passedOver,omitempty"` // given up after brokenTries without an answer
	Body       string  `json:"body,omitempty"`       // of an answer that isn't a success
	DurationMs float64 `json:"durationMs"`
	Attempt    int     `json:"attempt"`
}

// String is the answer in short.
func (a *forwarded) String() string {
	took := fmt.Sprintf("%.0f ms", a.DurationMs)
	if a.Attempt > 1 {
		took += fmt.Sprintf(", attempt %d", a.Attempt)
	}
	switch {
	case a.PassedOver:
		return red.Render("→ "+printable(a.Error)+"; passed over") + "  " + took
	case a.Status == 0:
		return red.Render("→ "+printable(a.Error)) + "  " + took
	case a.Status < 200 || a.Status > 299:
		refused := red.Render(fmt.Sprintf("→ %d", a.Status)) + "  " + took
		if a.Body == "" {
			return refused
		}
		return refused + "  " + faint.Render(short(a.Body, 80))
	}
	return green.Render(fmt.Sprintf("→ %d", a.Status)) + "  " + took
}

func forwardingClient(skipVerify bool) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// A local server that restarts leaves dead connections behind; here a new one costs nothing.
	transport.DisableKeepAlives = true
	if skipVerify {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // asked for, and for this target only
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // webhooks don't follow redirects either
	}}
}

// send posts an event until the local server answers; while it is down it tries again, and says so
// through onTrouble. An answer is final, whatever it is. A server that is up and gives none is tried
// brokenTries times, and the event is then passed over.
func (f *forwarder) send(ctx context.Context, event client.Event, onTrouble func(reason error, down bool, wait time.Duration)) (forwarded, error) {
	broken := 0
	for attempt := 1; ; attempt++ {
		answer, err := f.post(ctx, event, attempt)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return answer, ctx.Err()
		}
		if err := f.misconfigured(err); err != nil {
			return answer, err
		}
		reason := downReason(err)
		if !isDown(err) {
			if broken++; broken == brokenTries {
				answer.Status, answer.Error, answer.PassedOver = 0, reason.Error(), true
				return answer, nil
			}
		}
		wait := downWaits[min(attempt, len(downWaits))-1]
		onTrouble(reason, isDown(err), wait)
		if err := f.pause(ctx, wait); err != nil {
			return answer, err
		}
	}
}

// post makes one attempt. An error means that there was no answer: the local server is down, or broke off.
func (f *forwarder) post(ctx context.Context, event client.Event, attempt int) (forwarded, error) {
	answer := forwarded{Attempt: attempt}
	start := time.Now()
	timed, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(timed, http.MethodPost, f.target, bytes.NewReader(event.Envelope))
	if err != nil {
		return answer, err
	}
	now := start.Unix()
	request.Header = http.Header{
		"Content-Type":      {"application/json"},
		"User-Agent":        {"Bot9-Webhooks/" + version},
		"Webhook-Id":        {event.ID},
		"Webhook-Timestamp": {strconv.FormatInt(now, 10)},
		"Webhook-Signature": {string(webhook.Sign(nil, []webhook.Key{f.key}, event.ID, now, event.Envelope))},
		"Bot9-Event":        {event.Type},
		"Bot9-Attempt":      {strconv.Itoa(attempt)},
	}
	var body []byte
	response, err := f.http.Do(request)
	if err == nil {
		defer response.Body.Close()
		answer.Status = response.StatusCode
		body, err = io.ReadAll(io.LimitReader(response.Body, maxForwardBody))
	}
	answer.DurationMs = float64(time.Since(start).Microseconds()) / 1000
	if errors.Is(timed.Err(), context.DeadlineExceeded) {
		answer.Status, answer.Error = 0, fmt.Sprintf("no answer within %s", forwardTimeout)
		return answer, nil
	}
	if err != nil {
		return answer, err
	}
	if answer.Status < 200 || answer.Status > 299 {
		answer.Body = string(body)
	}
	return answer, nil
}

// isDown tells whether there was no connection.
func isDown(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// misconfigured returns an error that says what to do, if waiting can't help: the target's certificate isn't
// trusted, or the URL has the wrong scheme.
func (f *forwarder) misconfigured(err error) error {
	if untrusted, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return usagef("the certificate of %s is not trusted (%s); add --skip-verify to accept any, or forward to http://… if the server can do without TLS",
			f.host, strings.TrimPrefix(untrusted.Err.Error(), "x509: "))
	}
	_, notTLS := errors.AsType[tls.RecordHeaderError](err)
	if notTLS || errors.Is(err, http.ErrSchemeMismatch) {
		return usagef("%s doesn't speak TLS; forward to http://… instead of https://…", f.host)
	}
	return nil
}

// downReason says in few words why there was no answer.
func downReason(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return errors.New("connection refused")
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("no address for %s", dns.Name)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("it broke the connection off")
	}
	if strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "bad ") {
		return errors.New("its answer is not valid HTTP")
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
