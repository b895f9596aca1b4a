package api

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const shop = "https://shop.example"

func fromShop(more ...string) map[string]string {
	header := map[string]string{"Origin": shop}
	for i := 0; i+1 < len(more); i += 2 {
		header[more[i]] = more[i+1]
	}
	return header
}

// visitedWorld has a widget that shop may embed, and a visitor with a conversation.
func visitedWorld() *world {
	w := newWorld()
	widget := bot9.NewWidget(w.bot())
	widget.AllowedOrigins, widget.IdentitySecret = []string{shop}, "bot9_is_secret"
	c := bot9.Conversation{ID: bot9.ConversationID(w.id()), ChatbotID: w.bot(), Status: bot9.StatusActive}
	w.conversations = append(w.conversations, c)
	w.messages = []bot9.Message{
		{ID: bot9.MessageID(w.id()), ConversationID: c.ID, ChatUser: bot9.SpeakerUser, Text: "Hello"},
		{ID: bot9.MessageID(w.id()), ConversationID: c.ID, ChatUser: bot9.SpeakerSystem, Text: "for agents only"},
		{ID: bot9.MessageID(w.id()), ConversationID: c.ID, ChatUser: bot9.SpeakerBot, Text: "Hi"},
	}
	w.visiting = visitorWorld{widget: &widget, visitor: bot9.Visitor{ConversationID: c.ID, EndUserID: bot9.EndUserID(w.id())}}
	return w
}

func TestWidgetSettings(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "as it is at first", as: viewer, call: "GET /api/{bot}/widget", status: 200, want: []string{`"enabled":true`, `"allowedOrigins":[]`, `"position":"right"`, `Etag: "`}, not: []string{"identitySecret"}},
		{name: "an admin sees the secret", as: admin, call: "GET /api/{bot}/widget", status: 200, want: []string{`"identitySecret":"bot9_is_secret"`}},
		{name: "a key doesn't", as: key, call: "GET /api/{bot}/widget", status: 200, not: []string{"bot9_is_secret"}},
		{name: "changed", as: developer, call: "PATCH /api/{bot}/widget", body: `{"allowedOrigins":["https://shop.example/","https://shop.example"],"title":"Help","lead":{"when":"start"},"suggestions":["How long?"]}`, status: 200, want: []string{`"allowedOrigins":["https://shop.example"]`, `"title":"Help"`, `"when":"start","fields":["name","emailId"]`}, not: []string{"bot9_is_secret"}},
		{name: "removed", as: developer, call: "PATCH /api/{bot}/widget", body: `{"title":null,"suggestions":null}`, status: 200, want: []string{`"title":""`, `"suggestions":[]`}},
		{name: "a wildcard", as: developer, call: "PATCH /api/{bot}/widget", body: `{"allowedOrigins":["https://a.example","https://*.shop.example"]}`, status: 422, want: []string{`"invalidOrigin"`, `body.allowedOrigins[1]`}},
		{name: "a colour by its name", as: developer, call: "PATCH /api/{bot}/widget", body: `{"color":"red"}`, status: 422, want: []string{"body.color"}},
		{name: "a language of the moon", as: developer, call: "PATCH /api/{bot}/widget", body: `{"locale":"xx"}`, status: 422, want: []string{"body.locale"}},
		{name: "asks for nothing", as: developer, call: "PATCH /api/{bot}/widget", body: `{"lead":{"when":"start","fields":[]}}`, status: 422, want: []string{`"invalidWidget"`, "body.lead.fields"}},
		{name: "an empty suggestion", as: developer, call: "PATCH /api/{bot}/widget", body: `{"suggestions":["a"," "]}`, status: 422, want: []string{`body.suggestions[1]`}},
		{name: "blocks somebody", as: developer, call: "PATCH /api/{bot}/widget", body: `{"blocked":["203.0.113.7","2001:db8::/32","usr_38g4k4jvm0001"]}`, status: 200, want: []string{"203.0.113.7"}},
		{name: "blocks what is nobody", as: developer, call: "PATCH /api/{bot}/widget", body: `{"blocked":["everybody"]}`, status: 422, want: []string{`body.blocked[0]`}},
		{name: "by somebody who has not seen it", as: developer, call: "PATCH /api/{bot}/widget", body: `{"title":"x"}`, header: map[string]string{"If-Match": `"old"`}, status: 412},
	})
}

