package api

import (
	"net/http/httptest"
	"testing"
)

func TestPeople(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "change the password", as: viewer, call: "POST /api/auth/password", body: `{"current":"right password","new":"battery staple"}`, status: 204},
		{name: "with a wrong one", as: viewer, call: "POST /api/auth/password", body: `{"current":"wrong zq9","new":"battery staple"}`, status: 422, want: []string{`"wrongPassword"`, "body.current"}, not: []string{"zq9"}},
		{name: "a key has no password", as: key, call: "POST /api/auth/password", body: `{"current":"a","new":"b"}`, status: 403, want: []string{`"sessionRequired"`}},
		{name: "reset by a link", call: "POST /api/auth/password/reset", body: `{"token":"reset token","new":"battery staple"}`, status: 204},
		{name: "by a used link", call: "POST /api/auth/password/reset", body: `{"token":"used","new":"battery staple"}`, status: 422, want: []string{`"invalidToken"`}},
		{name: "make a link", as: admin, call: "POST /api/auth/members/mem_38g4k4jvm0001/password-reset", status: 200, want: []string{`"token":"reset token"`, `"url":"https://bot9.example.com/reset?token=reset+token"`}},
		{name: "developers make none", as: developer, call: "POST /api/auth/members/mem_38g4k4jvm0001/password-reset", status: 403},
		{name: "sessions", as: viewer, call: "GET /api/auth/sessions", status: 200, want: []string{`"id":"ses_0000000000005"`, `"current":true`, `"agent":"viewer's browser"`}},
		{name: "end one", as: viewer, call: "DELETE /api/auth/sessions/ses_0000000000005", status: 204},
		{name: "end another's", as: viewer, call: "DELETE /api/auth/sessions/ses_0000000000006", status: 404},
		{name: "end the others", as: viewer, call: "DELETE /api/auth/sessions", status: 204},
		{name: "accounts", as: viewer, call: "GET /api/auth/accounts", status: 200, want: []string{`"name":"Acme"},"role":"viewer","current":true`, `"name":"Other"},"role":"viewer","current":false`}},
		{name: "switch", as: viewer, call: "POST /api/auth/accounts/switch", body: `{"accountId":"acc_0000000000009"}`, status: 200, want: []string{`"id":"acc_0000000000009"`}},
		{name: "take an invitation up", as: viewer, call: "POST /api/auth/invitations/accept", body: `{"inviteToken":"inv"}`, status: 200, want: []string{`"id":"acc_0000000000009"`}},
		{name: "delete the account", as: owner, call: "DELETE /api/auth/account", body: `{"password":"right password"}`, status: 204},
		{name: "an admin doesn't", as: admin, call: "DELETE /api/auth/account", body: `{"password":"right password"}`, status: 403},
	})
}

func TestLoginTellsWhereItComesFrom(t *testing.T) {
	w := newWorld()
	q := request{
		call: "POST /api/auth/login", body: `{"email":"a@example.com","password":"right password"}`,
		header: map[string]string{"Cookie": "__Host-bot9_device=known; bot9_device=planted", "User-Agent": "curl/8"},
	}
	serve(t, w.options()).ServeHTTP(httptest.NewRecorder(), q.make(w))
	if w.from.Device != "known" || w.from.Agent != "curl/8" || w.from.Address != "192.0.2.1" {
		t.Errorf("logged in from %+v", w.from)
	}
}
