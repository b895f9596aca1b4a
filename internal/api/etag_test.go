package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

func takesIfMatch(op *huma.Operation) bool {
	return slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "header" && p.Name == "If-Match" })
}

// Whatever can be edited tells its ETag, and is changed and deleted with If-Match: those to come included.
func TestWhatIsEditedHasAnETag(t *testing.T) {
	document := serve(t, newWorld().options()).(*API).huma.OpenAPI()
	edited := 0
	for path, item := range document.Paths {
		if item.Patch == nil && item.Put == nil {
			continue
		}
		edited++
		if item.Get == nil || item.Get.Responses["200"].Headers["ETag"] == nil {
			t.Errorf("GET %s tells no ETag", path)
		}
		for _, op := range []*huma.Operation{item.Patch, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			if !takesIfMatch(op) || op.Responses["412"] == nil {
				t.Errorf("%s %s takes no If-Match", op.Method, path)
			}
			if op.Method != http.MethodDelete && op.Responses["200"].Headers["ETag"] == nil {
				t.Errorf("%s %s tells no ETag", op.Method, path)
			}
		}
	}
	if edited < 6 {
		t.Errorf("only %d kinds of objects are edited", edited)
	}
}

// The second of two people who edit the same thing is told.
func TestIfMatch(t *testing.T) {
	w := newWorld()
	w.webhooks = append(w.webhooks, bot9.Webhook{ID: bot9.WebhookID(w.id()), ChatbotID: w.bot(), URL: "https://example.com", Events: []string{"*"}})
	w.conversations = append(w.conversations, bot9.Conversation{ID: bot9.ConversationID(w.id()), ChatbotID: w.bot(), Status: "active"})
	w.documents = append(w.documents, bot9.Document{ID: bot9.DocumentID(w.id()), ChatbotID: w.bot(), Title: "a", Text: "b"})
	w.receivers = append(w.receivers, bot9.Receiver{ID: bot9.ReceiverID(w.id()), ChatbotID: w.bot()})
	handler := serve(t, w.options())
	call := func(method, path, body, tag string) *httptest.ResponseRecorder {
		q := request{as: owner, call: method + " " + path, body: body, header: map[string]string{}}
		if tag != "" {
			q.header["If-Match"] = tag
		}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, q.make(w))
		return rec
	}
	for path, change := range map[string][]string{
		"/api/{bot}/webhooks/" + w.webhooks[0].ID.String():           {"PATCH", `{"description":"x"}`},
		"/api/{bot}/conversations/" + w.conversations[0].ID.String(): {"PATCH", `{"tags":["x"]}`, "no DELETE"},
		"/api/{bot}/knowledge/" + w.documents[0].ID.String():         {"PUT", `{"title":"a","text":"c"}`},
		"/api/{bot}/receivers/" + w.receivers[0].ID.String():         {"PATCH", `{"description":"x"}`},
		"/api/chatbots/{bot}":                           {"PATCH", `{"name":"x"}`},
		"/api/auth/members/" + w.members[1].ID.String(): {"PATCH", `{"role":"admin"}`},
	} {
		t.Run(path, func(t *testing.T) {
			tag := call("GET", path, "", "").Header().Get("ETag")
			if len(tag) < 10 || tag[0] != '"' {
				t.Fatalf("ETag %q", tag)
			}
			methods := map[string]string{change[0]: change[1]}
			if len(change) == 2 {
				methods["DELETE"] = ""
			}
			for method, body := range methods {
				if rec := call(method, path, body, `"other"`); rec.Code != 412 || !strings.Contains(rec.Body.String(), `"preconditionFailed"`) {
					t.Errorf("%s with another tag: %d %s", method, rec.Code, rec.Body)
				}
			}
			for _, good := range []string{tag, `"other", ` + tag, "W/" + tag, "*", ""} {
				current := call("GET", path, "", "").Header().Get("ETag")
				if rec := call(change[0], path, change[1], strings.Replace(good, tag, current, 1)); rec.Code != 200 || rec.Header().Get("ETag") == "" {
					t.Errorf("with %q: %d %s", good, rec.Code, rec.Body)
				}
			}
			if len(change) == 2 {
				if rec := call("DELETE", path, "", call("GET", path, "", "").Header().Get("ETag")); rec.Code != 204 {
					t.Errorf("deleted: %d %s", rec.Code, rec.Body)
				}
			}
		})
	}
}

