package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

type page struct {
	status int
	ids    []string
	next   *string
	code   string
}

func (w *world) pageOf(t *testing.T, handler http.Handler, call string) page {
	t.Helper()
	rec := httptest.NewRecorder()
	q := request{as: owner, call: "GET " + call}
	handler.ServeHTTP(rec, q.make(w))
	var answer struct {
		Data       []struct{ ID, Name string }
		NextCursor *string
		Code       string
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v in %s", call, err, rec.Body)
	}
	p := page{status: rec.Code, next: answer.NextCursor, code: answer.Code}
	for _, item := range answer.Data {
		p.ids = append(p.ids, item.ID+item.Name)
	}
	return p
}

// Every list is read page by page, each item once, in the order of the whole.
func TestEveryListHasPages(t *testing.T) {
	w := newWorld()
	receiver := bot9.ReceiverID(w.id())
	w.receivers = append(w.receivers, bot9.Receiver{ID: receiver, ChatbotID: w.bot()})
	for i := range 7 {
		w.webhooks = append(w.webhooks, bot9.Webhook{ID: bot9.WebhookID(w.id()), ChatbotID: w.bot()})
		w.chatbots = append(w.chatbots, bot9.Chatbot{ID: bot9.ChatbotID(w.id()), AccountID: 1})
		w.receivers = append(w.receivers, bot9.Receiver{ID: bot9.ReceiverID(w.id()), ChatbotID: w.bot()})
		w.received = append([]bot9.ReceivedRequest{{ID: bot9.RequestID(w.id()), ReceiverID: receiver}}, w.received...)
		w.keys[fmt.Sprint("more", i)] = bot9.Key{ID: bot9.KeyID(w.id()), ChatbotID: w.bot()}
	}
	handler := serve(t, w.options())
	for _, list := range []string{
		"/api/{bot}/webhooks", "/api/chatbots", "/api/{bot}/receivers", "/api/{bot}/receivers/" + receiver.String() + "/requests",
		"/api/auth/members", "/api/{bot}/event-types",
	} {
		t.Run(list, func(t *testing.T) {
			whole := w.pageOf(t, handler, list+"?limit=250")
			if len(whole.ids) < 4 || whole.next != nil {
				t.Fatalf("%d items, next %v", len(whole.ids), whole.next)
			}
			var read []string
			for next := ""; ; {
				p := w.pageOf(t, handler, list+"?limit=2&cursor="+url.QueryEscape(next))
				if read = append(read, p.ids...); p.next == nil {
					break
				}
				if next = *p.next; len(p.ids) != 2 || len(read) > len(whole.ids) {
					t.Fatalf("a page of %d with a cursor, %d read", len(p.ids), len(read))
				}
			}
			if !slices.Equal(read, whole.ids) {
				t.Errorf("read %v, want %v", read, whole.ids)
			}
		})
	}
}

// A cursor that isn't one of the very list is told, not answered with an empty page.
func TestCursorsAreOfTheirList(t *testing.T) {
	w := newWorld()
	for range 3 {
		w.webhooks = append(w.webhooks, bot9.Webhook{ID: bot9.WebhookID(w.id()), ChatbotID: w.bot()})
	}
	handler := serve(t, w.options())
	good := *w.pageOf(t, handler, "/api/{bot}/webhooks?limit=1").next
	all, _ := operations(t, handler)
	lists := 0
	for _, op := range all {
		if op.Method != http.MethodGet || !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "cursor" }) {
			continue
		}
		lists++
		path := strings.NewReplacer("{webhookId}", bot9.WebhookID(w.id()).String(), "{conversationId}", bot9.ConversationID(w.id()).String(),
			"{receiverId}", bot9.ReceiverID(w.id()).String(), "{chatbotId}", "{bot}").Replace(op.Path)
		for _, cursor := range []string{"undefined", "null", "0", "1a", "none", "%00", "x y", good[:len(good)-1], good + "A", strings.ToUpper(good), good} {
			p := w.pageOf(t, handler, path+"?cursor="+url.QueryEscape(cursor))
			if own := cursor == good && op.OperationID == "listWebhooks"; own != (p.status == 200) || !own && p.code != "invalidCursor" {
				t.Errorf("%s, cursor %q: %d %s", op.OperationID, cursor, p.status, p.code)
			}
		}
	}
	if lists < 12 {
		t.Errorf("only %d lists", lists)
	}
	// Of the same path, but the other way round.
	if _, ok := openCursor(sealCursor("a", "/api/x/events"), "/api/x/events forward"); ok {
		t.Error("a cursor that goes back is taken for one that goes forward")
	}
}

