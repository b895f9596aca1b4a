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

func TestSecondFactor(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "set up", as: viewer, call: "POST /api/auth/totp", body: `{"password":"right password"}`, status: 200, want: []string{`"secret":"SECRET"`, `"url":"otpauth://`}},
		{name: "confirm", as: viewer, call: "POST /api/auth/totp/confirm", body: `{"code":"123456"}`, status: 200, want: []string{`"recoveryCodes":["aaaa-bbbb"]`}},
		{name: "confirm by a wrong code", as: viewer, call: "POST /api/auth/totp/confirm", body: `{"code":"000000"}`, status: 422, want: []string{`"invalidCode"`}},
		{name: "switch off", as: viewer, call: "POST /api/auth/totp/disable", body: `{"password":"right password","code":"123456"}`, status: 204},
		{name: "what the account asks for", as: viewer, call: "GET /api/auth/security", status: 200, want: []string{`"requireSecondFactor":true`}},
		{name: "ask for it", as: owner, call: "PATCH /api/auth/security", body: `{"requireSecondFactor":true}`, status: 200, want: []string{`"requireSecondFactor":true`}},
		{name: "admins don't", as: admin, call: "PATCH /api/auth/security", body: `{"requireSecondFactor":false}`, status: 403},
		{name: "a key has none", as: key, call: "POST /api/auth/totp", body: `{"password":"a"}`, status: 403, want: []string{`"sessionRequired"`}},
	})
	w := newWorld()
	w.factorMissing = true
	run(t, w, []request{
		{name: "without the factor nothing goes", as: owner, call: "GET /api/{bot}/webhooks", status: 403, want: []string{`"secondFactorMissing"`}},
		{name: "nor members", as: owner, call: "GET /api/auth/members", status: 403, want: []string{`"secondFactorMissing"`}},
		{name: "but setting it up", as: owner, call: "POST /api/auth/totp", body: `{"password":"right password"}`, status: 200},
		{name: "and knowing who one is", as: owner, call: "GET /api/auth/account", status: 200},
		{name: "and logging out", as: owner, call: "POST /api/auth/logout", status: 204},
		{name: "keys go on", as: key, call: "GET /api/{bot}/webhooks", status: 200},
	})
}

func TestLoginTakesTheCode(t *testing.T) {
	w := newWorld()
	q := request{call: "POST /api/auth/login", body: `{"email":"a@example.com","password":"right password","code":"123456"}`}
	serve(t, w.options()).ServeHTTP(httptest.NewRecorder(), q.make(w))
	if w.from.Code != "123456" {
		t.Errorf("logged in from %+v", w.from)
	}
}
