package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bot9/bot9/internal/bot9"
)

func TestWhoMayCall(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "nobody", call: "GET /api/{bot}/webhooks", status: 401, want: []string{`"unauthorized"`, `Www-Authenticate: Bearer`}},
		{name: "wrong key", as: "bot9_sk_wrong", call: "GET /api/{bot}/webhooks", status: 401, want: []string{`"unauthorized"`}, not: []string{"bot9_sk_wrong"}},
		{name: "wrong key before wrong body", as: "bot9_sk_wrong", call: "POST /api/{bot}/webhooks", body: `{`, status: 401},
		{name: "wrong scheme", header: map[string]string{"Authorization": "Basic " + key}, call: "GET /api/{bot}/webhooks", status: 401},
		{name: "ended session", as: "nobody's", call: "GET /api/{bot}/webhooks", status: 401, want: []string{`"unauthorized"`}},
		{name: "key", as: key, call: "GET /api/{bot}/webhooks", status: 200, want: []string{`{"data":[],"nextCursor":null}`}},
		{name: "session", as: viewer, call: "GET /api/{bot}/webhooks", status: 200},
		{name: "the scheme's case doesn't matter", header: map[string]string{"Authorization": "bearer " + key}, call: "GET /api/{bot}/webhooks", status: 200},

		{name: "another chatbot's path with a key", as: key, call: "GET /api/{strangers}/webhooks", status: 404, want: []string{`"notFound"`}},
		{name: "another account's chatbot", as: owner, call: "GET /api/{strangers}/webhooks", status: 404, want: []string{`"notFound"`}},
		{name: "another account's chatbot, written by a viewer", as: viewer, call: "DELETE /api/chatbots/{strangers}", status: 404},
		{name: "another account's keys with a key", as: key, call: "GET /api/{strangers}/keys", status: 404},
		{name: "malformed chatbot", as: key, call: "GET /api/nonsense/webhooks", status: 404, want: []string{`"notFound"`}},
		{name: "malformed webhook", as: key, call: "GET /api/{bot}/webhooks/nonsense", status: 404, want: []string{`"notFound"`}},
		{name: "another kind's ID", as: key, call: "GET /api/{bot}/webhooks/evt_38g4k4jvm0001", status: 404},
		{name: "malformed webhook and wrong body", as: key, call: "PATCH /api/{bot}/webhooks/nonsense", body: `{"url":7}`, status: 404},

		{name: "a viewer doesn't write", as: viewer, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, status: 403, want: []string{`"roleTooLow"`, "developer"}},
		{name: "a developer writes", as: developer, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, status: 201},
		{name: "a developer has no keys", as: developer, call: "GET /api/{bot}/keys", status: 403, want: []string{`"roleTooLow"`}},
		{name: "an admin has keys", as: admin, call: "GET /api/{bot}/keys", status: 200, want: []string{`"name":"first"`}},
		{name: "a key has no keys", as: key, call: "GET /api/{bot}/keys", status: 403, want: []string{`"sessionRequired"`}},
		{name: "a key makes no keys", as: key, call: "POST /api/{bot}/keys", body: `{}`, status: 403, want: []string{`"sessionRequired"`}},
		{name: "a key has no members", as: key, call: "GET /api/auth/members", status: 403, want: []string{`"sessionRequired"`}},
		{name: "a key makes no chatbots", as: key, call: "POST /api/chatbots", body: `{"name":"a"}`, status: 403, want: []string{`"sessionRequired"`}},
		{name: "a viewer reads no signing secret", as: viewer, call: "GET /api/{bot}/webhooks/whk_38g4k4jvm0001/secret", status: 403},

		{name: "another site's page with a cookie", as: owner, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403, want: []string{`"crossOrigin"`}},
		{name: "another site's page logs in", call: "POST /api/auth/login", body: `{"email":"a@b.c","password":"right password"}`, header: map[string]string{"Origin": "https://evil.example"}, status: 403, want: []string{`"crossOrigin"`}},
		{name: "our own page", as: owner, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: map[string]string{"Origin": "https://bot9.example.com"}, status: 201},
		{name: "a key needs no origin", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 201},
	})
}

func TestRoutes(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "no such path", as: key, call: "GET /api/{bot}/nonsense", status: 404, want: []string{`"notFound"`, "no such path"}, not: []string{"page not found"}},
		{name: "no such fixed path", as: key, call: "GET /api/auth/nonsense", status: 404, want: []string{`"notFound"`}},
		{name: "no path at all", call: "GET /", status: 404},
		{name: "wrong method", as: key, call: "PUT /api/{bot}/webhooks", status: 405, want: []string{`"methodNotAllowed"`, "Allow: GET, HEAD, POST"}, not: []string{"Method Not Allowed\n"}},
		{name: "a chatbot's own path and the chatbots'", as: owner, call: "GET /api/chatbots/{bot}", status: 200, want: []string{`"name":"Support"`}},
		{name: "security headers", as: key, call: "GET /api/{bot}/webhooks", status: 200, want: []string{"X-Content-Type-Options: nosniff", "Cache-Control: no-store", "Request-Id: req_"}},
	})
}

