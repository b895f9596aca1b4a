package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var variable = regexp.MustCompile(`\b(bot|conv|evt|whk|dlv|key|rpl|usr|msg|req)_[0-9a-zA-Z]{13,}\b|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+ ms|bot9_sk_\w+|whsec_[\w+/=]+|127\.0\.0\.1:\d+`)

// steady replaces what differs from run to run.
func steady(text string) string {
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		switch prefix, _, _ := strings.Cut(found, "_"); {
		case strings.HasPrefix(found, "bot9_sk"):
			return "KEY"
		case prefix != found:
			return strings.ToUpper(prefix)
		case strings.HasSuffix(found, "ms"):
			return "N ms"
		case strings.HasPrefix(found, "127"):
			return "HOST"
		}
		return "TIME"
	})
}

func TestWebhooks(t *testing.T) {
	b := newBench(t)
	if demo := b.ok("webhooks", "get", b.demo.WebhookID.String()); !strings.Contains(demo, "\nRetries after    5s, 30s, ") {
		t.Errorf("got %s", demo)
	}
	target := "http://" + freeAddress(t) + "/hook" // nobody listens there
	var made struct{ ID, Secret string }
	unmarshal(t, b.ok("webhooks", "add", target, "--events", "custom.*,ping", "--header", "X-Team: chat", "--timeout", "7", "--json"), &made)
	if !strings.HasPrefix(made.Secret, "whsec_") {
		t.Fatalf("got %+v", made)
	}
	b.ok("webhooks", "update", made.ID, "--description", "for orders", "--filter", `event != "custom.secret"`)
	wantText(t, b.ok("webhooks", "get", made.ID), `
Webhook          WHK
URL              http://HOST/hook
Events           custom.*, ping
Status           enabled
Description      for orders
Filter           event != "custom.secret"
Ordering         conversation
Time limit       7 s
Set aside after  5 failed attempts
Retries after    5s, 30s, 2m, 10m, 30m, 1h, 2h, 4h, 8h, 12h, 24h, 24h
Headers          X-Team
Created          TIME
`)
	if idle := b.ok("webhooks", "stats", made.ID); strings.Contains(idle, "Latency") || !strings.Contains(idle, "no attempts") {
		t.Errorf("got %s", idle)
	}
	if list := steady(b.ok("webhooks", "list")); !strings.Contains(list, "\nWHK  ") && !strings.Contains(list, "http://HOST/hook") || !strings.HasPrefix(list, "WEBHOOK") {
		t.Errorf("got %s", list)
	}
	if secret := b.ok("webhooks", "secret", made.ID); secret != made.Secret+"\n" {
		t.Errorf("got %q", secret)
	}
	if rotated := b.ok("webhooks", "rotate-secret", made.ID, "--overlap", "1h"); strings.Contains(rotated, made.Secret) || !strings.Contains(rotated, "signs too") {
		t.Errorf("got %q", rotated)
	}
	refused := cli(t, "", b.as("webhooks", "test", made.ID)...)
	if refused.code != exitFailed || !strings.Contains(refused.err, "the endpoint did not accept the test") || !strings.Contains(refused.out, "\nAnswer   none in ") {
		t.Errorf("got %+v", refused)
	}
	addr := freeAddress(t)
	receiver := startLocal(t, addr, http.StatusOK)
	b.ok("webhooks", "update", made.ID, "--to", "http://"+addr)
	if tested := b.ok("webhooks", "test", made.ID); !strings.Contains(tested, "\nOutcome  success\nAnswer   200 in ") {
		t.Errorf("got %s", tested)
	}
	<-receiver.arrived
	if out := b.ok("webhooks", "disable", made.ID); steady(out) != "WHK is disabled.\n" {
		t.Errorf("got %s", out)
	}
	b.ok("trigger", "custom.order", "--count", "3")
	if out := b.ok("webhooks", "enable", made.ID); !strings.Contains(out, "It missed 3 events. To send what it missed: bot9 replay "+made.ID) {
		t.Errorf("got %s", out)
	}
	if stats := b.ok("webhooks", "stats", made.ID, "--window", "1h"); !strings.Contains(stats, "Success rate") {
		t.Errorf("got %s", stats)
	}
	b.ok("webhooks", "delete", made.ID)
	if gone := cli(t, "", b.as("webhooks", "get", made.ID)...); gone.code != exitNotFound {
		t.Errorf("got %+v", gone)
	}
}

