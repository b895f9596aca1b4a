package e2e

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestStreamsEndWithTheirRight has streams open with a key, with a person's session and with the session of somebody
// else of the account. Each ends within a second of its end, with the reason, and events after it don't reach it.
func TestStreamsEndWithTheirRight(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	login := func(email string) *client {
		got, err := c.call(t.Context(), "POST", "/api/auth/login", map[string]string{"email": email, "password": "correct horse battery"})
		must(t, err)
		person := newClient(s.url())
		person.cookie, person.chatbot = sessionOf(got.header), c.chatbot
		return person
	}
	owner := login("ada@example.com")
	var invited struct{ ID, InviteToken string }
	must(t, owner.do(t.Context(), http.StatusCreated, "POST", "/api/auth/members", map[string]any{"email": "b@example.com", "role": "viewer"}, &invited))
	must(t, c.do(t.Context(), http.StatusCreated, "POST", "/api/auth/signup", map[string]string{
		"email": "b@example.com", "password": "correct horse battery", "name": "Bea", "inviteToken": invited.InviteToken,
	}, nil))
	var key struct{ ID, Secret string }
	must(t, owner.do(t.Context(), http.StatusCreated, "POST", c.of("keys"), map[string]any{}, &key))
	second := *c
	second.key = key.Secret
	leaving, member := login("ada@example.com"), login("b@example.com")

	for name, test := range map[string]struct {
		as  *client
		end func() error
	}{
		"a key that is revoked": {&second, func() error {
			return owner.do(t.Context(), http.StatusNoContent, "DELETE", c.of("keys/"+key.ID), nil, nil)
		}},
		"a session that is ended": {leaving, func() error {
			return leaving.do(t.Context(), http.StatusNoContent, "POST", "/api/auth/logout", nil, nil)
		}},
		"a member who is removed": {member, func() error {
			return owner.do(t.Context(), http.StatusNoContent, "DELETE", "/api/auth/members/"+invited.ID, nil, nil)
		}},
	} {
		lines := openStream(t, test.as)
		must(t, c.do(t.Context(), http.StatusAccepted, "POST", c.of("events"), map[string]any{"event": "custom.before"}, nil))
		awaitLine(t, lines, "event: custom.before")
		must(t, test.end())
		ended := time.Now()
		awaitLine(t, lines, "event: error")
		if took := time.Since(ended); took > 2*time.Second { // a second, and what a busy machine takes
			t.Errorf("%s: the stream ended after %v", name, took)
		}
		must(t, c.do(t.Context(), http.StatusAccepted, "POST", c.of("events"), map[string]any{"event": "custom.after"}, nil))
		for line := range lines {
			if strings.Contains(line, "custom.after") {
				t.Errorf("%s: an event came after its end", name)
			}
		}
	}
}

// openStream returns the lines of a stream of events; the channel is closed at its end.
func openStream(t *testing.T, c *client) <-chan string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+c.of("events/stream"), nil)
	must(t, err)
	if c.cookie != "" {
		request.Header.Set("Cookie", c.cookie)
	} else {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	got, err := http.DefaultClient.Do(request)
	must(t, err)
	if got.StatusCode != http.StatusOK {
		t.Fatalf("the stream was answered %d", got.StatusCode)
	}
	t.Cleanup(func() { _ = got.Body.Close() })
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(got.Body); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	awaitLine(t, lines, ": connected")
	return lines
}

func awaitLine(t *testing.T, lines <-chan string, wanted string) {
	t.Helper()
	for line := range lines {
		if line == wanted {
			return
		}
	}
	t.Fatalf("the stream ended without %q", wanted)
}
