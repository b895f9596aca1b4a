package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script is a server that gives one answer after the other, and keeps the requests.
type script struct {
	t       *testing.T
	answers []func(http.ResponseWriter)
	mu      sync.Mutex
	got     []*http.Request
	bodies  []string
	paused  []time.Duration
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.got, s.bodies = append(s.got, r), append(s.bodies, string(body))
	number := len(s.got)
	s.mu.Unlock()
	if number > len(s.answers) {
		s.t.Errorf("unexpected %s %s", r.Method, r.URL)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	s.answers[number-1](w)
}

func (s *script) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

func (s *script) client(options Options) *Client {
	s.t.Helper()
	server := httptest.NewServer(s)
	s.t.Cleanup(server.Close)
	options.URL = server.URL
	options.Pause = func(ctx context.Context, d time.Duration) error {
		s.paused = append(s.paused, d)
		return ctx.Err()
	}
	c, err := New(options)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func answerWith(status int, contentType, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func ok(body string) func(http.ResponseWriter) { return answerWith(200, "application/json", body) }

func problem(status int, body string, headers ...string) func(http.ResponseWriter) {
	return answerWith(status, "application/problem+json", body, headers...)
}

func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestProblems(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(http.ResponseWriter)
		want   Problem
	}{
		{
			"with fields", problem(422, `{"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"validationFailed","detail":"wrong","errors":[{"location":"body.url","message":"bad"}],"requestId":"req_1"}`),
			Problem{
				Type: "about:blank", Title: "Unprocessable Entity", Status: 422, Code: "validationFailed", Detail: "wrong",
				Errors: []ProblemField{{"body.url", "bad"}}, RequestID: "req_1",
			},
		},
		{"of a proxy", answerWith(500, "text/html", "<h1>oops</h1>"), Problem{Title: "Internal Server Error", Status: 500, Detail: "The answer is not from Bot9's API. Check the server's URL"}},
		{"success that is no JSON", answerWith(200, "text/html", "<h1>hi</h1>"), Problem{Title: "OK", Status: 200, Detail: "The answer is not from Bot9's API. Check the server's URL"}},
		{"redirect", answerWith(301, "text/html", "", "Location", "https://x.example/"), Problem{Title: "Moved Permanently", Status: 301, Detail: "The server redirects to https://x.example/. Check the server's URL"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &script{t: t, answers: []func(http.ResponseWriter){test.answer}}
			_, err := s.client(Options{ChatbotID: "bot_1"}).Webhook(t.Context(), "whk_1")
			got, isProblem := errors.AsType[*Problem](err)
			if !isProblem {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	unavailable := problem(503, `{"code":"unavailable","status":503,"detail":"later"}`, "Retry-After", "7")
	for _, test := range []struct {
		name    string
		answers []func(http.ResponseWriter)
		call    func(*Client) error
		waits   []time.Duration // at least
		fails   bool
	}{
		{"a read comes through", []func(http.ResponseWriter){hangUp, unavailable, ok(`{}`)}, get, []time.Duration{100 * time.Millisecond, 7 * time.Second}, false},
		{"a read gives up", []func(http.ResponseWriter){hangUp, hangUp, hangUp}, get, []time.Duration{0, 0}, true},
		{"a creation comes through", []func(http.ResponseWriter){hangUp, unavailable, ok(`{"id":"evt_1"}`)}, post, []time.Duration{0, 7 * time.Second}, false},
		{"a change is tried once", []func(http.ResponseWriter){unavailable}, change, nil, true},
		{"a change that was rate-limited did nothing", []func(http.ResponseWriter){problem(429, `{"code":"rateLimited"}`), ok(`{}`)}, change, []time.Duration{0}, false},
		{"a mistake stays one", []func(http.ResponseWriter){problem(422, `{"code":"validationFailed"}`)}, get, nil, true},
		{"an answer that is still being made", []func(http.ResponseWriter){problem(409, `{"code":"idempotencyInProgress"}`), ok(`{"id":"evt_1"}`)}, post, []time.Duration{0}, false},
		{"too long a wait", []func(http.ResponseWriter){problem(503, `{"code":"unavailable"}`, "Retry-After", "3600")}, get, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &script{t: t, answers: test.answers}
			err := test.call(s.client(Options{ChatbotID: "bot_1", Key: "bot9_sk_x", HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}))
			if (err != nil) != test.fails {
				t.Errorf("got %v", err)
			}
			if len(s.requests()) != len(test.answers) || len(s.paused) != len(test.waits) {
				t.Fatalf("%d requests, pauses %v", len(s.requests()), s.paused)
			}
			for i, least := range test.waits {
				if s.paused[i] < least {
					t.Errorf("pause %d was %s, less than %s", i, s.paused[i], least)
				}
			}
			for i, request := range s.requests() {
				if request.Header.Get("Authorization") != "Bearer bot9_sk_x" {
					t.Error("the key is missing")
				}
				if request.Header.Get("Idempotency-Key") != s.requests()[0].Header.Get("Idempotency-Key") || s.bodies[i] != s.bodies[0] {
					t.Error("tried again as another request")
				}
			}
			if keyed := s.requests()[0].Header.Get("Idempotency-Key") != ""; keyed != strings.Contains(test.name, "creation") && !strings.Contains(test.name, "being made") {
				t.Errorf("has an Idempotency-Key: %t", keyed)
			}
		})
	}
}

func get(c *Client) error {
	_, err := c.Webhook(context.Background(), "whk_1")
	return err
}

func post(c *Client) error {
	ids, err := c.PostEvents(context.Background(), NewEvent{Event: "ping", Data: json.RawMessage(`{}`)})
	if err == nil && (len(ids) != 1 || ids[0] != "evt_1") {
		return errors.New("wrong IDs")
	}
	return err
}

func change(c *Client) error {
	_, err := c.ChangeWebhook(context.Background(), "whk_1", WebhookSettings{})
	return err
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := New(Options{URL: server.URL, ChatbotID: "bot_1", Pause: func(context.Context, time.Duration) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, isUnreachable := errors.AsType[*UnreachableError](get(c)); !isUnreachable {
		t.Errorf("got %v", get(c))
	}
}

// IDs are what somebody typed; they must not reach another operation.
func TestPathsAreEscaped(t *testing.T) {
	s := &script{t: t, answers: []func(http.ResponseWriter){ok(`{}`)}}
	_, err := s.client(Options{ChatbotID: "bot_1"}).Webhook(t.Context(), "../keys?x=1")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.requests()[0].RequestURI; got != "/api/bot_1/webhooks/..%2Fkeys%3Fx=1" {
		t.Error(got)
	}
}

func TestKeyTellsTheChatbotOnce(t *testing.T) {
	s := &script{t: t, answers: []func(http.ResponseWriter){ok(`{"chatbot":{"id":"bot_7","name":"x"}}`), ok(`{"data":[],"nextCursor":null}`), ok(`{"data":[],"nextCursor":"c"}`)}}
	var seen []string
	c := s.client(Options{Key: "bot9_sk_x", OnAnswer: func(body []byte) { seen = append(seen, string(body)) }})
	for range 2 {
		if _, err := c.Events(t.Context(), EventFilter{}, Page{Limit: 3, Cursor: "z"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.requests()[2].RequestURI; got != "/api/bot_7/events?cursor=z&limit=3" {
		t.Error(got)
	}
	if seen[len(seen)-1] != `{"data":[],"nextCursor":"c"}` {
		t.Errorf("got %q", seen)
	}
}

func TestLoginSpeaksAsAPerson(t *testing.T) {
	s := &script{t: t, answers: []func(http.ResponseWriter){
		answerWith(200, "application/json", `{}`, "Set-Cookie", "__Host-bot9_session=abc; Path=/; HttpOnly; Secure"), ok(`{"data":[]}`), ok(`{}`),
	}}
	c := s.client(Options{Key: "bot9_sk_x", ChatbotID: "bot_1"})
	if err := c.Login(t.Context(), "ada@example.com", "secret"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Keys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.requests()[1].Header; got.Get("Cookie") != "__Host-bot9_session=abc" || got.Get("Authorization") != "" {
		t.Errorf("got %v", got)
	}
	if err := c.Logout(t.Context()); err != nil || s.requests()[2].Header.Get("Cookie") == "" {
		t.Errorf("logout: %v", err)
	}
}

func TestChatStreams(t *testing.T) {
	s := &script{t: t, answers: []func(http.ResponseWriter){
		answerWith(200, "text/event-stream", "event: delta\ndata: {\"text\":\"Hel\"}\n\nevent: delta\ndata: {\"text\":\"lo\"}\n\nevent: done\ndata: {\"message\":\"Hello\",\"replyId\":\"msg_2\"}\n\n"),
		answerWith(200, "text/event-stream", "event: delta\ndata: {\"text\":\"Hel\"}\n\n"),
		answerWith(200, "text/event-stream", "event: error\ndata: {\"status\":503,\"code\":\"unavailable\"}\n\n"),
	}}
	c := s.client(Options{ChatbotID: "bot_1"})
	var parts []string
	onDelta := func(text string) { parts = append(parts, text) }
	reply, err := c.Chat(t.Context(), "conv_1", "Hi", onDelta)
	if err != nil || reply.Message != "Hello" || reply.ReplyID != "msg_2" || strings.Join(parts, "|") != "Hel|lo" {
		t.Errorf("got %+v, %q, %v", reply, parts, err)
	}
	if _, err := c.Chat(t.Context(), "conv_1", "Hi", onDelta); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reply that broke off: %v", err)
	}
	_, err = c.Chat(t.Context(), "conv_1", "Hi", onDelta)
	if p, isProblem := errors.AsType[*Problem](err); !isProblem || p.Code != "unavailable" {
		t.Errorf("got %v", err)
	}
}