func TestTriggerEventsAndDeliveries(t *testing.T) {
	b := newBench(t)
	if list := b.ok("trigger", "--list"); !strings.Contains(list, "messageReceived ") {
		t.Errorf("got %s", list)
	}
	id := strings.Fields(b.ok("trigger", "messageReceived", "--conversation", b.demo.ConversationID.String()))[0]
	var envelope struct {
		Event, ConversationID string
		Data                  struct{ ChatbotID, Message string }
	}
	unmarshal(t, b.ok("events", "get", id, "--json"), &envelope)
	if envelope.Data.ChatbotID != b.demo.ChatbotID.String() || envelope.ConversationID != b.demo.ConversationID.String() || envelope.Data.Message == "" {
		t.Errorf("got %+v", envelope)
	}
	delivery := b.deliveryOf(id)
	if shown := steady(b.ok("deliveries", "get", delivery)); !strings.Contains(shown, "Delivery      DLV\nEvent         EVT  messageReceived\n") || !strings.Contains(shown, "\nOutcome  success\nAnswer   204 in ") {
		t.Errorf("got %s", shown)
	}
	b.ok("deliveries", "retry", delivery)
	large := strings.Fields(b.ok("trigger", "custom.large", "--data", `{"order":12345678901234567890}`))[0]
	if shown := b.ok("events", "get", large); !strings.HasPrefix(shown, "{\n  \"event\": \"custom.large\",\n") || !strings.Contains(shown, `"order": 12345678901234567890`) {
		t.Errorf("got %s", shown)
	}
	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, []byte(`{"order":42}`), 0o600); err != nil {
		t.Fatal(err)
	}
	b.ok("trigger", "custom.order", "--data", "@"+file, "--count", "1001")
	var page struct {
		Data       []struct{ Data json.RawMessage }
		NextCursor string
	}
	unmarshal(t, b.ok("events", "list", "--event", "custom.order", "--limit", "250", "--json"), &page)
	if len(page.Data) != 250 || !strings.Contains(string(page.Data[0].Data), `"order":42`) {
		t.Errorf("got %d, %s", len(page.Data), page.Data[0].Data)
	}
	if next := b.ok("events", "list", "--event", "custom.order", "--limit", "2", "--cursor", page.NextCursor); strings.Count(next, "custom.order") != 2 || !strings.Contains(next, "more: --cursor") {
		t.Errorf("got %s", next)
	}
	if piped := cli(t, `{"message":"from a pipe"}`, b.as("trigger", "messageReceived", "--data", "-")...); piped.code != exitOK {
		t.Errorf("got %+v", piped)
	}
}

// deliveryOf waits until an event was delivered to the demo's webhook.
func (b *bench) deliveryOf(event string) string {
	b.t.Helper()
	// A replay that ends has been delivered, and so has what was before it in the lane.
	if out := b.ok("replay", b.demo.WebhookID.String(), "--since", "1h", "--events", "messageReceived"); !strings.Contains(out, "completed") {
		b.t.Fatalf("got %s", out)
	}
	var list struct{ Data []struct{ ID string } }
	unmarshal(b.t, b.ok("deliveries", "list", "--event-id", event, "--status", "succeeded", "--json"), &list)
	if len(list.Data) == 0 {
		b.t.Fatal("no delivery")
	}
	return list.Data[len(list.Data)-1].ID
}

func TestStoryHasEveryTurn(t *testing.T) {
	b := newBench(t)
	id := strings.Fields(b.ok("trigger", "conversation"))[0]
	var events struct{ Data []struct{ Event string } }
	unmarshal(t, b.ok("events", "list", "--conversation", id, "--json"), &events)
	seen := map[string]bool{}
	for _, event := range events.Data {
		seen[event.Event] = true
	}
	for _, want := range []string{"conversationStarted", "messageReceived", "messageSent", "handoverRequested", "agentAssigned", "conversationClosed"} {
		if !seen[want] {
			t.Errorf("the story lacks %s", want)
		}
	}
	if shown := b.ok("conversations", "get", id); !strings.Contains(shown, "humanagent  Yes, from ten euro.") {
		t.Errorf("got %s", shown)
	}
	if list := b.ok("conversations", "list", "--status", "closed"); !strings.Contains(list, id) {
		t.Errorf("got %s", list)
	}
}

func TestChat(t *testing.T) {
	b := newBench(t)
	const question = "What happens when my endpoint is down?"
	once := b.ok("chat", question)
	if !strings.Contains(once, "tries again") {
		t.Errorf("got %s", once)
	}
	var reply struct{ Message, ReplyID string }
	unmarshal(t, b.ok("chat", question, "--json"), &reply)
	if reply.Message+"\n" != once || reply.ReplyID == "" {
		t.Errorf("streamed %q, answered %+v", once, reply)
	}
	talk := cli(t, question+"\n\nCan I talk to a human?\nHello?\n", b.as("chat")...)
	if talk.code != exitOK || !strings.HasPrefix(talk.out, once) || !strings.HasSuffix(talk.out, "A human will answer; the bot is silent.\n") {
		t.Errorf("got %+v", talk)
	}
}

