package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// client calls the API as a program or a person would. It keeps connections open.
type client struct {
	base    string
	http    *http.Client
	key     string // secret key, or
	cookie  string // session cookie
	chatbot string
}

// answer is what a call came back with.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func newClient(base string) *client {
	return &client{base: base, http: &http.Client{
		Timeout:       40 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// call makes one call. The body is JSON, nothing if nil; header comes in pairs of name and value.
func (c *client) call(ctx context.Context, method, path string, body any, header ...string) (answer, error) {
	var content io.Reader
	if body != nil {
		text, ok := body.([]byte)
		if !ok {
			var err error
			if text, err = json.Marshal(body); err != nil {
				return answer{}, err
			}
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	if c.cookie != "" {
		request.Header.Set("Cookie", c.cookie)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	got, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return answer{got.StatusCode, got.Header, text}, err
}

// do makes a call that must be answered with status, and reads the answer into out unless nil.
func (c *client) do(ctx context.Context, status int, method, path string, body, out any, header ...string) error {
	got, err := c.call(ctx, method, path, body, header...)
	if err != nil {
		return err
	}
	if got.status != status {
		return fmt.Errorf("%s %s: %d, want %d: %s", method, path, got.status, status, got.body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(got.body, out)
}

// of returns the path of something of the client's chatbot.
func (c *client) of(path string) string { return "/api/" + c.chatbot + "/" + path }

// signup makes an account with a chatbot, and returns a client with the chatbot's key.
func signup(t *testing.T, s *server) *client {
	t.Helper()
	c := newClient(s.url())
	got, err := c.call(t.Context(), "POST", "/api/auth/signup",
		map[string]string{"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"})
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("sign-up: %v %d %s", err, got.status, got.body)
	}
	c.cookie = sessionOf(got.header)
	var made struct {
		ID     string
		APIKey struct{ Secret string }
	}
	must(t, c.do(t.Context(), http.StatusCreated, "POST", "/api/chatbots", map[string]string{"name": "Support"}, &made))
	c.cookie, c.key, c.chatbot = "", made.APIKey.Secret, made.ID
	return c
}

func sessionOf(header http.Header) string {
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		return cookie.Name + "=" + cookie.Value
	}
	return ""
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// webhook is a webhook as the API shows it.
type webhook struct {
	ID, URL, Secret, Status string
}

// subscribe makes a webhook for all events, with settings that the default ones are replaced by.
func (c *client) subscribe(t *testing.T, url string, settings map[string]any) webhook {
	t.Helper()
	body := map[string]any{"url": url, "events": []string{"*"}}
	for name, value := range settings {
		body[name] = value
	}
	var made webhook
	must(t, c.do(t.Context(), http.StatusCreated, "POST", c.of("webhooks"), body, &made))
	return made
}

// soon is a schedule of retries for tests: every second, n times.
func soon(n int) []int {
	schedule := make([]int, n)
	for i := range schedule {
		schedule[i] = 1
	}
	return schedule
}

// conversation starts a conversation and returns its ID.
func (c *client) conversation(t *testing.T) string {
	t.Helper()
	var made struct{ ID string }
	must(t, c.do(t.Context(), http.StatusCreated, "POST", c.of("conversations"), map[string]string{"Source": "test", "Status": "active"}, &made))
	return made.ID
}

// post posts a custom event into a conversation and returns its ID. It may be called in any goroutine.
func (c *client) post(ctx context.Context, conversation string, number int) (string, error) {
	event := map[string]any{"event": "custom.counted", "data": map[string]int{"number": number}}
	if conversation != "" {
		event["conversationId"] = conversation
	}
	var made struct{ ID string }
	err := c.do(ctx, http.StatusAccepted, "POST", c.of("events"), event, &made)
	return made.ID, err
}
