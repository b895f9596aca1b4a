package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// TestFirstAnswerOfEveryOperation calls each operation that takes an Idempotency-Key, kills the server, and calls it
// again: the answer is the same, secrets shown once included. Somebody else with the same key gets none.
func TestFirstAnswerOfEveryOperation(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	login, err := c.call(t.Context(), "POST", "/api/auth/login", map[string]string{"email": "ada@example.com", "password": "correct horse battery"})
	must(t, err)
	person := newClient(s.url())
	person.cookie, person.chatbot = sessionOf(login.header), c.chatbot
	hook := startReceiver(t, "ok")
	conversation, hooked := c.conversation(t), c.subscribe(t, hook.url(), nil)
	key := make1(t, person, "keys", map[string]any{})
	must(t, c.do(t.Context(), http.StatusAccepted, "POST", c.of("events"), map[string]any{"event": "custom.a"}, nil))
	var deliveries struct{ Data []struct{ ID string } }
	eventually(t, 10*time.Second, func() error {
		if err := c.do(t.Context(), http.StatusOK, "GET", c.of("deliveries?status=succeeded"), nil, &deliveries); err != nil {
			return err
		}
		if len(deliveries.Data) == 0 {
			return errors.New("nothing is delivered")
		}
		return nil
	})
	type call struct {
		as   *client
		path string
		body any
	}
	of := func(path string) string { return c.of("conversations/" + conversation + path) }
	rules, rulesV2 := "/api/rules/"+c.chatbot+"/", "/api/rules/v2/"+c.chatbot+"/"
	calls := map[string]call{
		"inviteMember":       {person, "/api/auth/members", map[string]any{"email": "b@example.com", "role": "viewer"}},
		"createChatbot":      {person, "/api/chatbots", map[string]any{"name": "Sales"}},
		"createKey":          {person, c.of("keys"), map[string]any{"name": "second"}},
		"rotateKey":          {person, c.of("keys/" + key + "/rotate"), map[string]any{}},
		"startConversation":  {c, c.of("conversations"), map[string]any{"Source": "web", "user": map[string]any{"externalId": "u1", "name": "Una"}}},
		"chat":               {c, of("/chat"), map[string]any{"message": "Hello?"}},
		"captureLead":        {c, of("/leads"), map[string]any{"name": "Una"}},
		"appendMessage":      {c, of("/messages"), map[string]any{"chatUser": "user", "message": "Hello"}},
		"reviewConversation": {c, of("/reviews"), map[string]any{"score": 5}},
		"retryDelivery":      {c, c.of("deliveries/" + deliveries.Data[0].ID + "/retry"), map[string]any{}},
		"postEvents":         {c, c.of("events"), []any{map[string]any{"event": "custom.a"}, map[string]any{"event": "custom.b"}}},
		"createDocument":     {c, c.of("knowledge"), map[string]any{"title": "A <title>", "text": "Text & more"}},
		"createReceiver":     {c, c.of("receivers"), map[string]any{}},
		"createInstruction":  {c, rules + "instructions", map[string]any{"instructionName": "Tone", "instructionText": "Be brief"}},
		"createCustomAction": {c, rules + "custom-actions", map[string]any{"name": "status", "meta": map[string]any{"url": "https://example.com/{{order}}"}}},

		"addNote":                   {c, of("/notes"), map[string]any{"text": "Promised a refund"}},
		"createCannedReply":         {c, c.of("canned-replies"), map[string]any{"name": "refund", "text": "On its way."}},
		"createInstructionCategory": {c, rulesV2 + "categories", map[string]any{"name": "Returns"}},
		"createWebhook":             {c, c.of("webhooks"), map[string]any{"url": "https://example.com/hook", "events": []string{"ping"}}},
		"retryDeliveries":           {c, c.of("webhooks/retry"), map[string]any{"status": "failed"}},
		"createReplay":              {c, c.of("webhooks/" + hooked.ID + "/replay"), map[string]any{"since": "2020-01-01T00:00:00Z"}},
		"rotateWebhookSecret":       {c, c.of("webhooks/" + hooked.ID + "/rotate-secret"), map[string]any{}},
	}
	for _, operation := range namedOperations(t, c) {
		if _, ok := calls[operation]; !ok {
			t.Errorf("%s takes an Idempotency-Key and is not tried here", operation)
		}
	}
	post := func(name string, as *client) answer {
		t.Helper()
		got, err := as.call(t.Context(), "POST", calls[name].path, calls[name].body, "Idempotency-Key", "of-"+name)
		must(t, err)
		return got
	}
	first := map[string]answer{}
	for name, call := range calls {
		if first[name] = post(name, call.as); first[name].status/100 != 2 {
			t.Fatalf("%s was answered %d: %s", name, first[name].status, first[name].body)
		}
	}
	s.kill()
	must(t, s.start())
	for name, call := range calls {
		again := post(name, call.as)
		if again.header.Get("Idempotency-Replayed") != "true" || again.status != first[name].status || string(again.body) != string(first[name].body) {
			t.Errorf("%s was answered %d %s\nthe second time %d %s", name, first[name].status, first[name].body, again.status, again.body)
		}
		for _, header := range []string{"Content-Type", "Location"} {
			if again.header.Get(header) != first[name].header.Get(header) {
				t.Errorf("%s: %s was %q, the second time %q", name, header, first[name].header.Get(header), again.header.Get(header))
			}
		}
		if call.as == c {
			if other := post(name, person); other.status != http.StatusUnprocessableEntity {
				t.Errorf("%s by somebody else was answered %d %s", name, other.status, other.body)
			}
		}
	}
}