func TestBodies(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "broken JSON", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"secret!`, status: 400, want: []string{`"malformedJson"`, `"message":"not valid JSON"`}, not: []string{"secret!"}},
		{name: "no body", as: key, call: "POST /api/{bot}/knowledge", status: 400, want: []string{`"malformedJson"`}},
		{name: "null", as: key, call: "POST /api/{bot}/knowledge", body: `null`, status: 422, want: []string{`"validationFailed"`}},
		{name: "not JSON", as: key, call: "POST /api/{bot}/knowledge", body: `a=b`, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, want: []string{`"unsupportedMediaType"`}},
		{name: "wrong type", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":4711,"text":"t"}`, status: 422, want: []string{`"body.title"`, `"validationFailed"`}, not: []string{"4711"}},
		{name: "missing", as: key, call: "POST /api/{bot}/knowledge", body: `{"text":"t"}`, status: 422, want: []string{"title"}},
		{name: "too long for its bound", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"` + strings.Repeat("x", 201) + `","text":"t"}`, status: 422, want: []string{"200"}, not: []string{"xxx"}},
		{name: "too large", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"` + strings.Repeat("x", 1<<20) + `"}`, status: 413, want: []string{`"bodyTooLarge"`}},
		{name: "charset", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, status: 201},
		{name: "wrong time in a query", as: key, call: "GET /api/{bot}/events?since=yesterday", status: 422, want: []string{`"query.since"`}, not: []string{"yesterday"}},
		{name: "wrong ID in a query", as: key, call: "GET /api/{bot}/deliveries?webhookId=secretvalue", status: 422, want: []string{`"query.webhookId"`, "whk_"}, not: []string{"secretvalue\""}},
		{name: "wrong limit", as: key, call: "GET /api/{bot}/events?limit=251", status: 422, want: []string{`"query.limit"`}},
		{name: "no number", as: key, call: "GET /api/{bot}/events?limit=many", status: 422, want: []string{`"query.limit"`}},
	})
}

func TestBodyThatNeverArrives(t *testing.T) {
	w := newWorld()
	q := request{as: key, call: "POST /api/{bot}/events", status: 408, want: []string{`"bodyTimeout"`}}
	r := q.make(w)
	r.Body = io.NopCloser(iotest.ErrReader(os.ErrDeadlineExceeded))
	rec := httptest.NewRecorder()
	serve(t, w.options()).ServeHTTP(rec, r)
	checkAnswer(t, &q, rec)
}

func TestErrorsOfOthers(t *testing.T) {
	w := newWorld()
	create := request{as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`}
	unavailable := bot9.Errorf(bot9.Unavailable, "unavailable", "The store can't be reached.")
	unavailable.RetryAfter = 1500e6
	for _, test := range []struct {
		name   string
		err    error
		status int
		want   []string
		not    []string
	}{
		{"internal", errTest("disk full at /var/lib"), 500, []string{`"internal"`}, []string{"disk full"}},
		{"unavailable", unavailable, 503, []string{`"unavailable"`, "Retry-After: 2"}, nil},
		{"conflict", bot9.Errorf(bot9.Conflict, "tooManyDocuments", "Too many."), 409, []string{`"tooManyDocuments"`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.failWith = test.err
			create.status, create.want, create.not = test.status, test.want, test.not
			rec := httptest.NewRecorder()
			serve(t, w.options()).ServeHTTP(rec, create.make(w))
			checkAnswer(t, &create, rec)
		})
	}
}

type errTest string

func (e errTest) Error() string { return string(e) }

func TestPanicIsAnswered(t *testing.T) {
	w := newWorld()
	options := w.options()
	options.NewSecret = func() string { panic("boom") }
	q := request{
		as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com","events":["*"]}`,
		status: 500, want: []string{`"internal"`}, not: []string{"boom"},
	}
	rec := httptest.NewRecorder()
	serve(t, options).ServeHTTP(rec, q.make(w))
	checkAnswer(t, &q, rec)
}

func TestRateLimits(t *testing.T) {
	w := newWorld()
	options := w.options()
	options.PerCaller = Limit{Rate: 0.01, Burst: 2}
	options.PerAddress = Limit{Rate: 0.02, Burst: 1}
	handler := serve(t, options)
	call := func(q request) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, q.make(w))
		return rec
	}
	list := request{as: key, call: "GET /api/{bot}/webhooks"}
	login := request{call: "POST /api/auth/login", body: `{"email":"a@example.com","password":"wrong password"}`}
	for i, want := range []int{200, 200, 429} {
		if rec := call(list); rec.Code != want {
			t.Errorf("call %d: %d, want %d", i, rec.Code, want)
		} else if want == 429 && rec.Header().Get("Retry-After") != "100" {
			t.Errorf("Retry-After %q, want 100", rec.Header().Get("Retry-After"))
		}
	}
	list.as = owner
	if rec := call(list); rec.Code != 200 {
		t.Errorf("another caller pays for the first: %d", rec.Code)
	}
	if got := call(login).Code; got != 401 {
		t.Errorf("first log-in: %d", got)
	}
	if got := call(login).Code; got != 429 {
		t.Errorf("second log-in: %d", got)
	}
}

func TestLimiterForgetsButIsBounded(t *testing.T) {
	l := newLimiter(Limit{Rate: 1, Burst: 1})
	l.maxGeneration = 10
	for i := range 1000 {
		l.bucket(string(rune('a' + i)))
	}
	if n := len(l.young) + len(l.old); n > 20 {
		t.Errorf("%d callers remembered, want at most 20", n)
	}
}

func TestRemoteIP(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:1234":            "192.0.2.7",
		"[2001:db8:1:2:3::4]:80":    "2001:db8:1:2::/64",
		"[::ffff:192.0.2.7]:1234":   "192.0.2.7",
		"@":                         "@",
		"[fe80::1%eth0]:80":         "fe80::/64",
		"[2001:db8:1:2:ffff::1]:80": "2001:db8:1:2::/64",
	} {
		if got := remoteIP(&http.Request{RemoteAddr: addr}); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}
