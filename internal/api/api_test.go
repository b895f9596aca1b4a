package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bot9/bot9/internal/bot9"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func (w *world) options() Options {
	return Options{
		Auth: w, Chat: w, Store: w, Knowledge: w, TestSender: w, Live: w, Presence: &w.presence, Visitors: w, Sealer: w,
		CheckWebhook: func(webhook *bot9.Webhook) error {
			if strings.Contains(webhook.URL, "localhost") {
				return bot9.InvalidField("targetNotAllowed", "body.url", "The target is private.")
			}
			return nil
		},
		CheckFilter: func(filter string) error {
			if filter == "broken" {
				return bot9.InvalidField("invalidFilter", "body.filter", "The filter is broken.")
			}
			return nil
		},
		Filters:   w,
		Answering: w,
		CheckAction: func(a *bot9.CustomAction) error {
			if strings.Contains(a.Meta.URL, "localhost") {
				return bot9.InvalidField("targetNotAllowed", "body.meta.url", "The target is private.")
			}
			return nil
		},
		CheckAnswering: func(a *bot9.Answering) error {
			if strings.Contains(a.Model.BaseURL, "localhost") {
				return bot9.InvalidField("targetNotAllowed", "body.model.baseUrl", "The target is private.")
			}
			return nil
		},
		NewSecret: func() string { return "whsec_fresh" }, NewSigningKey: func() (private, public string) {
			return "whsk_fresh", "whpk_MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqk="
		},
		CheckSecret: func(secret string) error {
			if !strings.HasPrefix(secret, "whsec_") {
				return bot9.Errorf(bot9.Invalid, "invalidSecret", "no")
			}
			return nil
		},
		NewReceiverToken: func() string { return "fresh-token" }, ReceiverPath: "/receiver/",
		BaseURL: "https://bot9.example.com",
		Version: "1",
	}
}

func serve(t *testing.T, options Options) http.Handler {
	t.Helper()
	handler, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// request is a call and what must, and must not, come of it.
type request struct {
	name   string
	as     string // a key, or a member's name for a session; "" = nobody
	call   string // method and path; {bot} is the chatbot
	body   string
	header map[string]string
	status int
	want   []string // parts of the answer, headers included
	not    []string // what must not be in the answer, nor in the log
}

func (q *request) make(w *world) *http.Request {
	method, path, _ := strings.Cut(q.call, " ")
	path = strings.NewReplacer("{bot}", w.bot().String(), "{strangers}", w.strangersBot().String()).Replace(path)
	r := httptest.NewRequest(method, "https://bot9.example.com"+path, strings.NewReader(q.body))
	if q.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	switch {
	case strings.HasPrefix(q.as, "bot9_"):
		r.Header.Set("Authorization", "Bearer "+q.as)
	case q.as != "":
		r.AddCookie(&http.Cookie{Name: "__Host-bot9_session", Value: q.as})
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	return r
}

// run makes the requests one after the other in one world.
func run(t *testing.T, w *world, requests []request) {
	t.Helper()
	var logged bytes.Buffer
	options := w.options()
	options.Log = slog.New(slog.NewJSONHandler(&logged, nil))
	handler := serve(t, options)
	for _, q := range requests {
		t.Run(q.name, func(t *testing.T) {
			logged.Reset()
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, q.make(w))
			checkAnswer(t, &q, rec)
			for _, part := range q.not {
				if strings.Contains(logged.String(), part) {
					t.Errorf("the log has %q: %s", part, &logged)
				}
			}
		})
	}
}

func checkAnswer(t *testing.T, q *request, rec *httptest.ResponseRecorder) {
	t.Helper()
	if rec.Code != q.status {
		t.Errorf("%s: status %d, want %d: %s", q.call, rec.Code, q.status, rec.Body)
	}
	var header bytes.Buffer
	_ = rec.Header().Write(&header)
	text := header.String() + rec.Body.String()
	for _, part := range q.want {
		if !strings.Contains(text, part) {
			t.Errorf("%s: no %q in\n%s", q.call, part, text)
		}
	}
	for _, part := range q.not {
		if strings.Contains(text, part) {
			t.Errorf("%s: the answer has %q:\n%s", q.call, part, text)
		}
	}
	if rec.Code >= 400 {
		checkProblem(t, rec)
	}
}

// checkProblem holds every error to RFC 9457 and to our own promises.
func checkProblem(t *testing.T, rec *httptest.ResponseRecorder) {
	t.Helper()
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("an error of type %q", got)
	}
	var p Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatalf("an error that isn't JSON: %s", rec.Body)
	}
	if !strings.HasSuffix(p.Detail, ".") {
		t.Errorf("the detail is no sentence: %q", p.Detail)
	}
	if p.Type == "" || p.Title == "" || p.Code == "" || p.Detail == "" || p.Status != rec.Code {
		t.Errorf("an incomplete problem: %s", rec.Body)
	}
	if p.RequestID == "" || p.RequestID != rec.Header().Get("Request-Id") {
		t.Errorf("request ID %q, header %q", p.RequestID, rec.Header().Get("Request-Id"))
	}
}

func TestOpenAPIGolden(t *testing.T) {
	const path = "../../api/openapi.yaml"
	handler, err := New(newWorld().options())
	if err != nil {
		t.Fatal(err)
	}
	got, err := handler.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code says; run go test ./internal/api -update and look at the difference", path)
	}
}

func TestDocumentIsServed(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "JSON", call: "GET /api/openapi.json", status: 200, want: []string{`"openapi":"3.1.0"`, `"webhooks":{`, `"onMessageReceived"`}, not: []string{"$schema"}},
		{name: "YAML", call: "GET /api/openapi.yaml", status: 200, want: []string{"openapi: 3.1.0"}},
		{name: "the framework's own pages are off", call: "GET /docs", status: 404, want: []string{`"notFound"`}},
		{name: "the framework's schemas are off", call: "GET /schemas/Problem.json", status: 404},
	})
}