func TestVisitors(t *testing.T) {
	w := visitedWorld()
	run(t, w, []request{
		{name: "session", call: "POST /api/widget/{bot}/session", header: fromShop(), body: `{}`, status: 201, want: []string{`"token":"bot9_vt_`, `"visitor":"bot9_vs_`, `"expiresAt":"`, `"settings":{"name":"Support"`, `"message":"Hello"`, "Access-Control-Allow-Origin: " + shop, "Origin"}, not: []string{"for agents only", "bot9_is_secret", "blocked", "allowedOrigins", "Access-Control-Allow-Credentials"}},
		{name: "no body", call: "POST /api/widget/{bot}/session", header: fromShop(), status: 201},
		{name: "another page's session", call: "POST /api/widget/{bot}/session", header: map[string]string{"Origin": "https://evil.example"}, body: `{}`, status: 403, want: []string{`"originNotAllowed"`}, not: []string{"Access-Control-Allow-Origin"}},
		{name: "the server's own page", call: "POST /api/widget/{bot}/session", header: map[string]string{"Sec-Fetch-Site": "same-origin"}, body: `{}`, status: 201},
		{name: "a program", call: "POST /api/widget/{bot}/session", body: `{}`, status: 403, want: []string{`"originNotAllowed"`}},
		{name: "a widget that allows nobody", call: "POST /api/widget/{strangers}/session", header: fromShop(), body: `{}`, status: 403, want: []string{`"originNotAllowed"`}},
		{name: "no such chatbot", call: "POST /api/widget/bot_38g4k4jvm0001/session", header: fromShop(), body: `{}`, status: 404},
		{name: "unproven", call: "POST /api/widget/{bot}/session", header: fromShop(), body: `{"user":{"externalId":"a"}}`, status: 403, want: []string{`"identityUnproven"`, "Access-Control-Allow-Origin"}},
		{name: "proven", call: "POST /api/widget/{bot}/session", header: fromShop(), body: `{"visitor":"bot9_vs_secret","user":{"externalId":"a","customAttributes":{"plan":"pro"}},"hash":"proof"}`, status: 201},
		{name: "attributes without end", call: "POST /api/widget/{bot}/session", header: fromShop(), body: `{"user":{"customAttributes":{"a":"` + strings.Repeat("x", 4096) + `"}}}`, status: 422, want: []string{"customAttributes"}},

		{name: "conversation", as: visitorToken, call: "GET /api/widget/conversation", header: fromShop(), status: 200, want: []string{`"message":"Hello"`, `"message":"Hi"`, `"cursor"`}, not: []string{"for agents only"}},
		{name: "from another page", as: visitorToken, call: "GET /api/widget/conversation", header: map[string]string{"Origin": "https://evil.example"}, status: 403, want: []string{`"originNotAllowed"`}},
		{name: "expired", as: expiredToken, call: "GET /api/widget/conversation", header: fromShop(), status: 401, want: []string{`"tokenExpired"`, "Access-Control-Allow-Origin: " + shop}},
		{name: "expired, from another page", as: expiredToken, call: "GET /api/widget/conversation", header: map[string]string{"Origin": "https://evil.example"}, status: 403},
		{name: "no token", call: "GET /api/widget/conversation", header: fromShop(), status: 401, want: []string{`"unauthorized"`}},
		{name: "a secret key is no token", as: key, call: "GET /api/widget/conversation", header: fromShop(), status: 401},
		{name: "a token is no key", as: visitorToken, call: "GET /api/{bot}/conversations", header: fromShop(), status: 401},

		{name: "says something", as: visitorToken, call: "POST /api/widget/messages", header: fromShop(), body: `{"message":"Hi","clientId":"c1"}`, status: 202, want: []string{`"messageId":"msg_`, `"conversationId":"conv_`}},
		{name: "too much", as: visitorToken, call: "POST /api/widget/messages", header: fromShop(), body: `{"message":"` + strings.Repeat("x", 8001) + `","clientId":"c1"}`, status: 422, want: []string{"body.message"}},
		{name: "without a name", as: visitorToken, call: "POST /api/widget/messages", header: fromShop(), body: `{"message":"Hi"}`, status: 422, want: []string{"clientId"}},
		{name: "lead", as: visitorToken, call: "POST /api/widget/lead", header: fromShop(), body: `{"emailId":"a@example.com","fields":{"company":"Acme"}}`, status: 204},
		{name: "thumb", as: visitorToken, call: "POST /api/widget/rating", header: fromShop(), body: `{"messageId":"msg_38g4k4jvm0001","rating":"up"}`, status: 204},
		{name: "no thumb", as: visitorToken, call: "POST /api/widget/rating", header: fromShop(), body: `{"messageId":"msg_38g4k4jvm0001","rating":"sideways"}`, status: 422},
		{name: "csat", as: visitorToken, call: "POST /api/widget/csat", header: fromShop(), body: `{"score":4,"comment":"Good"}`, status: 204},
		{name: "csat of 6", as: visitorToken, call: "POST /api/widget/csat", header: fromShop(), body: `{"score":6}`, status: 422},
		{name: "handover", as: visitorToken, call: "POST /api/widget/handover", header: fromShop(), status: 204},
		{name: "typing", as: visitorToken, call: "POST /api/widget/typing", header: fromShop(), body: `{"typing":true}`, status: 204},
		{name: "read", as: visitorToken, call: "POST /api/widget/read", header: fromShop(), body: `{"messageId":"msg_38g4k4jvm0001"}`, status: 204},
	})
	if got := strings.Join(w.visiting.said, " "); got != "c1:Hi" || w.visiting.lead.Fields["company"] != "Acme" || w.visiting.read == 0 || !w.visiting.adopted {
		t.Errorf("what came of it: %+v", w.visiting)
	}
	w.visiting.visitor.ConversationID = 0
	run(t, w, []request{
		{name: "nothing said yet", as: visitorToken, call: "GET /api/widget/conversation", header: fromShop(), status: 404},
		{name: "nothing to rate yet", as: visitorToken, call: "POST /api/widget/csat", header: fromShop(), body: `{"score":4}`, status: 404},
		{name: "a session without a conversation", call: "POST /api/widget/{bot}/session", header: fromShop(), body: `{}`, status: 201, want: []string{`"conversation":null`}},
	})
}

