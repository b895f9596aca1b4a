package api

import (
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func TestReceivers(t *testing.T) {
	w := newWorld()
	mine := bot9.Receiver{ID: bot9.ReceiverID(w.id()), ChatbotID: w.bot(), Token: "mine", Secret: "whsec_hidden"}
	strangers := bot9.Receiver{ID: bot9.ReceiverID(w.id()), ChatbotID: w.strangersBot(), Token: "theirs"}
	w.receivers = []bot9.Receiver{mine, strangers}
	w.received = []bot9.ReceivedRequest{{ID: 5, ReceiverID: mine.ID, Body: "arrived", Headers: map[string]string{}}}
	one := "/api/{bot}/receivers/" + mine.ID.String()
	theirs := "/api/{bot}/receivers/" + strangers.ID.String()
	const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	run(t, w, []request{
		{
			name: "create", as: developer, call: "POST /api/{bot}/receivers", status: 201,
			want: []string{`"id":"rcv_`, `"url":"https://bot9.example.com/receiver/fresh-token"`, `"hasSecret":false`, `"answerStatus":0`},
		},
		{
			name: "create with a secret", as: key, call: "POST /api/{bot}/receivers", body: `{"secret":"` + secret + `","answerStatus":503,"delaySeconds":2.5}`, status: 201,
			want: []string{`"hasSecret":true`, `"answerStatus":503`, `"delaySeconds":2.5`}, not: []string{secret},
		},
		{name: "no secret at all", as: key, call: "POST /api/{bot}/receivers", body: `{"secret":"zq9"}`, status: 422, want: []string{`"invalidSecret"`, `"body.secret"`}, not: []string{"zq9"}},
		{name: "no final status", as: key, call: "POST /api/{bot}/receivers", body: `{"answerStatus":102}`, status: 422, want: []string{`"body.answerStatus"`}},
		{name: "too long a delay", as: key, call: "POST /api/{bot}/receivers", body: `{"delaySeconds":31}`, status: 422, want: []string{`"body.delaySeconds"`}},
		{name: "a viewer creates none", as: viewer, call: "POST /api/{bot}/receivers", status: 403},
		{name: "list", as: viewer, call: "GET /api/{bot}/receivers", status: 200, want: []string{`/receiver/mine"`, `/receiver/fresh-token"`}, not: []string{"theirs", "whsec_"}},
		{name: "get", as: viewer, call: "GET " + one, status: 200, want: []string{`"hasSecret":true`}, not: []string{"whsec_"}},
		{name: "what arrived", as: viewer, call: "GET " + one + "/requests", status: 200, want: []string{`"body":"arrived"`, `"id":"rrq_`, `"nextCursor":null`}},
		{name: "change", as: developer, call: "PATCH " + one, body: `{"answerStatus":500,"secret":""}`, status: 200, want: []string{`"answerStatus":500`, `"hasSecret":false`}},
		{name: "a viewer changes none", as: viewer, call: "PATCH " + one, body: `{}`, status: 403},
		{name: "delete", as: developer, call: "DELETE " + one, status: 204},
		{name: "another account's", as: developer, call: "GET " + theirs, status: 404},
		{name: "another account's requests", as: developer, call: "GET " + theirs + "/requests", status: 404},
		{name: "another account's, changed", as: developer, call: "PATCH " + theirs, body: `{}`, status: 404},
		{name: "another account's, deleted", as: developer, call: "DELETE " + theirs, status: 404},
	})
}
