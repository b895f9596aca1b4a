package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bot9/bot9/client"
	"github.com/bot9/bot9/internal/catalog"
)

// Together the stories bring every event that a conversation can, but for what only failures bring.
func TestStoriesHaveEveryEvent(t *testing.T) {
	b := newBench(t)
	seen := map[string]bool{}
	for _, each := range stories {
		var conversation struct{ ID, Status string }
		unmarshal(t, b.ok("trigger", "conversation", "--story", each.name, "--json"), &conversation)
		var events struct{ Data []struct{ Event string } }
		unmarshal(t, b.ok("events", "list", "--conversation", conversation.ID, "--json"), &events)
		for _, event := range events.Data {
			seen[event.Event] = true
		}
	}
	elsewhere := []string{ // not of a conversation, or not to be brought about
		catalog.Ping, catalog.KnowledgeUpdated, catalog.APIKeyRotated, catalog.WebhookDisabled, catalog.MessageFailed,
		catalog.UserIdentified, catalog.MessageRated, catalog.AuditRecorded,
		catalog.NoteAdded, catalog.ActionExecuted, catalog.ActionFailed,
	}
	for _, name := range eventTypeNames() {
		if !seen[name] && !slices.Contains(elsewhere, name) {
			t.Errorf("no story has %s", name)
		}
	}
	if got := cli(t, "", b.as("trigger", "conversation", "--story", "nope")...); got.code != exitUsage || !strings.Contains(got.err, "handover, answered, returned") {
		t.Errorf("got %+v", got)
	}
}

func TestConversationAsJSONHasItsMessages(t *testing.T) {
	b := newBench(t)
	api, err := client.New(client.Options{URL: b.server.BaseURL(), Key: b.demo.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	id := b.demo.ConversationID.String()
	const said = 260 // more than a page
	for i := range said {
		if _, err := api.AppendMessage(t.Context(), id, client.NewMessage{ChatUser: "user", Message: fmt.Sprintf("message <%d>", i)}); err != nil {
			t.Fatal(err)
		}
	}
	var got struct {
		ID, Status string
		Messages   []struct{ ID, Message, ChatUser string }
	}
	unmarshal(t, b.ok("conversations", "get", id, "--json"), &got)
	if got.ID != id || got.Status != "active" || len(got.Messages) != said || got.Messages[said-1].Message != "message <259>" || got.Messages[0].ChatUser != "user" {
		t.Errorf("got %s, %s, %d messages", got.ID, got.Status, len(got.Messages))
	}
	if shown := b.ok("conversations", "get", id); strings.Count(shown, "message <") != said {
		t.Errorf("%d messages are shown", strings.Count(shown, "message <"))
	}
}

func TestReplays(t *testing.T) {
	b := newBench(t)
	hook := b.demo.WebhookID.String()
	b.ok("trigger", "custom.order", "--count", "5")
	replay := strings.Fields(b.ok("replay", hook, "--since", "1h", "--events", "custom.*"))[0]
	if out := steady(b.ok("replay", hook, "--since", "1s", "--events", "ping", "--no-wait")); out != "RPL is running. To watch it: bot9 replay --follow RPL\n" {
		t.Errorf("got %s", out)
	}
	list := steady(b.ok("replay", "list", hook))
	if want := "RPL  TIME  completed  5 of 5          TIME"; !strings.Contains(strings.Join(strings.Fields(list), " "), strings.Join(strings.Fields(want), " ")) {
		t.Errorf("got %s", list)
	}
	wantText(t, b.ok("replay", "get", replay), `
Replay     RPL
Webhook    WHK
Status     completed
Events     5
Queued     5
Succeeded  5
Failed     0
Started    TIME
Finished   TIME
`)
	var ended struct{ Status string }
	unmarshal(t, b.ok("replay", "cancel", replay, "--json"), &ended)
	if ended.Status != "completed" { // too late to cancel
		t.Errorf("got %+v", ended)
	}
	if got := cli(t, "", b.as("replay", "get", "rpl_0000000000001")...); got.code != exitNotFound {
		t.Errorf("got %+v", got)
	}
}

func TestVerifyAsJSON(t *testing.T) {
	got := cli(t, "{}", "verify", "--json", "--id", "evt_1", "--timestamp", "1", "--signature", "v1,x", "--secret", "whsec_Ixqhm2aVWJP2bujEiQgvlui5+GkdCaapME7/zFHjXrc=")
	if got.code != exitFailed || !strings.HasPrefix(got.out, `{"valid":false,"code":"`) {
		t.Errorf("got %+v", got)
	}
}

func TestSay(t *testing.T) {
	b := newBench(t)
	id := b.demo.ConversationID.String()
	b.ok("conversations", "say", id, "Is anybody there?")
	b.ok("conversations", "say", id, "I am.", "--as", "humanagent", "--agent-id", "grace", "--agent-name", "Grace")
	shown := steady(b.ok("conversations", "get", id))
	if !strings.Contains(shown, "TIME  user  Is anybody there?\nTIME  humanagent  I am.\n") || strings.Contains(shown, "  bot  ") {
		t.Errorf("got %s", shown)
	}
}
