package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/auth"
)

// client calls a server of the test's own.
type client struct {
	t         *testing.T
	url, key  string
	http      http.Client
	chatbotID string
}

// start runs a server on an embedded database whose webhooks reach this machine, with an account.
func start(t *testing.T) *client {
	t.Helper()
	app, err := New(t.Context(), Settings{
		Addr: "127.0.0.1:0", DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "bot9.db"),
		AllowTargets: []string{"127.0.0.1"}, Signup: auth.SignupOpen, Version: "test",
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, url: app.BaseURL()}
	t.Cleanup(func() {
		c.http.CloseIdleConnections()
		app.Close()
	})
	jar := map[string]any{"email": "owner@example.com", "password": "correct horse battery", "name": "Owner"}
	answer := c.send(http.MethodPost, "/api/auth/signup", jar, nil)
	cookie := answer.Cookies()[0]
	var made struct {
		ID     string
		APIKey struct{ Secret string }
	}
	c.send(http.MethodPost, "/api/chatbots", map[string]any{"name": "Support"}, &made, cookie)
	c.key, c.chatbotID = made.APIKey.Secret, made.ID
	return c
}

func (c *client) send(method, path string, body, into any, cookies ...*http.Cookie) *http.Response {
	c.t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(encoded))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		request.Header.Set("Authorization", "Bearer "+c.key)
	}
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		c.t.Fatalf("%s %s: %s %s %v", method, path, answer.Status, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.t.Fatalf("%s %s: %s: %v", method, path, text, err)
		}
	}
	return answer
}

// call calls an operation of the chatbot.
func (c *client) call(method, path string, body, into any) {
	c.t.Helper()
	c.send(method, "/api/"+c.chatbotID+"/"+path, body, into)
}

// TestPreviewSaysWhatDeliveryDoes holds a hundred filters against events of many shapes: what the preview
// says of an event is what becomes of it, reasons included.
func TestPreviewSaysWhatDeliveryDoes(t *testing.T) {
	c := start(t)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(receiver.Close)
	hooks := make([]string, len(conformance))
	for i, filter := range conformance {
		var made struct{ ID string }
		c.call(http.MethodPost, "webhooks", map[string]any{"url": receiver.URL, "events": []string{"custom.*"}, "filter": filter, "ordering": "none"}, &made)
		hooks[i] = made.ID
	}
	var posted []json.RawMessage
	for _, data := range conformanceData {
		posted = append(posted, json.RawMessage(`{"event":"custom.order","data":`+data+`}`))
	}
	c.call(http.MethodPost, "events", posted, nil)
	matches, misses, failures := 0, 0, 0
	for i, filter := range conformance {
		var preview struct {
			Matched, Evaluated int
			Results            []struct {
				EventID string
				Match   bool
				Reason  string
			}
		}
		c.call(http.MethodPost, "webhooks/preview", map[string]any{"filter": filter, "events": []string{"custom.*"}}, &preview)
		want, failed := []string{}, 0
		for _, result := range preview.Results {
			if result.Match {
				want = append(want, result.EventID)
			}
			if result.Reason != "" {
				failed++
			}
		}
		if preview.Evaluated != len(conformanceData) || preview.Matched != len(want) {
			t.Errorf("%s: evaluated %d, matched %d of %d", filter, preview.Evaluated, preview.Matched, len(want))
		}
		if got := c.delivered(hooks[i], len(want)); !slices.Equal(got, want) {
			t.Errorf("%s: previewed %v, delivered %v", filter, want, got)
		}
		if got := c.filterErrors(hooks[i], failed); got != failed {
			t.Errorf("%s: previewed %d errors, counted %d", filter, failed, got)
		}
		matches, misses, failures = matches+len(want), misses+preview.Evaluated-len(want)-failed, failures+failed
	}
	if len(conformance) < 100 || matches < 100 || misses < 100 || failures < 10 {
		t.Errorf("%d filters, %d matches, %d mismatches, %d failures: too few to tell", len(conformance), matches, misses, failures)
	}
}