func TestKeysTakeAPerson(t *testing.T) {
	b := newBench(t)
	server, err := url.Parse(b.server.BaseURL())
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	proxy := httputil.NewSingleHostReverseProxy(server)
	seen := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, r.URL.Path)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(seen.Close)
	if refused := cli(t, "", b.as("keys", "list")...); refused.code != exitNotAllowed || !strings.Contains(refused.err, "--email") {
		t.Errorf("got %+v", refused)
	}
	person := func(args ...string) string {
		t.Helper()
		got := cli(t, b.demo.Password+"\n", append(args, "--url", seen.URL, "--email", b.demo.Email)...)
		if got.code != exitOK {
			t.Fatalf("%v: %+v", args, got)
		}
		if last := calls[len(calls)-1]; last != "/api/auth/logout" {
			t.Errorf("the session was left open: %s", last)
		}
		return got.out
	}
	var made struct{ ID, Secret string }
	chatbot := b.demo.ChatbotID.String()
	var limited struct {
		Scopes, AllowedIPs []string
		ExpiresAt          time.Time
	}
	unmarshal(t, person("keys", "create", "--name", "events only", "--scope", "events:write", "--allow-ip", "192.0.2.0/24", "--expires-in", "720h", "--chatbot", chatbot, "--json"), &limited)
	if len(limited.Scopes) != 1 || limited.Scopes[0] != "events:write" || len(limited.AllowedIPs) != 1 || time.Until(limited.ExpiresAt) < 700*time.Hour {
		t.Errorf("a limited key is %+v", limited)
	}
	unmarshal(t, person("keys", "create", "--name", "ci", "--chatbot", chatbot, "--json"), &made)
	as := func(secret string) int {
		return cli(t, "", "events", "list", "--url", b.server.BaseURL(), "--key", secret).code
	}
	if code := as(made.Secret); code != exitOK {
		t.Errorf("the new key: exit code %d", code)
	}
	if list := steady(person("keys", "list")); !strings.Contains(list, "KEY  ci") && !strings.Contains(list, "  ci  ") {
		t.Errorf("got %s", list)
	}
	rotated := person("keys", "rotate", made.ID, "--overlap", "0s")
	if !strings.Contains(rotated, "Secret") || as(made.Secret) != exitNotAllowed {
		t.Errorf("the old secret still works: %s", rotated)
	}
	person("keys", "revoke", made.ID)
	if list := person("keys", "list"); strings.Contains(list, made.ID) {
		t.Errorf("got %s", list)
	}
	wrong := cli(t, "wrong password\n", "keys", "list", "--url", b.server.BaseURL(), "--email", b.demo.Email)
	if wrong.code != exitNotAllowed || strings.Contains(wrong.err, "wrong password") || strings.Contains(wrong.err, "bot9 login") {
		t.Errorf("got %+v", wrong)
	}
}

func unmarshal(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), steady(got)); diff != "" {
		t.Error(diff)
	}
}

func TestKnowledge(t *testing.T) {
	b := newBench(t)
	added := cli(t, "Behind the house, free of charge.", b.as("knowledge", "add", "Parking", "--kind", "answer",
		"--question", "Where can I park?", "--question", "Is there a car park?", "--link", "https://shop.example/parking", "--json")...)
	var document struct {
		ID, Kind, Title, Text, URL string
		Questions                  []string
	}
	unmarshal(t, added.out, &document)
	if added.code != exitOK || document.Kind != "answer" || len(document.Questions) != 2 || document.URL == "" || document.Text != "Behind the house, free of charge." {
		t.Fatalf("got %+v", added)
	}
	if list := b.ok("knowledge", "list"); !strings.Contains(list, document.ID) || !strings.Contains(list, "answer") {
		t.Errorf("got %s", list)
	}
	if found := b.ok("knowledge", "search", "where can i PARK"); !strings.Contains(strings.Split(found, "\n")[1], "1.00") {
		t.Errorf("got %s", found)
	}
	if status := b.ok("knowledge", "status"); !strings.Contains(status, "Documents") {
		t.Errorf("got %s", status)
	}
	replaced := cli(t, "In the street.", b.as("knowledge", "replace", document.ID, "Parking")...)
	if replaced.code != exitOK || !strings.Contains(replaced.out, "In the street.") || strings.Contains(replaced.out, "car park") {
		t.Errorf("got %+v", replaced)
	}
	b.ok("knowledge", "delete", document.ID)
	if list := b.ok("knowledge", "list"); strings.Contains(list, document.ID) {
		t.Errorf("got %s", list)
	}
}

func TestVersionTellsOfTheModel(t *testing.T) {
	out := cli(t, "", "version")
	if out.code != exitOK || !strings.HasPrefix(out.out, "bot9 ") || !strings.Contains(out.out, "universal-sentence-encoder") && !strings.Contains(out.out, "BY WORDS ONLY") {
		t.Errorf("got %+v", out)
	}
	if notices := cli(t, "", "version", "--notices"); !strings.Contains(notices.out, "Google") || !strings.Contains(notices.out, "Apache License") {
		t.Errorf("got %+v", notices)
	}
}
