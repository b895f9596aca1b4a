package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestPreview(t *testing.T) {
	w := newWorld()
	ids, err := w.AppendEvents(t.Context(), w.bot(), []bot9.NewEvent{
		{Type: "custom.order", Data: []byte(`{"total":5}`)}, {Type: "custom.order", Data: []byte(`{"total":6}`)}, {Type: "ping", Data: []byte(`{"total":7}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	const call = "POST /api/{bot}/webhooks/preview"
	run(t, w, []request{
		{
			name: "newest first", as: viewer, call: call, body: `{"filter":"5"}`, status: 200,
			want: []string{`"matched":1,"evaluated":3,"results":[{"eventId":"` + ids[2].String(), `"event":"custom.order"`, `"match":true`}, not: []string{"reason"},
		},
		{name: "every event without a filter", as: key, call: call, body: `{}`, status: 200, want: []string{`"matched":3,"evaluated":3`}},
		{name: "of the chosen types", as: key, call: call, body: `{"events":["custom.*"],"filter":"7"}`, status: 200, want: []string{`"matched":0,"evaluated":2`}},
		{name: "one event", as: key, call: call, body: `{"eventId":"` + ids[1].String() + `","filter":"6"}`, status: 200, want: []string{`"matched":1,"evaluated":1`}},
		{name: "why not", as: key, call: call, body: `{"filter":"costly"}`, status: 200, want: []string{`"match":false,"reason":"tooCostly"`}},
		{name: "none at all", as: strangerKey, call: "POST /api/{strangers}/webhooks/preview", body: `{}`, status: 200, want: []string{`{"matched":0,"evaluated":0,"results":[]}`}},
		{name: "a filter that is none", as: key, call: call, body: `{"filter":"broken"}`, status: 422, want: []string{`"invalidFilter"`, `"body.filter"`}},
		{name: "a type that is none", as: key, call: call, body: `{"events":["nonsense"]}`, status: 422, want: []string{`"unknownEventType"`, `"body.events[0]"`}},
		{name: "what isn't there yet", as: key, call: call, body: `{"format":"slack"}`, status: 422, want: []string{`"unknownField"`}},
		{name: "another's event", as: strangerKey, call: "POST /api/{strangers}/webhooks/preview", body: `{"eventId":"` + ids[0].String() + `"}`, status: 404},
		{name: "no event", as: key, call: call, body: `{"eventId":"evt_38g4k4jvm0001"}`, status: 404},
		{name: "another's chatbot", as: strangerKey, call: call, body: `{}`, status: 404},
		{name: "nobody", call: call, body: `{}`, status: 401},
	})
}