func TestPreflights(t *testing.T) {
	run(t, visitedWorld(), []request{
		{name: "allowed", call: "OPTIONS /api/widget/messages", header: fromShop("Access-Control-Request-Method", "POST"), status: 204, want: []string{"Access-Control-Allow-Origin: " + shop, "Access-Control-Allow-Headers: Authorization, Content-Type, Last-Event-ID"}},
		{name: "not allowed", call: "OPTIONS /api/widget/messages", header: map[string]string{"Origin": "https://evil.example"}, status: 403, not: []string{"Access-Control-Allow-Origin"}},
		{name: "a session's own chatbot", call: "OPTIONS /api/widget/{bot}/session", header: fromShop(), status: 204},
		{name: "a session of another chatbot", call: "OPTIONS /api/widget/{strangers}/session", header: fromShop(), status: 403},
		{name: "the rest of the API", call: "OPTIONS /api/{bot}/webhooks", header: fromShop(), status: 405, not: []string{"Access-Control"}},
		{name: "the rest of the API, called", as: key, call: "GET /api/{bot}/webhooks", header: fromShop(), status: 200, not: []string{"Access-Control"}},
	})
}

func TestBlockedVisitors(t *testing.T) {
	w := visitedWorld()
	call := request{as: visitorToken, call: "POST /api/widget/messages", header: fromShop(), body: `{"message":"Hi","clientId":"c1"}`}
	for blocked, status := range map[string]int{
		"192.0.2.1": 403, "192.0.2.0/24": 403, w.visiting.visitor.EndUserID.String(): 403, "192.0.2.2": 202, "usr_38g4k4jvm0001": 202,
	} {
		w.visiting.widget.Blocked = []string{blocked}
		call.name, call.status, call.want = blocked, status, nil
		if status == 403 {
			call.want = []string{`"visitorBlocked"`}
		}
		run(t, w, []request{call})
	}
	w.visiting.widget.Blocked, w.visiting.widget.Enabled = nil, false
	call.status, call.want = 403, []string{`"widgetDisabled"`}
	run(t, w, []request{call})
}