func TestETagIsOfWhatIsEdited(t *testing.T) {
	webhook := bot9.Webhook{ID: 1, URL: "https://example.com", Headers: map[string]string{"a": "b"}, Health: &bot9.Health{}}
	conversation := bot9.Conversation{ID: 1, Status: "active"}
	for name, same := range map[string]any{
		"health":    func(w bot9.Webhook) bot9.Webhook { w.Health = &bot9.Health{ConsecutiveFailures: 7}; return w }(webhook),
		"no faults": func(w bot9.Webhook) bot9.Webhook { w.FilterErrors = &bot9.FilterErrors{Count: 1}; return w }(webhook),
	} {
		if etagOf(same) != etagOf(webhook) {
			t.Errorf("%s: another ETag", name)
		}
	}
	talked := conversation
	talked.MessageCount, talked.LastMessage, talked.LastSequence, talked.UpdatedAt = 3, "hello", 7, 9
	if etagOf(talked) != etagOf(conversation) {
		t.Error("messages change a conversation's ETag")
	}
	talked.Tags = []string{"vip"}
	other := webhook
	other.Headers = map[string]string{"a": "c"}
	if etagOf(talked) == etagOf(conversation) || etagOf(other) == etagOf(webhook) {
		t.Error("an edit doesn't change the ETag")
	}
}

// A change is a merge patch: null removes what was set.
func TestNullRemoves(t *testing.T) {
	w := newWorld()
	w.webhooks = append(w.webhooks, bot9.Webhook{
		ID: bot9.WebhookID(w.id()), ChatbotID: w.bot(), URL: "https://example.com", Events: []string{"*"}, Status: "enabled", Filter: "true", MaxInFlight: 3, RateLimit: 2,
		Headers: map[string]string{"X-One": "1", "X-Two": "2"}, RetrySchedule: []int{1}, TimeoutSeconds: 3, SetAsideAfter: 0, Description: "mine", Signatures: []string{"v1a"}, Ordering: "none",
	})
	w.conversations = append(w.conversations, bot9.Conversation{ID: bot9.ConversationID(w.id()), ChatbotID: w.bot(), Status: "active", Tags: []string{"vip"}})
	webhook, conversation := "PATCH /api/{bot}/webhooks/"+w.webhooks[0].ID.String(), "PATCH /api/{bot}/conversations/"+w.conversations[0].ID.String()
	run(t, w, []request{
		{name: "what is left out stays", as: key, call: webhook, body: `{}`, status: 200, want: []string{`"filter":"true"`, `"maxInFlight":3`, `"headers":{"X-One":"1","X-Two":"2"}`}},
		{name: "headers are merged", as: key, call: webhook, body: `{"headers":{"x-one":null,"X-Three":"3"}}`, status: 200, want: []string{`"headers":{"X-Three":"3","X-Two":"2"}`}},
		{name: "a header changes its case", as: key, call: webhook, body: `{"headers":{"x-TWO":"2","X-Two":null}}`, status: 200, want: []string{`"headers":{"X-Three":"3","x-TWO":"2"}`}},
		{name: "headers are replaced in any case", as: key, call: webhook, body: `{"headers":{"x-two":"two"}}`, status: 200, want: []string{`"headers":{"X-Three":"3","x-two":"two"}`}},
		{
			name: "null removes", as: key, call: webhook, status: 200,
			body: `{"filter":null,"maxInFlight":null,"rateLimit":null,"headers":null,"retrySchedule":null,"timeoutSeconds":null,"setAsideAfter":null,"description":null,"signatures":null,"ordering":null}`,
			want: []string{`"headers":{}`, `"retrySchedule":[5,30,120,`, `"timeoutSeconds":15`, `"setAsideAfter":5`, `"description":""`, `"signatures":["v1"]`, `"ordering":"conversation"`},
			not:  []string{`"filter"`, `"maxInFlight"`, `"rateLimit"`},
		},
		{name: "what must be can't be removed", as: key, call: webhook, body: `{"url":null,"events":null,"status":null}`, status: 422, want: []string{`"validationFailed"`, `"body.url"`, `"body.events"`, `"body.status"`}},
		{name: "tags", as: key, call: conversation, body: `{"tags":null}`, status: 200, want: []string{`"tags":[]`}},
		{name: "a status can't be removed", as: key, call: conversation, body: `{"status":null}`, status: 422, want: []string{`"body.status"`}},
		{name: "a name can't be removed", as: owner, call: "PATCH /api/chatbots/{bot}", body: `{"name":null}`, status: 422, want: []string{`"body.name"`}},
		{name: "bounds hold", as: key, call: webhook, body: `{"timeoutSeconds":31,"retrySchedule":["a"]}`, status: 422, want: []string{`"body.timeoutSeconds"`, `"body.retrySchedule[0]"`}},
	})
}
