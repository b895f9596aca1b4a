package api

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestAccount(t *testing.T) {
	const password = "hunter2-hunter2"
	cookie := []string{"Set-Cookie: __Host-bot9_session=fresh-token", "Set-Cookie: __Host-bot9_device=fresh-device", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"}
	run(t, newWorld(), []request{
		{
			name: "sign up", call: "POST /api/auth/signup", body: `{"email":"new@example.com","password":"` + password + `","name":"New"}`, status: 201,
			want: append(cookie, `"email":"new@example.com"`, `"chatbot":null`, `"role":"owner"`, `"id":"acc_`), not: []string{password},
		},
		{
			name: "sign up by invitation", call: "POST /api/auth/signup", body: `{"email":"new@example.com","password":"` + password + `","name":"New","inviteToken":"inv"}`, status: 201,
			want: append(cookie, `joined with inv`, `"role":"viewer"`),
		},
		{
			name: "weak password", call: "POST /api/auth/signup", body: `{"email":"new@example.com","password":"zq9","name":"New"}`, status: 422,
			want: []string{`"weakPassword"`, `"body.password"`}, not: []string{"zq9"},
		},
		{
			name: "password of the wrong type", call: "POST /api/auth/signup", body: `{"email":"new@example.com","password":{"a":"zq9"},"name":"New"}`, status: 422,
			want: []string{`"body.password"`}, not: []string{"zq9"},
		},
		{name: "password too long", call: "POST /api/auth/login", body: `{"email":"a@example.com","password":"` + strings.Repeat("zq9", 400) + `"}`, status: 422, not: []string{"zq9"}},
		{
			name: "log in", call: "POST /api/auth/login", body: `{"email":"owner@example.com","password":"right password"}`, status: 200,
			want: append(cookie, `"name":"Support"`), not: []string{"right password"},
		},
		{
			name: "wrong password", call: "POST /api/auth/login", body: `{"email":"owner@example.com","password":"` + password + `"}`, status: 401,
			want: []string{`"invalidCredentials"`, "Www-Authenticate"}, not: []string{password, "owner@"},
		},
		{name: "log out", as: owner, call: "POST /api/auth/logout", status: 204, want: []string{"Set-Cookie: __Host-bot9_session=;", "Max-Age=0"}},
		{name: "log out without a session", call: "POST /api/auth/logout", status: 204},
		{
			name: "who am I, session", as: viewer, call: "GET /api/auth/account", status: 200,
			want: []string{`"id":"acc_`, `"email":"viewer@example.com"`, `"name":"viewer"`, `"chatbot":{"id":"bot_`, `"role":"viewer"`}, not: []string{"passwordHash", "PasswordHash"},
		},
		{
			name: "who am I, key", as: key, call: "GET /api/auth/account", status: 200,
			want: []string{`"email":"owner@example.com"`, `"name":"Acme"`, `"chatbot":{"id":"bot_`, `"role":"developer"`}, not: []string{`"member"`},
		},
		{name: "chatbots in short, session", as: owner, call: "GET /api/auth/chatbot/", status: 200, want: []string{"\r\n[{\"id\":\"bot_"[2:]}},
		{name: "chatbots in short, key", as: key, call: "GET /api/auth/chatbot/", status: 200, want: []string{`[{"id":"bot_`, `"name":"Support"`}},
		{
			name: "create a chatbot", as: owner, call: "POST /api/chatbots", body: `{"name":"Sales"}`, status: 201,
			want: []string{`"id":"bot_`, `"name":"Sales"`, `"apiKey":{"id":"key_`, `"secret":"bot9_sk_fresh"`},
		},
		{name: "create a nameless chatbot", as: owner, call: "POST /api/chatbots", body: `{"name":""}`, status: 422, want: []string{`"body.name"`}},
		{name: "rename a chatbot", as: developer, call: "PATCH /api/chatbots/{bot}", body: `{"name":"Help"}`, status: 200, want: []string{`"name":"Help"`}},
		{name: "a key deletes no chatbot", as: key, call: "DELETE /api/chatbots/{bot}", status: 403, want: []string{`"sessionRequired"`}},
		{name: "a developer deletes no chatbot", as: developer, call: "DELETE /api/chatbots/{bot}", status: 403, want: []string{`"roleTooLow"`}},
		{name: "delete a chatbot", as: admin, call: "DELETE /api/chatbots/{bot}", status: 204},
	})
}

func TestMembersAndKeys(t *testing.T) {
	const unknown = `,"secretField":1}`
	run(t, newWorld(), []request{
		{name: "list members", as: admin, call: "GET /api/auth/members", status: 200, want: []string{`"data":[{"id":"mem_`, `"viewer@example.com"`}, not: []string{"stranger@"}},
		{
			name: "invite", as: owner, call: "POST /api/auth/members", body: `{"email":"a@example.com","role":"viewer"}`, status: 201,
			want: []string{`"status":"invited"`, `"inviteToken":"invite token"`, `"inviteUrl":"https://bot9.example.com/signup?invite=invite+token&email=a%40example.com"`},
		},
		{name: "invite with a typo", as: owner, call: "POST /api/auth/members", body: `{"email":"a@example.com","role":"viewer"` + unknown, status: 422, want: []string{`"unknownField"`, `"body.secretField"`}},
		{name: "invite as nothing", as: owner, call: "POST /api/auth/members", body: `{"email":"a@example.com","role":"king"}`, status: 422, want: []string{`"body.role"`}, not: []string{"king"}},
		{name: "change", as: owner, call: "PATCH /api/auth/members/mem_38g4k4jvm0001", body: `{"role":"admin"}`, status: 200, want: []string{`"role":"admin"`}},
		{name: "remove", as: owner, call: "DELETE /api/auth/members/mem_38g4k4jvm0001", status: 204},
		{name: "create a key", as: owner, call: "POST /api/{bot}/keys", body: `{"name":"prod"}`, status: 201, want: []string{`"secret":"bot9_sk_fresh"`, `"name":"prod"`, `"id":"key_`}},
		{
			name: "create a limited key", as: owner, call: "POST /api/{bot}/keys", body: `{"scopes":["events:write"],"expiresAt":"2030-01-01T00:00:00Z","allowedIps":["192.0.2.0/24"]}`, status: 201,
			want: []string{`"scopes":["events:write"]`, `"expiresAt":"2030-01-01T00:00:00.000Z"`, `"allowedIps":["192.0.2.0/24"]`},
		},
		{name: "create a key for nowhere", as: owner, call: "POST /api/{bot}/keys", body: `{"allowedIps":["nowhere"]}`, status: 422, want: []string{`"invalidAllowedIps"`}},
		{name: "create a key without a body", as: owner, call: "POST /api/{bot}/keys", status: 201},
		{name: "create a key with a typo", as: owner, call: "POST /api/{bot}/keys", body: `{"name":"prod"` + unknown, status: 422, want: []string{`"unknownField"`, `"body.secretField"`}},
		{name: "rotate, a day by default", as: owner, call: "POST /api/{bot}/keys/key_38g4k4jvm0001/rotate", status: 200, want: []string{`"secret":"bot9_sk_fresh"`, `"graceUntil":"1970-01-02T00:00:00.000Z"`}},
		{name: "rotate at once", as: owner, call: "POST /api/{bot}/keys/key_38g4k4jvm0001/rotate", body: `{"overlapSeconds":0}`, status: 200, not: []string{"graceUntil"}},
		{name: "rotate with too long an overlap", as: owner, call: "POST /api/{bot}/keys/key_38g4k4jvm0001/rotate", body: `{"overlapSeconds":604801}`, status: 422},
		{name: "revoke", as: owner, call: "DELETE /api/{bot}/keys/key_38g4k4jvm0001", status: 204},
	})
}

// Whoever changes keys must have them forgotten, else a revoked one goes on being taken.
func TestChangedKeysAreForgotten(t *testing.T) {
	for _, call := range []string{
		"POST /api/{bot}/keys/key_38g4k4jvm0001/rotate", "DELETE /api/{bot}/keys/key_38g4k4jvm0001", "DELETE /api/chatbots/{bot}",
	} {
		w := newWorld()
		q := request{as: owner, call: call}
		serve(t, w.options()).ServeHTTP(httptest.NewRecorder(), q.make(w))
		if w.forgotten != 1 {
			t.Errorf("%s: forgotten %d times", call, w.forgotten)
		}
	}
}

func TestConversations(t *testing.T) {
	w := newWorld()
	w.chatDeltas = []string{"Two ", "days"}
	c, _ := w.Start(t.Context(), w.bot(), bot9.StartInput{Status: bot9.StatusActive})
	one := "/api/{bot}/conversations/" + c.ID.String()
	run(t, w, []request{
		{
			name: "historic names", as: key, call: "POST /api/{bot}/conversations", status: 201,
			body: `{"Source":"website-widget","Status":"active","ExternalSessionId":"s1","user":{"name":"Ada","externalId":"u1","emailId":"ada@example.com"},"somethingElse":true}`,
			want: []string{`"id":"conv_`, `"chatbotId":"bot_`, `"endUserId":"usr_`, `"status":"active"`, `"source":"website-widget"`, `"externalSessionId":"s1"`, `"externalId":"u1"`, `"tags":[]`},
		},
		{name: "today's names", as: key, call: "POST /api/{bot}/conversations", status: 201, body: `{"source":"api","status":"needs_review","externalSessionId":null}`, want: []string{`"source":"api"`, `"needs_review"`}},
		{name: "empty", as: key, call: "POST /api/{bot}/conversations", status: 201, body: `{}`},
		{name: "wrong status", as: key, call: "POST /api/{bot}/conversations", status: 422, body: `{"Status":"weird"}`, want: []string{"body.status"}, not: []string{"weird"}},
		{name: "list", as: viewer, call: "GET /api/{bot}/conversations?status=needs_review", status: 200, want: []string{`"data":[{`, `"nextCursor":null`}, not: []string{`"status":"active"`}},
		{name: "get", as: key, call: "GET " + one, status: 200, want: []string{c.ID.String(), `"tags":[]`}},
		{name: "messages", as: key, call: "GET " + one + "/messages", status: 200, want: []string{`{"data":[],"nextCursor":null}`}},
		{name: "messages of no conversation", as: key, call: "GET /api/{bot}/conversations/conv_38g4k4jvm0001/messages", status: 404},
		{
			name: "chat", as: key, call: "POST " + one + "/chat", body: `{"message":"How long?","unknown":1}`, status: 200,
			want: []string{`"code":200`, `"message":"Two days"`, `"conversationId":"` + c.ID.String(), `"messageId":"msg_`, `"replyId":"msg_`, `"status":"active"`, `"answerFound":true`, `"topScore":0.5`, `"passages":[{`, `"matched":[]`, "Content-Type: application/json"},
		},
		{name: "chat without a message", as: key, call: "POST " + one + "/chat", body: `{"message":""}`, status: 422, want: []string{`"body.message"`}},
		{name: "chat in no conversation", as: key, call: "POST /api/{bot}/conversations/conv_38g4k4jvm0001/chat", body: `{"message":"a"}`, status: 404},
		{name: "append", as: key, call: "POST " + one + "/messages", body: `{"chatUser":"humanagent","message":"Hello","agentId":"a1","inReplyTo":"msg_38g4k4jvm0001"}`, status: 201, want: []string{`"chatUser":"humanagent"`, `"inReplyTo":"msg_38g4k4jvm0001"`}},
		{name: "append as system", as: key, call: "POST " + one + "/messages", body: `{"chatUser":"system","message":"Hello"}`, status: 422, want: []string{`"body.chatUser"`}},
		{name: "change, by name", as: owner, call: "PATCH " + one, body: `{"status":"needs_review","tags":["vip"]}`, status: 200, want: []string{`"needs_review"`, `"tags":["vip"]`, `"agentName":"owner"`}},
		{name: "change, by key", as: key, call: "PATCH " + one, body: `{"tags":[]}`, status: 200, want: []string{`"agentName":"api"`, `"tags":[]`}},
		{name: "review", as: key, call: "POST " + one + "/reviews", body: `{"score":5}`, status: 201, want: []string{`"score":5`}},
		{name: "review out of range", as: key, call: "POST " + one + "/reviews", body: `{"score":6}`, status: 422, want: []string{`"body.score"`}},
		{name: "rate", as: key, call: "POST " + one + "/messages/msg_38g4k4jvm0001/rating", body: `{"rating":1}`, status: 204},
		{name: "lead", as: key, call: "POST " + one + "/leads", body: `{"name":"Ada","fields":{"company":"Acme"}}`, status: 201, want: []string{`"name":"Ada"`}},
	})
}

func TestKnowledge(t *testing.T) {
	w := newWorld()
	mine, _ := w.CreateDocument(t.Context(), bot9.Document{ChatbotID: w.bot(), Title: "Mine"})
	theirs, _ := w.CreateDocument(t.Context(), bot9.Document{ChatbotID: w.strangersBot(), Title: "Theirs"})
	run(t, w, []request{
		{name: "create", as: key, call: "POST /api/{bot}/knowledge", body: `{"title":"Delivery","text":"Two days"}`, status: 201, want: []string{`"id":"doc_`}},
		{name: "first page", as: key, call: "GET /api/{bot}/knowledge?limit=1", status: 200, want: []string{`"nextCursor":"`, "Mine"}, not: []string{"Theirs"}},
		{name: "get", as: viewer, call: "GET /api/{bot}/knowledge/" + mine.ID.String(), status: 200, want: []string{"Mine"}},
		{name: "get another's", as: key, call: "GET /api/{bot}/knowledge/" + theirs.ID.String(), status: 404, not: []string{"Theirs"}},
		{name: "replace", as: key, call: "PUT /api/{bot}/knowledge/" + mine.ID.String(), body: `{"title":"New","text":"t"}`, status: 200, want: []string{"New"}},
		{
			name: "a curated answer", as: key, call: "POST /api/{bot}/knowledge", status: 201,
			body: `{"kind":"answer","title":"Parking","text":"Behind the house.","url":" https://shop.example/p ","questions":["Where  can I park?","Where can I park?"]}`,
			want: []string{`"kind":"answer"`, `"url":"https://shop.example/p"`, `"questions":["Where can I park?"]`},
		},
		{
			name: "what a document can't be", as: key, call: "POST /api/{bot}/knowledge", status: 422,
			body: `{"kind":"answer","title":"P","text":"` + strings.Repeat("x", 8_001) + `","url":"javascript:alert(1)","questions":["ok"," ","` + strings.Repeat("x", 301) + `"]}`,
			want: []string{`"validationFailed"`, `"body.text"`, `"body.url"`, `"body.questions[1]"`, `"body.questions[2]"`}, not: []string{`"body.questions[0]"`},
		},
		{name: "status", as: viewer, call: "GET /api/{bot}/knowledge/status", status: 200, want: []string{`"documents":`, `"meaning":"working"`, `"model":"a model"`}},
		{name: "of no kind", as: key, call: "POST /api/{bot}/knowledge", body: `{"kind":"x","title":"P","text":"t"}`, status: 422, want: []string{`"body.kind"`}},
		{name: "search", as: viewer, call: "POST /api/{bot}/knowledge/search", body: `{"q":"How long?"}`, status: 200, want: []string{`"nextCursor":null`}},
		{name: "search for two", as: key, call: "POST /api/{bot}/knowledge/search", body: `{"q":"How long?","limit":2}`, status: 200, want: []string{`"matched":[]`, `"score":0`}},
		{name: "delete", as: key, call: "DELETE /api/{bot}/knowledge/" + mine.ID.String(), status: 204},
	})
}

func TestWebhooks(t *testing.T) {
	w := newWorld()
	w.missed = 7
	made, _ := w.CreateWebhook(t.Context(), bot9.Webhook{
		ChatbotID: w.bot(), URL: "https://example.com", Events: []string{"*"}, Status: bot9.WebhookEnabled,
		Headers: map[string]string{"Authorization": "Bearer sesame"}, Secrets: []bot9.Secret{{Text: "whsec_current"}},
	})
	one := "/api/{bot}/webhooks/" + made.ID.String()
	run(t, w, []request{
		{
			name: "defaults", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com/hook","events":["messageReceived","messageReceived","custom.mine"]}`, status: 201,
			want: []string{
				`"secret":"whsec_fresh"`, `"id":"whk_`, `"events":["messageReceived","custom.mine"]`, `"ordering":"conversation"`, `"setAsideAfter":5`, `"timeoutSeconds":15`,
				`"retrySchedule":[5,30,120,600,1800,3600,7200,14400,28800,43200,86400,86400]`, `"signatures":["v1"]`, `"status":"enabled"`, `"headers":{}`,
			},
		},
		{
			name: "everything set", as: key, call: "POST /api/{bot}/webhooks", status: 201,
			body: `{"url":"https://example.com/hook","events":["*"],"ordering":"none","setAsideAfter":0,"timeoutSeconds":30,"retrySchedule":[],"maxInFlight":3,"rateLimit":2.5,"signatures":["v1","v1a"],"status":"disabled","description":"d","filter":"true"}`,
			want: []string{`"ordering":"none"`, `"setAsideAfter":0`, `"timeoutSeconds":30`, `"retrySchedule":[]`, `"maxInFlight":3`, `"rateLimit":2.5`, `"signatures":["v1","v1a"]`, `"publicKey":"whpk_MCow`, `"status":"disabled"`, `"disabledAt"`},
		},
		{
			name: "with a secret of one's own", as: key, call: "POST /api/{bot}/webhooks", status: 201,
			body: `{"url":"https://example.com/hook","events":["*"],"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`,
			want: []string{`"secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"`}, not: []string{"publicKey"},
		},
		{name: "a typo would lose a setting", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com/hook","events":["*"],"setAsideAfer":0}`, status: 422, want: []string{`"unknownField"`, `"body.setAsideAfer"`}},
		{name: "no URL", as: key, call: "POST /api/{bot}/webhooks", body: `{"events":["*"]}`, status: 422, want: []string{`"body.url"`, `"is required"`}},
		{name: "no events", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com/hook","events":[]}`, status: 422, want: []string{`"body.events"`}},
		{name: "unknown event", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com/hook","events":["ping","nonsense"]}`, status: 422, want: []string{`"unknownEventType"`, `"body.events[1]"`}, not: []string{"nonsense"}},
		{name: "private target", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://user:pass@localhost/hook","events":["*"]}`, status: 422, want: []string{`"targetNotAllowed"`, `"body.url"`}, not: []string{"localhost", "user:pass"}},
		{name: "list, without secrets", as: key, call: "GET /api/{bot}/webhooks", status: 200, want: []string{made.ID.String(), "Bearer sesame"}, not: []string{"whsec_"}},
		{name: "a viewer doesn't see header values", as: viewer, call: "GET " + one, status: 200, want: []string{"Authorization"}, not: []string{"sesame", "whsec_"}},
		{name: "another account's", as: strangerKey, call: "GET /api/{strangers}/webhooks/" + made.ID.String(), status: 404},
		{name: "another account changes it", as: strangerKey, call: "PATCH /api/{strangers}/webhooks/" + made.ID.String(), body: `{"status":"disabled"}`, status: 404},
		{name: "change", as: key, call: "PATCH " + one, body: `{"description":"mine","events":["ping"]}`, status: 200, want: []string{`"description":"mine"`, `"events":["ping"]`, "Bearer sesame"}, not: []string{`"missed"`}},
		{name: "change with a typo", as: key, call: "PATCH " + one, body: `{"evnets":["ping"]}`, status: 422, want: []string{`"unknownField"`, `"body.evnets"`}},
		{name: "move to a private target", as: key, call: "PATCH " + one, body: `{"url":"https://localhost"}`, status: 422, want: []string{`"targetNotAllowed"`}},
		{name: "pause", as: owner, call: "PATCH " + one, body: `{"status":"disabled"}`, status: 200, want: []string{`"disabledReason":"paused by owner"`, `"disabledAt"`}},
		{name: "resume, with what was missed", as: key, call: "PATCH " + one, body: `{"status":"enabled"}`, status: 200, want: []string{`"missed":{"count":7,"since":"2`, `"until":"2`}},
		{name: "test", as: key, call: "POST " + one + "/test", status: 200, want: []string{"answered 500 to ping", `"requestHeaders":{}`}},
		{name: "test with a sample", as: key, call: "POST " + one + "/test", body: `{"event":"messageReceived"}`, status: 200, want: []string{"answered 500 to messageReceived"}},
		{name: "test with what has no sample", as: key, call: "POST " + one + "/test", body: `{"event":"custom.mine"}`, status: 422, want: []string{`"unknownEventType"`}},
		{name: "secret", as: key, call: "GET " + one + "/secret", status: 200, want: []string{`{"secret":"whsec_current"}`}},
		{name: "rotate", as: key, call: "POST " + one + "/rotate-secret", body: `{"overlapSeconds":60}`, status: 200, want: []string{`"secret":"whsec_fresh"`, `"previousExpiresAt":"2`}},
		{name: "stats", as: viewer, call: "GET " + one + "/stats?window=7d", status: 200, want: []string{`"window":"7d"`, `"backlog":168`, `"series":[]`}},
		{name: "stats of a day by default", as: viewer, call: "GET " + one + "/stats", status: 200, want: []string{`"window":"24h"`, `"backlog":24`}},
		{name: "stats of a year", as: viewer, call: "GET " + one + "/stats?window=1y", status: 422, want: []string{`"query.window"`}},
		{name: "delete", as: key, call: "DELETE " + one, status: 204},
	})
}

// Pausing must work also where the target has become one that would be refused.
func TestPausingNeedsNoValidTarget(t *testing.T) {
	w := newWorld()
	made, _ := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: w.bot(), URL: "https://localhost", Events: []string{"*"}, Status: bot9.WebhookEnabled})
	one := "/api/{bot}/webhooks/" + made.ID.String()
	run(t, w, []request{
		{name: "pause", as: key, call: "PATCH " + one, body: `{"status":"disabled"}`, status: 200, want: []string{`"status":"disabled"`}},
		{name: "resume", as: key, call: "PATCH " + one, body: `{"status":"enabled"}`, status: 422},
	})
}

func TestRotatedSecrets(t *testing.T) {
	const now = bot9.Time(1_000_000)
	w := bot9.Webhook{Secrets: []bot9.Secret{{Text: "current"}, {Text: "previous", ExpiresAt: now + 50_000}, {Text: "gone", ExpiresAt: now}}}
	for _, test := range []struct {
		overlap time.Duration
		want    []bot9.Secret
	}{
		{100 * time.Second, []bot9.Secret{{Text: "fresh", CreatedAt: now}, {Text: "current", ExpiresAt: now + 100_000}, {Text: "previous", ExpiresAt: now + 50_000}}},
		{10 * time.Second, []bot9.Secret{{Text: "fresh", CreatedAt: now}, {Text: "current", ExpiresAt: now + 10_000}, {Text: "previous", ExpiresAt: now + 10_000}}},
		{0, []bot9.Secret{{Text: "fresh", CreatedAt: now}}},
	} {
		got := rotated(&w, "fresh", now, test.overlap)
		if len(got) != len(test.want) {
			t.Fatalf("overlap %s: %v", test.overlap, got)
		}
		for i := range got {
			if got[i] != test.want[i] {
				t.Errorf("overlap %s, secret %d: %v, want %v", test.overlap, i, got[i], test.want[i])
			}
		}
	}
}

func TestDeliveriesAndReplays(t *testing.T) {
	w := newWorld()
	ids, _ := w.AppendEvents(t.Context(), w.bot(), []bot9.NewEvent{{Type: "custom.mine", Data: []byte(`{"a":1}`)}})
	webhook, _ := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: w.bot()})
	failed := bot9.Delivery{ID: 21, WebhookID: webhook.ID, ChatbotID: w.bot(), EventID: ids[0], EventType: "custom.mine", Status: bot9.DeliveryFailed, Attempts: 13}
	pending := failed
	pending.ID, pending.Status, pending.EventID = 22, bot9.DeliveryPending, 99
	w.deliveries = []bot9.Delivery{failed, pending}
	path, hook := "/api/{bot}/deliveries/", "/api/{bot}/webhooks/"+webhook.ID.String()
	run(t, w, []request{
		{name: "list", as: viewer, call: "GET /api/{bot}/deliveries?status=failed&webhookId=" + webhook.ID.String(), status: 200, want: []string{failed.ID.String(), `"event":"custom.mine"`}, not: []string{pending.ID.String()}},
		{name: "list by a status that isn't", as: key, call: "GET /api/{bot}/deliveries?status=lost", status: 422, want: []string{`"query.status"`}},
		{name: "detail", as: viewer, call: "GET " + path + failed.ID.String(), status: 200, want: []string{`"event":{"event":"custom.mine","data":{"a":1},"id":"evt_`, `"attempts":[{"id":"att_`, `"attemptCount":13`, `"outcome":"timeout"`}},
		{name: "detail after retention", as: viewer, call: "GET " + path + pending.ID.String(), status: 200, want: []string{`"attempts":[`}, not: []string{`"event":`}},
		{name: "another account's", as: strangerKey, call: "GET /api/{strangers}/deliveries/" + failed.ID.String(), status: 404},
		{name: "retry", as: key, call: "POST " + path + failed.ID.String() + "/retry", status: 202, want: []string{failed.ID.String()}},
		{name: "retry what waits", as: key, call: "POST " + path + pending.ID.String() + "/retry", status: 409, want: []string{`"deliveryInBacklog"`}},
		{
			name: "replay", as: key, call: "POST " + hook + "/replay", body: `{"since":"2026-11-22T00:00:00Z","status":["failed"],"events":["ping"]}`, status: 202,
			want: []string{"Location: /api/bot_", "/replays/rpl_", `"status":"running"`, `"since":"2026-11-22T00:00:00.000Z"`},
		},
		{
			name: "a dry run only counts", as: key, call: "POST " + hook + "/replay", body: `{"since":"2026-11-22T00:00:00Z","dryRun":true}`, status: 200,
			want: []string{`{"count":42,"exact":true}`}, not: []string{"Location", "rpl_"},
		},
		{name: "replay of nothing", as: key, call: "POST " + hook + "/replay", body: `{"since":"2026-11-22T00:00:00Z","until":"2026-11-21T00:00:00Z"}`, status: 422, want: []string{`"body.until"`}},
		{name: "replay of what has not ended", as: key, call: "POST " + hook + "/replay", body: `{"since":"2026-11-22T00:00:00Z","status":["pending"]}`, status: 422, want: []string{`"body.status[0]"`, "succeeded, failed, canceled"}},
		{name: "replay since nonsense", as: key, call: "POST " + hook + "/replay", body: `{"since":"nonsense"}`, status: 422, want: []string{`"body.since"`}, not: []string{"nonsense"}},
		{name: "replay of an unknown type", as: key, call: "POST " + hook + "/replay", body: `{"since":"2026-11-22T00:00:00Z","events":["x"]}`, status: 422, want: []string{`"body.events[0]"`}},
		{name: "replay to another's", as: strangerKey, call: "POST /api/{strangers}/webhooks/" + webhook.ID.String() + "/replay", body: `{"since":"2026-11-22T00:00:00Z"}`, status: 404},
		{name: "list replays", as: viewer, call: "GET " + hook + "/replays", status: 200, want: []string{`"data":[{"id":"rpl_`}},
		{name: "list another's replays", as: viewer, call: "GET /api/{bot}/webhooks/whk_38g4k4jvm0001/replays", status: 404},
	})
	one := "/api/{bot}/replays/" + w.replays[0].ID.String()
	run(t, w, []request{
		{name: "get a replay", as: viewer, call: "GET " + one, status: 200, want: []string{`"status":"running"`}},
		{name: "cancel it", as: key, call: "POST " + one + "/cancel", status: 200, want: []string{`"status":"canceled"`}},
	})
}