// make1 makes an object and returns its ID.
func make1(t *testing.T, c *client, path string, body any) string {
	t.Helper()
	var made struct{ ID string }
	must(t, c.do(t.Context(), http.StatusCreated, "POST", c.of(path), body, &made))
	return made.ID
}

// namedOperations lists the operations that take an Idempotency-Key, as the OpenAPI document has them.
func namedOperations(t *testing.T, c *client) (names []string) {
	t.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
		}
	}
	must(t, c.do(t.Context(), http.StatusOK, "GET", "/api/openapi.json", nil, &document))
	for _, methods := range document.Paths {
		for _, operation := range methods {
			for _, p := range operation.Parameters {
				if p.Name == "Idempotency-Key" {
					names = append(names, operation.OperationID)
				}
			}
		}
	}
	if len(names) < 10 {
		t.Errorf("only %d operations take an Idempotency-Key", len(names))
	}
	return names
}

// TestKilledRequestsAreAnswered kills the server again and again under requests with keys. Every one of them, repeated
// with its key, is answered for good: events and conversations with success, questions with a reply or as failed.
// Nothing is done twice.
func TestKilledRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := signup(t, s)
	conversation := c.conversation(t)
	answering := map[string]any{"handover": map[string]any{"afterNotFound": 0}} // or a human would be asked for, and the bot silent
	must(t, c.do(t.Context(), http.StatusOK, "PATCH", c.of("answering"), answering, nil))
	const callers, rounds = 24, 4
	type request struct {
		path string
		body any
		key  string
	}
	var mu sync.Mutex
	var cut []request // that got no answer
	sent := map[string]int{}
	send := func(caller, n int) bool {
		r := request{path: c.of("events"), body: map[string]any{"event": "custom.paid", "data": map[string]int{"n": n}, "conversationId": conversation}}
		switch caller % 3 {
		case 1:
			r.path, r.body = c.of("conversations"), map[string]any{"Source": "web"}
		case 2:
			r.path, r.body = c.of("conversations/"+conversation+"/chat"), map[string]any{"message": fmt.Sprintf("Question %d of %d", n, caller)}
		}
		r.key = fmt.Sprintf("%d-%d", caller, n)
		got, err := c.call(t.Context(), "POST", r.path, r.body, "Idempotency-Key", r.key)
		mu.Lock()
		defer mu.Unlock()
		sent[r.path]++
		if err != nil {
			cut = append(cut, r)
			return false
		}
		if got.status/100 != 2 {
			t.Errorf("%s was answered %d %s", r.path, got.status, got.body)
		}
		return true
	}
	for round := range rounds {
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for n := 0; send(caller, 1000*round+n); n++ { // until it is cut off
				}
			})
		}
		time.Sleep(time.Duration(100+70*round) * time.Millisecond)
		s.kill()
		all.Wait()
		must(t, s.start())
	}
	t.Logf("%d requests were cut off", len(cut))
	for _, r := range cut {
		eventually(t, 10*time.Second, func() error {
			got, err := c.call(t.Context(), "POST", r.path, r.body, "Idempotency-Key", r.key)
			if err != nil {
				return err
			}
			var problem struct{ Code string }
			if got.status/100 == 2 || json.Unmarshal(got.body, &problem) == nil && problem.Code == "answeringFailed" {
				return nil
			}
			return fmt.Errorf("%s with the key %s is answered %d %s", r.path, r.key, got.status, got.body)
		})
	}
	counts := map[string]int{}
	for _, event := range []string{"custom.paid", "conversationStarted", "messageReceived"} {
		counts[event] = countAll(t, c, event)
	}
	for event, path := range map[string]string{
		"custom.paid": c.of("events"), "messageReceived": c.of("conversations/" + conversation + "/chat"),
	} {
		if counts[event] != sent[path] {
			t.Errorf("%d events %s of %d requests", counts[event], event, sent[path])
		}
	}
	if got, want := counts["conversationStarted"], sent[c.of("conversations")]+1; got != want {
		t.Errorf("%d conversations were started by %d requests", got, want)
	}
	if replied := countAll(t, c, "messageSent") + countAll(t, c, "messageFailed"); replied != counts["messageReceived"] {
		t.Errorf("%d questions, and %d of them answered or failed", counts["messageReceived"], replied)
	}
}

// countAll counts the events of a type, page by page.
func countAll(t *testing.T, c *client, event string) (n int) {
	t.Helper()
	cursor := ""
	for {
		var page struct {
			Data       []struct{ ID string }
			NextCursor *string
		}
		must(t, c.do(t.Context(), http.StatusOK, "GET", c.of("events?event="+event+"&limit=250"+cursor), nil, &page))
		n += len(page.Data)
		if page.NextCursor == nil {
			return n
		}
		cursor = "&cursor=" + *page.NextCursor
	}
}