func TestRepeatedParametersMeanOneOf(t *testing.T) {
	w := newWorld()
	for _, name := range []string{"custom.a", "messageSent", "custom.b", "ping"} {
		w.events = append(w.events, &bot9.Event{ID: bot9.EventID(w.id()), ChatbotID: w.bot(), ConversationID: bot9.ConversationID(w.id()), Type: name, Data: json.RawMessage("{}")})
	}
	of := func(i int) string { return "conversationId=" + w.events[i].ConversationID.String() }
	hooks := []bot9.WebhookID{bot9.WebhookID(w.id()), bot9.WebhookID(w.id())}
	for i, status := range []bot9.DeliveryStatus{"failed", "pending", "succeeded", "failed", "canceled"} {
		w.deliveries = append(w.deliveries, bot9.Delivery{ID: bot9.DeliveryID(w.id()), ChatbotID: w.bot(), Status: status, WebhookID: hooks[i%2]})
	}
	for _, status := range []bot9.ConversationStatus{"active", "closed", "needs_review"} {
		w.conversations = append(w.conversations, bot9.Conversation{ID: bot9.ConversationID(w.id()), ChatbotID: w.bot(), Status: status})
	}
	handler := serve(t, w.options())
	for call, want := range map[string]int{
		"/api/{bot}/events?event=custom.a&event=ping":                        2,
		"/api/{bot}/events?event=" + catalog.AllCustom:                       2,
		"/api/{bot}/events?event=custom.*&event=messageSent":                 3,
		"/api/{bot}/events?event=*":                                          4,
		"/api/{bot}/events?" + of(0) + "&" + of(2):                           2,
		"/api/{bot}/events?" + of(1) + "&" + of(2) + "&event=custom.*":       1,
		"/api/{bot}/events?conversationId=conv_0000000000000":                0,
		"/api/{bot}/deliveries?status=failed&status=canceled":                3,
		"/api/{bot}/deliveries?status=failed&status=failed":                  2,
		"/api/{bot}/deliveries?status=failed&webhookId=" + hooks[0].String(): 1,
		"/api/{bot}/deliveries?webhookId=" + hooks[0].String() + "&webhookId=" + hooks[1].String() + "&status=failed&status=pending": 3,
		"/api/{bot}/deliveries?webhookId=whk_0000000000000":                                                                          0,
		"/api/{bot}/conversations?status=active&status=closed":                                                                       2,
	} {
		if p := w.pageOf(t, handler, call); p.status != 200 || len(p.ids) != want {
			t.Errorf("%s: status %d, %d items, want %d", call, p.status, len(p.ids), want)
		}
	}
	run(t, w, []request{
		{name: "no type", as: key, call: "GET /api/{bot}/events?event=messageRecieved", status: 422, want: []string{`"unknownEventType"`, `"query.event"`}},
		{name: "no type among others", as: key, call: "GET /api/{bot}/deliveries?event=ping&event=custom.", status: 422, want: []string{`"unknownEventType"`, `"query.event"`}},
		{name: "no status among others", as: key, call: "GET /api/{bot}/deliveries?status=failed&status=lost", status: 422, want: []string{`"query.status"`}},
		{name: "no ID among others", as: key, call: "GET /api/{bot}/deliveries?webhookId=" + hooks[0].String() + "&webhookId=undefined", status: 422, want: []string{`"query.webhookId"`}},
		{name: "too many", as: key, call: "GET /api/{bot}/deliveries?" + strings.Repeat("event=custom.a&status=failed&", 5), status: 422, want: []string{`"validationFailed"`, "combinations"}},
	})
}

func TestMergedPages(t *testing.T) {
	next := func(ids ...int64) bot9.List[int64] {
		c := bot9.CursorAfter(ids[len(ids)-1])
		return bot9.List[int64]{Data: ids, NextCursor: &c}
	}
	same := func(id int64) int64 { return id }
	got := merged(3, []bot9.List[int64]{next(9, 5, 1), {Data: []int64{8, 5, 4}}, {}}, same)
	if !slices.Equal(got.Data, []int64{9, 8, 5}) || got.NextCursor == nil || *got.NextCursor != bot9.CursorAfter(5) {
		t.Errorf("got %v", got)
	}
	if got := merged(3, []bot9.List[int64]{{Data: []int64{5}}, {Data: []int64{7, 5}}}, same); !slices.Equal(got.Data, []int64{7, 5}) || got.NextCursor != nil {
		t.Errorf("got %v", got)
	}
}

// The first event comes after an ID that none can have, and so do all after one that is gone.
func TestEventsAfterAnyID(t *testing.T) {
	w := newWorld()
	for range 3 {
		w.events = append(w.events, &bot9.Event{ID: bot9.EventID(w.id()), ChatbotID: w.bot(), Type: "ping", Data: json.RawMessage("{}")})
	}
	handler := serve(t, w.options())
	for after, want := range map[string][]int{
		"evt_0000000000000": {0, 1, 2}, "evt_0000000000001": {0, 1, 2}, (w.events[0].ID - 1).String(): {0, 1, 2}, w.events[1].ID.String(): {2}, "evt_7vvvvvvvvvvvv": nil,
	} {
		var ids []string
		for _, i := range want {
			ids = append(ids, w.events[i].ID.String())
		}
		if p := w.pageOf(t, handler, "/api/{bot}/events?after="+after); p.status != 200 || !slices.Equal(p.ids, ids) {
			t.Errorf("after %s: %d %v, want %v", after, p.status, p.ids, ids)
		}
	}
}
