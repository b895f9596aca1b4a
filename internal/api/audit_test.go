package api

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// What the guard finds out reaches the store's writes, whoever calls.
func TestWritesKnowTheirActor(t *testing.T) {
	w := newWorld()
	handler := serve(t, w.options())
	keyID := w.keys[key].ID.String()
	for _, test := range []struct {
		request
		want bot9.Actor
	}{
		{request{as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`}, bot9.Actor{Type: bot9.ByKey, ID: keyID, Name: "first", IP: "192.0.2.1"}},
		{
			request{as: developer, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`},
			bot9.Actor{Type: bot9.ByMember, ID: w.members[2].ID.String(), Name: developer, IP: "192.0.2.1"},
		},
		{
			request{as: developer, call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"b"}`, header: map[string]string{"Idempotency-Key": "once"}},
			bot9.Actor{Type: bot9.ByMember, ID: w.members[2].ID.String(), Name: developer, IP: "192.0.2.1"},
		},
	} {
		w.audit = nil
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, test.make(w))
		if rec.Code != 201 || len(w.audit) != 1 || w.audit[0].Actor != test.want {
			t.Errorf("%s as %s: %d, %+v; want %+v", test.call, test.as, rec.Code, w.audit, test.want)
		}
	}
}

func TestAuditLog(t *testing.T) {
	w := newWorld()
	for _, action := range []bot9.AuditAction{bot9.AuditWebhookChanged, bot9.AuditKeyRevoked, bot9.AuditMemberInvited} {
		w.audit = append(w.audit, bot9.AuditRecord{
			ID: bot9.AuditID(w.id()), AccountID: 1, Action: action, Actor: bot9.Actor{Type: bot9.ByOperator},
			Changes: bot9.AuditChanges{"name": {From: "a", To: "b"}},
		})
	}
	w.audit = append(w.audit, bot9.AuditRecord{ID: bot9.AuditID(w.id()), AccountID: 2, Action: "strangers"})
	run(t, w, []request{
		{
			name: "a page", as: admin, call: "GET /api/auth/audit", status: 200,
			want: []string{`"action":"webhookChanged"`, `"actor":{"type":"operator"`, `"changes":{"name":{"from":"a","to":"b"}}`, `"nextCursor":"`}, not: []string{"strangers", "keyRevoked"},
		},
		{name: "by action", as: owner, call: "GET /api/auth/audit?action=memberInvited", status: 200, want: []string{"memberInvited", `"nextCursor":null`}, not: []string{"webhookChanged"}},
		{name: "none", as: owner, call: "GET /api/auth/audit?action=nothing", status: 200, want: []string{`{"data":[],"nextCursor":null}`}},
		{name: "wrong time", as: admin, call: "GET /api/auth/audit?since=yesterday", status: 422, want: []string{"query.since"}},
		{name: "not for developers", as: developer, call: "GET /api/auth/audit", status: 403, want: []string{`"roleTooLow"`}},
		{name: "not for keys", as: key, call: "GET /api/auth/audit", status: 403, want: []string{`"sessionRequired"`}},
		{name: "nothing changes it", as: owner, call: "DELETE /api/auth/audit", status: 405},
	})
	rec := httptest.NewRecorder()
	q := request{as: admin, call: "GET /api/auth/audit?format=jsonl"}
	serve(t, w.options()).ServeHTTP(rec, q.make(w))
	lines := strings.Split(strings.TrimSpace(rec.Body.String()), "\n")
	if rec.Header().Get("Content-Type") != "application/jsonl" || len(lines) != 3 || !strings.HasPrefix(lines[2], `{"id":"aud_`) {
		t.Errorf("exported %d lines as %s:\n%s", len(lines), rec.Header().Get("Content-Type"), rec.Body)
	}
}

func TestShowingASecretIsRecorded(t *testing.T) {
	w := newWorld()
	w.webhooks = append(w.webhooks, bot9.Webhook{ID: bot9.WebhookID(w.id()), ChatbotID: w.bot(), AccountID: 1, Secrets: []bot9.Secret{{Text: "whsec_a"}}})
	id := w.webhooks[0].ID.String()
	run(t, w, []request{{as: developer, call: "GET /api/{bot}/webhooks/" + id + "/secret", status: 200, want: []string{"whsec_a"}}})
	if len(w.audit) != 1 || w.audit[0].Action != bot9.AuditWebhookSecretShown || w.audit[0].Object != id || w.audit[0].Actor.Name != developer {
		t.Errorf("recorded %+v", w.audit)
	}
}
