// Package client calls Bot9's public API: typed answers, errors as the API tells them, retries where
// they can't do a thing twice, and the live stream of events, resumed without a gap.
//
// It needs the standard library only.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// DefaultURL is where a server listens that wasn't told otherwise.
	DefaultURL = "http://127.0.0.1:8420"

	defaultTimeout = 60 * time.Second
	maxAnswer      = 64 << 20 // bytes of one answer
	sessionCookie  = "bot9_session"
	hostPrefix     = "__Host-" // of the cookie by HTTPS
)

// Options say which server to call, and as whom.
type Options struct {
	URL       string // of the server; DefaultURL if empty
	Key       string // a chatbot's secret key, "bot9_sk_…"; may be empty if Login follows
	ChatbotID string // may be empty with a key, which belongs to one chatbot
	UserAgent string

	// HTTP sends the requests; nil is a client of our own. It must not have a Timeout, which would
	// end streams; contexts bound requests.
	HTTP *http.Client
	// Pause waits before something is tried again; nil is a timer. It returns early, with the
	// context's error, when ctx ends.
	Pause func(ctx context.Context, d time.Duration) error
	// OnAnswer, unless nil, is given the JSON of every successful answer as it came.
	OnAnswer func(body []byte)
}

// Client calls one server. It is safe for concurrent use, Login and Logout apart.
type Client struct {
	options Options
	base    *url.URL
	session *http.Cookie

	mu      sync.Mutex
	chatbot string
}

// New makes a client. It fails for a URL that is none.
func New(options Options) (*Client, error) {
	if options.URL == "" {
		options.URL = DefaultURL
	}
	base, err := url.Parse(strings.TrimSuffix(options.URL, "/"))
	if err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") {
		return nil, errors.New("the server's URL must be like https://bot9.example.com")
	}
	if options.HTTP == nil {
		options.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a redirect would turn a POST into a GET
		}}
	}
	if options.Pause == nil {
		options.Pause = pause
	}
	if options.UserAgent == "" {
		options.UserAgent = "bot9-client-go"
	}
	return &Client{options: options, base: base, chatbot: options.ChatbotID}, nil
}

// URL is the server's.
func (c *Client) URL() string { return c.base.String() }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call is a request before it is sent.
type call struct {
	method string
	path   []string // below /api, unescaped
	query  url.Values
	in     any  // the body, as JSON; nil for none
	keyed  bool // takes an Idempotency-Key, so it can be sent again
	accept string
	last   string // Last-Event-ID
}

// ChatbotID is the chatbot that calls are about: the one of the options, else the one that the
// server tells.
func (c *Client) ChatbotID(ctx context.Context) (string, error) {
	c.mu.Lock()
	id := c.chatbot
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	account, err := c.Account(ctx)
	if err != nil {
		return "", err
	}
	if account.Chatbot == nil {
		return "", errors.New("the account has no chatbot yet")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.chatbot = account.Chatbot.ID
	return c.chatbot, nil
}

// about makes a call about something of the chatbot.
func (c *Client) about(ctx context.Context, method string, path ...string) (*call, error) {
	id, err := c.ChatbotID(ctx)
	if err != nil {
		return nil, err
	}
	return &call{method: method, path: append([]string{id}, path...)}, nil
}

// get reads something of the chatbot into out.
func (c *Client) get(ctx context.Context, out any, query url.Values, path ...string) error {
	request, err := c.about(ctx, http.MethodGet, path...)
	if err != nil {
		return err
	}
	request.query = query
	return c.do(ctx, request, out)
}

// send writes something of the chatbot; out may be nil.
func (c *Client) send(ctx context.Context, method string, in, out any, path ...string) error {
	request, err := c.about(ctx, method, path...)
	if err != nil {
		return err
	}
	request.in = in
	return c.do(ctx, request, out)
}

// create writes something of the chatbot with an Idempotency-Key, so that trying again creates
// nothing twice.
func (c *Client) create(ctx context.Context, in, out any, path ...string) error {
	request, err := c.about(ctx, http.MethodPost, path...)
	if err != nil {
		return err
	}
	request.in, request.keyed = in, true
	return c.do(ctx, request, out)
}

// do sends a call, again if need be, and decodes the answer into out unless that is nil.
func (c *Client) do(ctx context.Context, request *call, out any) error {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	response, err := c.try(ctx, request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return &UnreachableError{URL: c.URL(), Err: err}
	}
	if len(body) > 0 {
		if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "application/json" {
			return notBot9(response)
		}
		if c.options.OnAnswer != nil {
			c.options.OnAnswer(body)
		}
	}
	if out == nil || len(body) == 0 {
		return nil
	}
	return json.Unmarshal(body, out)
}

// request makes the HTTP request of a call. The key is the same each time it is tried.
func (c *Client) request(ctx context.Context, from *call, body []byte, key string) (*http.Request, error) {
	target := c.base.JoinPath("api")
	path := target.EscapedPath()
	for _, part := range from.path {
		path += "/" + url.PathEscape(part)
	}
	var err error
	if target.Path, err = url.PathUnescape(path); err != nil {
		return nil, err
	}
	target.RawPath, target.RawQuery = path, from.query.Encode()
	request, err := http.NewRequestWithContext(ctx, from.method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	header := request.Header
	header.Set("User-Agent", c.options.UserAgent)
	header.Set("Accept", "application/json")
	for name, value := range map[string]string{"Accept": from.accept, "Last-Event-ID": from.last, "Idempotency-Key": key} {
		if value != "" {
			header.Set(name, value)
		}
	}
	if from.in != nil {
		header.Set("Content-Type", "application/json")
	}
	if c.session != nil {
		request.AddCookie(c.session)
	} else if c.options.Key != "" {
		header.Set("Authorization", "Bearer "+c.options.Key)
	}
	return request, nil
}

// newIdempotencyKey names one write.
func newIdempotencyKey() string { return rand.Text() }
