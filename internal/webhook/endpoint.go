package webhook

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const maskedValue = "***"

// Endpoint is a webhook made ready for sending, so that nothing about it is worked out twice. It
// does not change, and is safe for concurrent use: prepare the webhook again when it was changed.
type Endpoint struct {
	id      bot9.WebhookID
	rawURL  string
	logURL  string // without the parts that may be secret
	target  *url.URL
	path    string // with its query, as it was saved
	peer    *peer
	timeout time.Duration
	secrets []preparedSecret
	lasting []Key // the keys, if none of them ever expires

	header http.Header // what is the same in every request, custom headers included
	head   []byte      // the same as text, after the request's line
	echoed []string    // values of custom headers that must not be kept, though the endpoint repeats them
	shown  []byte      // for people to see: header lines of the user agent and the custom headers, these masked
}

type preparedSecret struct {
	key       Key
	expiresAt bot9.Time // 0 = never
}

// Prepare makes a webhook ready for sending. It fails if the guard refuses the URL by now, or a
// setting is broken; Refused tells that as an attempt.
func (s *Sender) Prepare(w *bot9.Webhook) (*Endpoint, error) {
	target, err := s.guard.parseTarget(w.URL)
	if err != nil {
		return nil, err
	}
	if err := CheckHeaders(w.Headers); err != nil {
		return nil, err
	}
	endpoint := &Endpoint{id: w.ID, rawURL: w.URL, logURL: bot9.MaskURL(w.URL), target: target, path: savedPath(w.URL), timeout: w.Timeout()}
	for _, secret := range w.Secrets {
		key, err := ParseSecret(secret.Text)
		if err != nil {
			return nil, err
		}
		if secret.SigningKey != "" && slices.Contains(w.Signatures, bot9.SignatureV1a) {
			if key, err = key.WithSigningKey(secret.SigningKey); err != nil {
				return nil, err
			}
		}
		endpoint.secrets = append(endpoint.secrets, preparedSecret{key, secret.ExpiresAt})
	}
	endpoint.lasting = endpoint.lastingKeys()
	endpoint.prepareHeaders(w, s.userAgent)
	endpoint.peer = s.pool.peer(endpoint)
	return endpoint, nil
}

func (e *Endpoint) prepareHeaders(w *bot9.Webhook, userAgent string) {
	e.header = http.Header{
		"Content-Type":  {"application/json"},
		"User-Agent":    {userAgent},
		HeaderWebhookID: {w.ID.String()},
	}
	e.shown = bot9.AppendHeaderLine(nil, "user-agent", userAgent)
	for name, value := range w.Headers {
		e.header[textproto.CanonicalMIMEHeaderKey(name)] = []string{value}
		e.shown = bot9.AppendHeaderLine(e.shown, strings.ToLower(name), maskedValue)
		e.echoed = append(e.echoed, secretsIn(value)...)
	}
	e.head = fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\n", e.path, e.target.Host)
	for _, name := range slices.Sorted(maps.Keys(e.header)) {
		e.head = fmt.Appendf(e.head, "%s: %s\r\n", name, e.header[name][0])
	}
}

// minSecretChars is the shortest part of a header's value that is looked for in answers: a shorter one
// is no secret, and in too many texts by chance.
const minSecretChars = 8

// secretsIn returns what of a header's value must not show: all of it, and what follows a scheme such as
// Bearer.
func secretsIn(value string) (secrets []string) {
	for _, part := range append([]string{value}, strings.Fields(value)...) {
		if len(part) >= minSecretChars && !slices.Contains(secrets, part) {
			secrets = append(secrets, part)
		}
	}
	return secrets
}

// forget masks the values of custom headers in an answer that repeats them, as an endpoint for trying
// things out does: what is kept is shown to people who may not read them.
func (e *Endpoint) forget(attempt *bot9.Attempt) {
	for _, secret := range e.echoed {
		attempt.ResponseBody = strings.ReplaceAll(attempt.ResponseBody, secret, maskedValue)
		for name, value := range attempt.ResponseHeaders {
			if strings.Contains(value, secret) {
				attempt.ResponseHeaders[name] = strings.ReplaceAll(value, secret, maskedValue)
			}
		}
	}
}

// savedPath returns a URL's path and query letter by letter. Parsing and writing them again would
// change what may be written in several ways, and make two segments of one (%2F). The URL was
// checked: it has no fragment and nothing that HTTP doesn't let stand in a request's line.
func savedPath(raw string) string {
	_, rest, _ := strings.Cut(raw, "://")
	i := strings.IndexAny(rest, "/?")
	switch {
	case i < 0:
		return "/"
	case rest[i] == '?':
		return "/" + rest[i:]
	}
	return rest[i:]
}

// addressOf returns the host:port to connect to.
func addressOf(target *url.URL) string {
	port := target.Port()
	switch {
	case port != "":
	case target.Scheme == "http":
		port = "80"
	default:
		port = "443"
	}
	return net.JoinHostPort(target.Hostname(), port)
}

// lastingKeys returns all keys if none expires, else nil.
func (e *Endpoint) lastingKeys() []Key {
	var keys []Key
	for _, secret := range e.secrets {
		if secret.expiresAt != 0 {
			return nil
		}
		keys = append(keys, secret.key)
	}
	return keys
}

// keys returns the keys to sign with at now, newest first.
func (e *Endpoint) keys(now bot9.Time) []Key {
	if e.lasting != nil {
		return e.lasting
	}
	var keys []Key
	for _, secret := range e.secrets {
		if secret.expiresAt == 0 || secret.expiresAt > now {
			keys = append(keys, secret.key)
		}
	}
	return keys
}

// heading is what differs between the requests to an endpoint.
type heading struct {
	id, timestamp, signature, event, attempt, hops string
}

// appendHead appends the request's line and headers as RFC 9112 has them. Every value was checked: the
// endpoint's own ones by CheckHeaders, ours are made of letters and digits.
func (e *Endpoint) appendHead(dst []byte, h *heading, length int) []byte {
	dst = append(dst, e.head...)
	for _, header := range [...][2]string{
		{headerID, h.id}, {headerTimestamp, h.timestamp}, {headerSignature, h.signature}, {headerEvent, h.event}, {headerAttempt, h.attempt}, {HeaderHops, h.hops},
	} {
		dst = append(dst, header[0]...)
		dst = append(dst, ": "...)
		dst = append(dst, header[1]...)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(length), 10)
	return append(dst, "\r\n\r\n"...)
}
