package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestEvents(t *testing.T) {
	w := newWorld()
	received := string(sample("messageReceived"))
	many := func(n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(`{"event":"custom.a","data":{}},`, n), ",") + "]"
	}
	run(t, w, []request{
		{name: "one", as: key, call: "POST /api/{bot}/events", body: `{"event":"messageReceived","data":` + received + `}`, status: 202, want: []string{`{"id":"evt_`, "Content-Type: application/json"}},
		{name: "many", as: key, call: "POST /api/{bot}/events", body: ` [{"event":"custom.a","data":{"x":1}},{"event":"custom.b"}]`, status: 202, want: []string{`{"ids":["evt_`, `","evt_`}},
		{name: "an array of one", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.c"}]`, status: 202, want: []string{`{"ids":["evt_`}},
		{name: "a thousand", as: key, call: "POST /api/{bot}/events", body: many(1000), status: 202},
		{name: "more", as: key, call: "POST /api/{bot}/events", body: many(1001), status: 422, want: []string{"1000"}},
		{name: "none", as: key, call: "POST /api/{bot}/events", body: `[]`, status: 422, want: []string{`"body"`}},
		{name: "over 1 MiB", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.big","data":{"x":"` + strings.Repeat("x", 2<<20) + `"}}`, status: 202},
		{name: "over 4 MiB", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.big","data":{"x":"` + strings.Repeat("x", 4<<20) + `"}}`, status: 413, want: []string{`"bodyTooLarge"`}},
		{name: "broken", as: key, call: "POST /api/{bot}/events", body: `{"event":"secret`, status: 400, want: []string{`"malformedJson"`}, not: []string{"secret"}},
		{name: "broken array", as: key, call: "POST /api/{bot}/events", body: `[{"event":"secret"`, status: 400, want: []string{`"malformedJson"`}, not: []string{"secret"}},
		{name: "empty", as: key, call: "POST /api/{bot}/events", status: 400, want: []string{`"malformedJson"`}},
		{name: "null", as: key, call: "POST /api/{bot}/events", body: `null`, status: 422},
		{name: "unknown type", as: key, call: "POST /api/{bot}/events", body: `{"event":"secret","data":{}}`, status: 422, want: []string{`"unknownEventType"`, `"body.event"`}, not: []string{"secret"}},
		{
			name: "one of many is wrong", as: key, call: "POST /api/{bot}/events", status: 422,
			body: `[{"event":"custom.never"},{"event":"messageReceived","data":{}},{"event":"messageReceived","data":` + strings.Replace(received, `"senderType":"user"`, `"senderType":"secret"`, 1) + `}]`,
			want: []string{`"invalidEventData"`, `"body[1].data.message"`, `"body[1].data.sender"`, `"body[2].data.senderType"`}, not: []string{"secret"},
		},
		{name: "of an unknown conversation", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a","conversationId":"` + missingConversation.String() + `"}`, status: 422, want: []string{`"unknownConversation"`, `"body.conversationId"`}},
		{name: "one of many of an unknown conversation", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.a"},{"event":"custom.a","conversationId":"` + missingConversation.String() + `"}]`, status: 422, want: []string{`"unknownConversation"`, `"body[1].conversationId"`}},
		{name: "mistyped", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.a"},{"event":4711}]`, status: 422, want: []string{`"body[1].event"`, "Expected a string."}, not: []string{"4711"}},
		{name: "mistyped alone", as: key, call: "POST /api/{bot}/events", body: `{"event":["secret"]}`, status: 422, want: []string{`"body.event"`}, not: []string{"secret"}},
		{name: "no object", as: key, call: "POST /api/{bot}/events", body: `"secret"`, status: 422, not: []string{"secret"}},
		{name: "data is no object", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a","data":[1]}`, status: 422, want: []string{`"body.data"`}},
		{name: "no conversation's ID", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.a","conversationId":"secret"}]`, status: 422, want: []string{`"body[0].conversationId"`}, not: []string{"secret"}},
		{name: "a viewer posts none", as: viewer, call: "POST /api/{bot}/events", body: `{"event":"custom.a"}`, status: 403},
		{name: "list", as: viewer, call: "GET /api/{bot}/events?event=custom.b", status: 200, want: []string{`"event":"custom.b"`, `"data":{"chatbotId":"` + w.bot().String() + `"}`, `"apiVersion":"1"`}, not: []string{"custom.a"}},
		{name: "nothing of what was refused is stored", as: viewer, call: "GET /api/{bot}/events?event=custom.never", status: 200, want: []string{`"data":[]`}},
		{name: "another account's", as: strangerKey, call: "GET /api/{strangers}/events", status: 200, want: []string{`"data":[]`}},
		{name: "catalog", as: viewer, call: "GET /api/{bot}/event-types", status: 200, want: []string{`"name":"messageReceived"`, `"schema":{`, `"sample":{`, `"when":`}},
	})
	run(t, w, []request{
		{name: "get", as: viewer, call: "GET /api/{bot}/events/" + w.events[0].ID.String(), status: 200, want: []string{`{"event":"messageReceived","data":{`, `"createdAt":"`}},
		{name: "get another's", as: strangerKey, call: "GET /api/{strangers}/events/" + w.events[0].ID.String(), status: 404},
		{name: "after", as: viewer, call: "GET /api/{bot}/events?limit=1&after=" + w.events[0].ID.String(), status: 200, want: []string{w.events[1].ID.String()}, not: []string{w.events[2].ID.String()}},
	})
}

func TestEventsInALoopAreRefused(t *testing.T) {
	w := newWorld()
	own, err := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: w.bot()})
	if err != nil {
		t.Fatal(err)
	}
	const call, body = "POST /api/{bot}/events", `{"event":"custom.mine","data":{}}`
	from := func(webhook, hops string) map[string]string {
		return map[string]string{"Bot9-Webhook-Id": webhook, "Bot9-Hops": hops}
	}
	loop := []string{`"code":"webhookLoop"`, `"title":"Loop Detected"`}
	run(t, w, []request{
		{name: "from the chatbot's own webhook", as: key, call: call, body: body, header: from(own.ID.String(), "1"), status: 508, want: append(loop, own.ID.String())},
		{name: "with no count", as: key, call: call, body: body, header: from(own.ID.String(), ""), status: 508, want: loop},
		{name: "through too many webhooks", as: key, call: call, body: body, header: from("whk_38g4k4jvm0001", "5"), status: 508, want: loop},
		{name: "through some", as: key, call: call, body: body, header: from("whk_38g4k4jvm0001", "4"), status: 202},
		{name: "from another's webhook", as: strangerKey, call: "POST /api/{strangers}/events", body: body, header: from(own.ID.String(), "1"), status: 202},
		{name: "with a count that is none", as: key, call: call, body: body, header: from("", "many"), status: 202},
		{name: "by anybody else", as: key, call: call, body: body, status: 202},
	})
	var hops []int
	for _, event := range w.events {
		hops = append(hops, event.Hops)
	}
	if want := []int{4, 1, 1, 0}; !slices.Equal(hops, want) {
		t.Errorf("hops %v, want %v", hops, want)
	}
}

// Whatever the caller says of the chatbot, the event says whose it is.
func TestEventsAreOfTheCallersChatbot(t *testing.T) {
	w := newWorld()
	q := request{as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a","data":{"chatbotId":"` + w.strangersBot().String() + `","x":1}}`}
	serve(t, w.options()).ServeHTTP(httptest.NewRecorder(), q.make(w))
	if got, want := string(w.events[0].Data), fmt.Sprintf(`{"chatbotId":"%s","x":1}`, w.bot()); got != want {
		t.Errorf("stored %s, want %s", got, want)
	}
}

func TestComplaintsAreBounded(t *testing.T) {
	body := "[" + strings.TrimSuffix(strings.Repeat(`{"event":"x"},`, 1000), ",") + "]"
	_, _, err := parseEvents([]byte(body), 1)
	e, ok := errors.AsType[*bot9.Error](err)
	if !ok || len(e.Fields) != maxComplaints {
		t.Errorf("%v, want %d complaints", err, maxComplaints)
	}
}

func FuzzParseEvents(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `{}`, `[]`, `[null]`, `{"event":"custom.a"}`, `{"event":"custom.a","data":null}`, ` [{"event":"custom.a","data":{"chatbotId":1}}]`,
		`{"event":"messageReceived","data":` + string(sample("messageReceived")) + `}`, `[{"event":"ping","data":{}},{"event":1}]`, `{"EVENT":"custom.a","Data":{"a":[{}]}}`,
		`{"event":"custom.a","data":{"a":1e999},"conversationId":"conv_38g4k4jvm0001"}`, `[[`, `{"event":"custom.a"} {}`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		events, single, err := parseEvents(body, 77)
		if err != nil {
			if kind := bot9.KindOf(err); kind != bot9.Invalid && kind != bot9.Malformed {
				t.Fatalf("an error that isn't the caller's: %v", err)
			}
			return
		}
		if single && len(events) != 1 || len(events) == 0 || len(events) > maxEvents {
			t.Fatalf("single %t, %d events", single, len(events))
		}
		for _, event := range events {
			var data map[string]json.RawMessage
			if err := json.Unmarshal(event.Data, &data); err != nil {
				t.Fatalf("data %s: %v", event.Data, err)
			}
			if string(data["chatbotId"]) != `"`+bot9.ChatbotID(77).String()+`"` {
				t.Fatalf("data of another chatbot: %s", event.Data)
			}
		}
	})
}

// BenchmarkParseEvents is what it costs to read and check an event as integrators post it.
func BenchmarkParseEvents(b *testing.B) {
	body := []byte(`{"event":"messageReceived","conversationId":"conv_38g4k4jvm0001","data":` + string(sample("messageReceived")) + `}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := parseEvents(body, 1<<50); err != nil {
			b.Fatal(err)
		}
	}
}
