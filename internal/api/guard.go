package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// access says who may call an operation and how much they may send.
type access struct {
	role    bot9.Role // the least; "" = anybody, without credentials
	session bool      // for people only: a key gets sessionRequired
	creates bool      // takes an Idempotency-Key
	status  int       // of a good answer
	guarded bool      // limited by IP address: where passwords are tried
	maxBody int64     // in bytes; 0 = defaultMaxBody

	historic bool // existing Bot9 clients send more than is read: other names pass, unless they look misspelt
	ownBody  bool // the operation checks its body by itself

	scope  bot9.Scope // what a key with scopes needs; "" = nothing. The operation's tag and method say which
	widget string     // bySession or byToken: for visitors of the widget, whatever the role
	upload bool       // the body is a form with a file, not JSON

	self bool // about the person alone: also for one who lacks the second factor that the account asks for
}

const (
	defaultMaxBody  = 1 << 20
	bodyReadTimeout = 30 * time.Second
	sessionCookie   = "bot9_session"
	deviceCookie    = "bot9_device"
)

// caller is who makes a request, and the chatbot of the path where there is one.
type caller struct {
	bot9.Principal
	chatbot bot9.ChatbotID
	widget  *bot9.Widget // of a visitor's call
	expires bot9.Time    // of a visitor's token
}

type callerKey struct{}

