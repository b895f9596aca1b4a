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
		events, form, err := parseEvents(body, 77)
		if err != nil {
			if kind := bot9.KindOf(err); kind != bot9.Invalid && kind != bot9.Malformed {
				t.Fatalf("an error that isn't the caller's: %v", err)
			}
			return
		}
		if form == oneEvent && len(events) != 1 || len(events) == 0 || len(events) > maxEvents {
			t.Fatalf("form %d, %d events", form, len(events))
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

func TestEventsNameTheirConversation(t *testing.T) {
	w := newWorld()
	said := func(body string) bot9.NewEvent {
		t.Helper()
		run(t, w, []request{{name: "post", as: key, call: "POST /api/{bot}/events", body: body, status: 202}})
		return w.posted[len(w.posted)-1]
	}
	const data = `"data":{"message":"Hi","sender":"ada"}`
	const user = `{"externalId":"ada","name":"Ada","emailId":"ada@example.com","phone":"1"}`
	want := bot9.StartInput{Source: "sms", ExternalSessionID: "s-1"}
	want.User.ExternalID, want.User.Details = "ada", bot9.Details{Name: "Ada", EmailID: "ada@example.com", Phone: "1"}
	for name, body := range map[string]string{
		"plain":     `{"event":"messageReceived",` + data + `,"conversation":{"source":"sms","externalSessionId":"s-1","user":` + user + `}}`,
		"decoded":   `{"Event":"messageReceived",` + data + `,"conversation":{"source":"sms","externalSessionId":"s-1","user":` + user + `}}`,
		"in a list": `{"events":[{"event":"custom.a"},{"event":"messageReceived",` + data + `,"conversation":{"source":"sms","externalSessionId":"s-1","user":` + user + `}}]}`,
	} {
		e := said(body)
		if e.Session == nil || *e.Session != want {
			t.Errorf("%s: the session is %+v", name, e.Session)
		}
		if text := string(e.Data); !strings.Contains(text, `"source":"sms"`) || !strings.Contains(text, `"externalSessionId":"s-1"`) {
			t.Errorf("%s: the data is %s", name, text)
		}
	}
	e := said(`{"event":"custom.a","data":{},"conversation":{"externalSessionId":"s-1"}}`)
	if e.Session == nil || e.Session.ExternalSessionID != "s-1" {
		t.Errorf("without a source: %+v", e.Session)
	}
	const post = "POST /api/{bot}/events"
	run(t, w, []request{
		{name: "both", as: key, call: post, body: `{"event":"custom.a","conversationId":"conv_38g4k4jvm0001","conversation":{"externalSessionId":"s"}}`, status: 422, want: []string{`"body.conversation"`}},
		{name: "misspelt", as: key, call: post, body: `{"event":"custom.a","conversation":{"external_session_id":"s"}}`, status: 422, want: []string{`"unknownField"`, `"body.conversation.external_session_id"`}},
		{name: "mistyped", as: key, call: post, body: `{"event":"custom.a","conversation":{"externalSessionId":7}}`, status: 422, want: []string{`"body.conversation.externalSessionId"`}},
		{name: "an error of one", as: key, call: post, body: `{"events":[{"event":"custom.a"},{"event":"custom.a","conversation":{"externalSessionId":"refused"}}]}`, status: 422, want: []string{`"body.events[1].conversation.source"`}},
		{name: "an error of one in an array", as: key, call: post, body: `[{"event":"custom.a","conversation":{"externalSessionId":"refused"}}]`, status: 422, want: []string{`"body[0].conversation.source"`}},
		{name: "an error alone", as: key, call: post, body: `{"event":"custom.a","data":{},"conversation":{"externalSessionId":"refused"}}`, status: 422, want: []string{`"body.conversation.source"`}},
		{name: "a wrong one of several", as: key, call: post, body: `{"events":[{"event":"custom.a"},{"event":"nope"}]}`, status: 422, want: []string{`"body.events[1].event"`}},
		{name: "no list", as: key, call: post, body: `{"events":{}}`, status: 422, want: []string{`"body.events"`}},
		{name: "an empty list", as: key, call: post, body: `{"events":[]}`, status: 422, want: []string{`"body.events"`}},
		{name: "several and one", as: key, call: post, body: `{"event":"custom.a","events":[]}`, status: 422, want: []string{`"body.events"`}},
		{name: "several are answered as several", as: key, call: post, body: `{"events":[{"event":"custom.a"}]}`, status: 202, want: []string{`"ids":["`}},
	})
}

func TestListsByExternalSession(t *testing.T) {
	w := newWorld()
	start := func(session string) bot9.ConversationID {
		c, err := w.Start(t.Context(), w.bot(), bot9.StartInput{ExternalSessionID: session})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.AppendEvents(t.Context(), w.bot(), []bot9.NewEvent{{Type: "custom." + session, Data: []byte(`{}`), ConversationID: c.ID}})
		if err != nil {
			t.Fatal(err)
		}
		return c.ID
	}
	first, second := start("one"), start("two")
	run(t, w, []request{
		{name: "conversations", as: viewer, call: "GET /api/{bot}/conversations?externalSessionId=one", status: 200, want: []string{first.String()}, not: []string{second.String()}},
		{name: "events", as: viewer, call: "GET /api/{bot}/events?externalSessionId=one", status: 200, want: []string{"custom.one"}, not: []string{"custom.two"}},
		{name: "events of both", as: viewer, call: "GET /api/{bot}/events?externalSessionId=one&externalSessionId=two", status: 200, want: []string{"custom.one", "custom.two"}},
		{name: "events of another conversation", as: viewer, call: "GET /api/{bot}/events?externalSessionId=one&conversationId=" + second.String(), status: 200, want: []string{`"data":[]`}},
		{name: "events of none", as: viewer, call: "GET /api/{bot}/events?externalSessionId=three", status: 200, want: []string{`"data":[]`}},
		{name: "deliveries of none", as: viewer, call: "GET /api/{bot}/deliveries?externalSessionId=three", status: 200, want: []string{`"data":[]`}},
	})
}

// BenchmarkParseEvents is what it costs to read and check an event as integrators post it.
func BenchmarkParseEvents(b *testing.B) {
	for name, conversation := range map[string]string{
		"id":      `"conversationId":"conv_38g4k4jvm0001"`,
		"session": `"conversation":{"source":"whatsapp","externalSessionId":"session-8f2c"}`,
	} {
		body := []byte(`{"event":"messageReceived",` + conversation + `,"data":` + string(sample("messageReceived")) + `}`)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := parseEvents(body, 1<<50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