func TestVisitorsAreLimited(t *testing.T) {
	w := visitedWorld()
	options := w.options()
	options.PerVisitor, options.PerVisitorAddress = Limit{Rate: 0.01, Burst: 2}, Limit{Rate: 0.01, Burst: 5}
	handler := serve(t, options)
	address := "192.0.2.1:1234"
	call := func(as, call string) int {
		q := request{as: as, call: call, header: fromShop(), body: `{"message":"Hi","clientId":"c1"}`}
		if as == "" {
			q.body = `{}`
		}
		r := q.make(w)
		r.RemoteAddr = address
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		return rec.Code
	}
	for i, want := range []int{202, 202, 429} {
		if got := call(visitorToken, "POST /api/widget/messages"); got != want {
			t.Errorf("message %d: %d, want %d", i, got, want)
		}
	}
	for i, want := range []int{201, 201, 429} {
		if got := call("", "POST /api/widget/{bot}/session"); got != want {
			t.Errorf("session %d: %d, want %d", i, got, want)
		}
	}
	for address = range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "192.0.2.2:1": true} {
		if got := call("", "POST /api/widget/{bot}/session"); got != 201 {
			t.Errorf("from %s: %d", address, got)
		}
	}
}

func TestVisitorStream(t *testing.T) {
	w := visitedWorld()
	conversation := w.conversations[0].ID
	for _, text := range []string{"old", "missed"} {
		w.events = append(w.events, &bot9.Event{ID: bot9.EventID(w.id()), ChatbotID: w.bot(), ConversationID: conversation, Type: "messageReceived", Data: []byte(`"` + text + `"`)})
	}
	updates := make(chan bot9.VisitorUpdate, 5)
	w.visiting.updates = updates
	updates <- bot9.VisitorUpdate{Before: w.events[1].ID, Name: "delta", Data: []byte(`"part of what was missed"`)}
	updates <- bot9.VisitorUpdate{ID: w.events[1].ID, Name: "message", Data: []byte(`"double"`)}
	updates <- bot9.VisitorUpdate{Name: "delta", Data: []byte(`"part"`)}
	updates <- bot9.VisitorUpdate{ID: bot9.EventID(w.id()), Name: "message", Data: []byte(`"whole"`)}
	close(updates) // too far behind: it ends
	run(t, w, []request{{
		name: "resumes", as: visitorToken, call: "GET /api/widget/stream", header: fromShop("Last-Event-ID", w.events[0].ID.String()), status: 200,
		want: []string{"id: " + w.events[1].ID.String() + "\nevent: message\ndata: \"missed\"\n", "event: delta\ndata: \"part\"\n\nid: ", `"whole"`},
		not:  []string{`"old"`, `"double"`, "part of what"},
	}, {
		name: "from nowhere", as: visitorToken, call: "GET /api/widget/stream", header: fromShop("Last-Event-ID", "yesterday"), status: 422,
	}})
}

func TestVisitorStreamTellsThatTheTokenExpires(t *testing.T) {
	w := visitedWorld()
	st := &visitorStream{server: &server{Options: w.options()}, expires: time.NewTimer(0), updates: make(chan bot9.VisitorUpdate)}
	rec := httptest.NewRecorder()
	st.out = newEventWriter(rec)
	st.watch(0)
	st.run(httptest.NewRequest("GET", "/api/widget/stream", nil))
	if !strings.Contains(rec.Body.String(), "event: expired\n") {
		t.Errorf("got %s", rec.Body)
	}
}

func TestVisitorsSeeAgentsType(t *testing.T) {
	w := visitedWorld()
	conversation := w.conversations[0].ID
	st := &visitorStream{server: &server{Options: w.options()}}
	rec := httptest.NewRecorder()
	st.out = newEventWriter(rec)
	st.watch(conversation)
	defer func() { st.unwatch() }()
	for _, typing := range []bool{true, false} {
		w.presence.Signal(bot9.Signal{ChatbotID: w.bot(), ConversationID: conversation, AgentID: "mem_1", AgentName: "Grace", Typing: typing})
		if err := st.tellTyping(<-st.present); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.ReplaceAll(rec.Body.String(), conversation.String(), "CONV")
	const want = "event: typing\ndata: {\"conversationId\":\"CONV\",\"by\":\"humanagent\",\"name\":\"Grace\",\"typing\":true}\n\n" +
		"event: typing\ndata: {\"conversationId\":\"CONV\",\"by\":\"humanagent\",\"name\":\"Grace\",\"typing\":false}\n\n"
	if got != want {
		t.Errorf("got %s", got)
	}
}