func callerFrom(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

func (c *caller) role() bot9.Role { return c.Role() }

// label names the caller in the log and among the rate limits.
func (c *caller) label() string {
	if c == nil {
		return ""
	}
	return c.ID
}

// principal is the number of the key or member.
func (c *caller) principal() int64 {
	if c.Member != nil {
		return int64(c.Member.ID)
	}
	return int64(c.KeyID)
}

// guard lets a request through to next if it may pass, and if all of it is understood.
func (s *server) guard(a access, rules *rules, route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if out, ok := w.(*response); ok {
			out.routed = true
		}
		x := exchangeFrom(r.Context())
		x.route = route
		c, err := s.admit(w, r, a)
		x.caller = c
		if err == nil {
			err = rules.checkQuery(r.URL.RawQuery)
		}
		if err == nil && hasBody(r) {
			var give func()
			if give, err = s.bodies.take(r, s.sender(r, c), a.bodyLimit()); err == nil {
				defer give()
				err = takeBody(w, r, a)
			}
		}
		if err == nil && !a.ownBody {
			err = rules.checkBody(r)
		}
		if err != nil {
			fail(w, r, err)
			return
		}
		r = r.WithContext(s.acting(r, c))
		if key := r.Header.Get("Idempotency-Key"); key != "" && a.creates {
			s.once(w, r, key, a.status, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// acting is the request's context with who acts in it: the one place that tells everything below, the
// audit log included, whose doing it is.
func (s *server) acting(r *http.Request, c *caller) context.Context {
	if c == nil {
		return bot9.WithPrincipal(r.Context(), bot9.Principal{Kind: bot9.ByNobody, Address: s.ClientIP(r)})
	}
	ctx := context.WithValue(r.Context(), callerKey{}, c)
	return bot9.WithPrincipal(ctx, c.Principal)
}

// admit finds out who calls and whether they may. It returns nil for an operation open to all.
func (s *server) admit(w http.ResponseWriter, r *http.Request, a access) (*caller, error) {
	if a.widget != "" {
		return s.admitVisitor(w, r, a)
	}
	if a.guarded {
		if err := s.byAddress.take(s.ClientIP(r), time.Now()); err != nil {
			return nil, err
		}
	}
	if a.role == "" {
		return nil, s.sameOrigin(r)
	}
	c, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	if err := s.byCaller.take(c.label(), time.Now()); err != nil {
		return c, err
	}
	if err := s.scope(r, c); err != nil {
		return c, err
	}
	switch {
	case c.FactorMissing && !a.self:
		return c, bot9.Errorf(bot9.Forbidden, codeFactorMissing, "This account takes people with a second factor only: set one up (POST /api/auth/totp).")
	case a.session && c.Member == nil:
		return c, bot9.Errorf(bot9.Forbidden, codeSessionRequired, "This takes a person who is logged in; a secret key can't do it.")
	case a.scope != "" && !c.May(a.scope):
		return c, bot9.Errorf(bot9.Forbidden, codeScopeMissing, "This takes a key with the scope %s.", a.scope)
	case !c.role().AtLeast(a.role):
		return c, bot9.Errorf(bot9.Forbidden, codeRoleTooLow, "This takes the role %s or a stronger one.", a.role)
	}
	return c, nil
}

func (s *server) authenticate(r *http.Request) (*caller, error) {
	c, address := &caller{}, s.ClientIP(r)
	var err error
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, secret, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, unauthorized()
		}
		c.Principal, err = s.Auth.ByKey(r.Context(), strings.TrimSpace(secret), address)
	} else if cookie, cookieErr := r.Cookie(s.cookieName(sessionCookie)); cookieErr == nil && cookie.Value != "" {
		// A browser sends the cookie by itself, so another site could make it write.
		if err := s.sameOrigin(r); err != nil {
			return nil, err
		}
		c.Principal, err = s.Auth.BySession(r.Context(), cookie.Value, address)
	} else {
		return nil, unauthorized()
	}
	switch bot9.KindOf(err) {
	case bot9.Unauthorized, bot9.NotFound:
		return nil, unauthorized()
	}
	c.Address = address
	return c, err
}

// watchAccess returns a channel that is closed within a second after the request's key or session stops being valid.
func (s *server) watchAccess(r *http.Request) (ended <-chan struct{}, stop func()) {
	if _, secret, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok {
		return s.Auth.WatchKey(strings.TrimSpace(secret))
	}
	if cookie, err := r.Cookie(s.cookieName(sessionCookie)); err == nil {
		return s.Auth.WatchSession(cookie.Value)
	}
	return nil, func() {}
}

func (s *server) sameOrigin(r *http.Request) error {
	if s.crossOrigin.Check(r) != nil {
		return bot9.Errorf(bot9.Forbidden, codeCrossOrigin, "This request was made by a page of another site.")
	}
	return nil
}

// scope finds the chatbot of the path among those that the caller may see. For all others there is
// one answer, so that nobody learns whether they exist.
func (s *server) scope(r *http.Request, c *caller) error {
	text := r.PathValue("chatbotId")
	if text == "" {
		return nil
	}
	id, ok := parseID[bot9.ChatbotID](text)
	if !ok || c.Member == nil && c.ChatbotID != id {
		return notFound()
	}
	if c.Member != nil {
		if _, err := s.Store.Chatbot(r.Context(), c.AccountID, id); err != nil {
			return err
		}
	}
	c.chatbot = id
	return nil
}

// hasBody tells whether a request's body is looked at.
func hasBody(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && (r.Method != http.MethodDelete || r.ContentLength != 0)
}

// bodyLimit is how many bytes a body may have.
func (a *access) bodyLimit() int64 {
	if a.maxBody == 0 {
		return defaultMaxBody
	}
	return a.maxBody
}

// takeBody reads the whole body within a size and a time, so that nothing after it waits for the
// client, and hands it on as a bytes.Reader.
func takeBody(w http.ResponseWriter, r *http.Request, a access) error {
	for _, encoding := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(encoding), "identity") {
			return bot9.Errorf(bot9.Malformed, codeUnsupportedMedia, "The body must be sent uncompressed, without a Content-Encoding.")
		}
	}
	limit := a.bodyLimit()
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyReadTimeout)) // not every writer has a connection
	var body bytes.Buffer
	if 0 < r.ContentLength && r.ContentLength <= limit {
		body.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	_ = connection.SetReadDeadline(time.Time{})
	if err != nil {
		return bodyError(err)
	}
	if body.Len() > 0 && !a.upload && !isJSON(r.Header.Get("Content-Type")) {
		return bot9.Errorf(bot9.Malformed, codeUnsupportedMedia, "The body must be JSON (Content-Type: application/json).")
	}
	r.Body = newBody(body.Bytes())
	return nil
}

func bodyError(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return bot9.Errorf(bot9.TooLarge, codeBodyTooLarge, "The body is larger than %d bytes.", tooLarge.Limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return bot9.Errorf(bot9.Malformed, codeBodyTimeout, "The body did not arrive in time.")
	}
	return bot9.Errorf(bot9.Malformed, codeMalformedJSON, "The body could not be read to its end.")
}

// isJSON takes application/json and what is built on it; no type at all counts as JSON.
func isJSON(contentType string) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

// bodyReader is a request's body that has been read.
type bodyReader struct {
	bytes.Reader
	bytes []byte
}

func newBody(body []byte) *bodyReader {
	return &bodyReader{Reader: *bytes.NewReader(body), bytes: body}
}

// Close implements io.Closer.
func (*bodyReader) Close() error { return nil }

var _ io.ReadCloser = (*bodyReader)(nil)

// bodyOf returns the body that takeBody read.
func bodyOf(r *http.Request) []byte {
	if body, ok := r.Body.(*bodyReader); ok {
		return body.bytes
	}
	return nil
}