// delivered returns the events of a webhook's deliveries, newest first, once there are n.
func (c *client) delivered(webhook string, n int) (events []string) {
	c.t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var list struct{ Data []struct{ EventID string } }
		c.call(http.MethodGet, "deliveries?webhookId="+webhook, nil, &list)
		events = []string{}
		for _, d := range list.Data {
			events = append(events, d.EventID)
		}
		if len(events) >= n || time.Now().After(until) {
			return events
		}
	}
}

// filterErrors returns how many there are, once there are n.
func (c *client) filterErrors(webhook string, n int) int {
	c.t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var w struct{ FilterErrors struct{ Count int } }
		c.call(http.MethodGet, "webhooks/"+webhook, nil, &w)
		if w.FilterErrors.Count >= n || time.Now().After(until) {
			return w.FilterErrors.Count
		}
	}
}

var conformanceData = []string{
	`{"n":0,"text":"Where is my refund? REFUND!","tags":["vip","nl"],"items":[{"n":1},{"n":6}],"price":1e309,"big":9007199254740993}`,
	`{"n":5,"text":"Hallo, wo ist mein Päckchen? 日本語","tags":[],"items":[],"price":10,"big":9007199254740992,"null":null}`,
	`{"n":-2.5,"text":"","tags":"vip","items":{"a":1},"price":"12.50","big":"9007199254740993","nested":{"deep":{"er":[1,[2,[3]]]}}}`,
	`{"n":"5","text":7,"tags":null,"items":[1,"a",null,true,2.5],"big":18446744073709551616,"when":"2026-11-22T19:00:00Z"}`,
	`{}`,
	`{"text":"` + strings.Repeat("a", 60_000) + `","items":[` + strings.TrimSuffix(strings.Repeat("1,", 1000), ",") + `],"n":1}`,
}

var conformance = func() (filters []string) {
	for _, field := range []string{"n", "price", "big", "items", "missing"} {
		for _, rest := range []string{" == 5", " != 5", " > 1", " <= 5.0", " == 9007199254740993", " == null", " + 1.0 > 2.0", " in [0, 5, 9007199254740993]", ".size() == 0"} {
			filters = append(filters, "data."+field+rest)
		}
		filters = append(filters, fmt.Sprintf("has(data.%s)", field), fmt.Sprintf("!has(data.%s) || data.%s != 0", field, field),
			fmt.Sprintf("type(data.%s) == double", field), fmt.Sprintf("int(data.%s) > 3", field), fmt.Sprintf("string(data.%s) == '5'", field))
	}
	return append(filters,
		`data.text.contains("refund")`, `data.text.matches("(?i)refund")`, `data.text.matches("(?i)^where.*!$")`, `data.text.matches("(.*a){20}b")`,
		`data.text.startsWith("Hallo")`, `data.text.endsWith("語")`, `data.text.size() > 10`, `size(data.text) == 0`, `data.text + "x" == "x"`,
		`"vip" in data.tags`, `data.tags.exists(x, x == "nl")`, `data.tags.all(x, x != "nl")`, `data.tags.exists_one(x, true)`,
		`data.items.exists(x, x.n > 5)`, `data.items.map(x, x.n).size() == 2`, `data.items.filter(x, x == 1).size() > 0`, `data.items[0] == 1`,
		`data.items.all(a, data.items.all(b, a == b))`, `data.nested.deep.er == [1, [2, [3]]]`, `data["n"] == 5`, `data.items == {"a": 1}`,
		`event == "custom.order"`, `event.startsWith("custom.")`, `sequence == 0`, `conversationId == ""`, `id.startsWith("evt_")`, `apiVersion == "1"`,
		`createdAt > timestamp("2020-01-01T00:00:00Z")`, `createdAt.getFullYear() > 2020`, `createdAt.getHours("Europe/Berlin") >= 0`,
		`timestamp(data.when) < createdAt`, `duration(data.text) > duration("1s")`, `1 / int(data.n) > 0`, `double(data.price) > 12.0`,
		`data.text.matches(data.text)`, `true`, `false`, `data.missing || true`, `data.n > 0 ? data.n < 3 : data.text == ""`, `!(data.n == 0)`,
		`data.size() > 3`, `dyn(data.n) == data.n`, `data.n == data.n`, `-data.n < 0`, `data.n * 2.0 >= 2.0`, `data.big > data.price`, `bytes(data.text) == b""`)
}()
