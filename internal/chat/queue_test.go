package chat_test

import (
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// Who waits is who asked for a human, until one has taken over or answered.
func TestWaiting(t *testing.T) {
	s := newStory(t)
	waits := func(want bool, when string) {
		t.Helper()
		c := s.store.conversations[s.id]
		if got := c.WaitingID != 0; got != want || got != (c.WaitingSince != 0) {
			t.Errorf("%s: waits %t since %v", when, got, c.WaitingSince)
		}
	}
	agent := func(text string) {
		_, err := s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: text})
		s.must(err)
	}
	waits(false, "while the bot answers")
	s.chat("I want a human")
	waits(true, "asked for a human")
	since := s.store.conversations[s.id].WaitingID
	s.chat("Hello?")
	if s.store.conversations[s.id].WaitingID != since {
		t.Error("another message begins the wait anew")
	}
	agent("Here I am.")
	waits(false, "answered")
	s.chat("Thank you")
	waits(false, "somebody has answered, so it is handled")
	s.change(bot9.ChangeInput{AgentID: ptr("a7")})
	s.change(bot9.ChangeInput{NoAgent: true})
	waits(true, "given back to the queue")
	s.change(bot9.ChangeInput{AgentID: ptr("a7"), Delegated: true})
	waits(true, "given to a colleague, who has yet to look")
	s.change(bot9.ChangeInput{AgentID: ptr("a8")})
	waits(false, "taken over")
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusActive)})
	waits(false, "back to the bot")
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	waits(true, "marked")
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusClosed)})
	waits(false, "closed")
	c, err := s.Start(t.Context(), shopBot, bot9.StartInput{Status: bot9.StatusNeedsReview})
	s.must(err)
	if c.WaitingID == 0 {
		t.Error("one that starts with a human doesn't wait")
	}
}

func TestRoundRobin(t *testing.T) {
	s := newStory(t)
	s.store.agents = []bot9.Agent{{ID: "mem_a", Name: "Ada"}, {ID: "mem_b", Name: "Bea"}}
	s.chat("agent please")
	s.wantEvents("messageReceived conversationStatusChanged handoverRequested agentAssigned messageSent")
	c := s.store.conversations[s.id]
	if c.AgentID != "mem_a" || c.AgentName != "Ada" || c.WaitingID == 0 {
		t.Errorf("assigned to %q %q, waits %t: she has yet to answer", c.AgentID, c.AgentName, c.WaitingID != 0)
	}
	second, err := s.Start(t.Context(), shopBot, bot9.StartInput{Status: bot9.StatusNeedsReview})
	s.must(err)
	s.wantEvents("conversationStarted agentAssigned")
	if second.AgentID != "mem_b" {
		t.Errorf("the second went to %q", second.AgentID)
	}
	third, err := s.Start(t.Context(), shopBot, bot9.StartInput{})
	s.must(err)
	changed, err := s.Change(t.Context(), shopBot, third.ID, "Grace", bot9.ChangeInput{AgentID: ptr("mem_c")})
	s.must(err)
	if changed.AgentID != "mem_c" || s.store.agents[0].ID != "mem_a" {
		t.Errorf("who takes over by themselves takes a turn: %q, next %q", changed.AgentID, s.store.agents[0].ID)
	}
}

func TestSilenceCloses(t *testing.T) {
	s := newStory(t)
	s.chat("hi")
	s.events()
	pass := func(edge bot9.Time) {
		t.Helper()
		s.store.silent = []bot9.SilentConversation{{ChatbotID: shopBot, ID: s.id, Edge: edge, Minutes: 30}}
		if more, err := s.CloseSilent(t.Context()); err != nil || more {
			t.Fatalf("more %t, %v", more, err)
		}
	}
	now := func() bot9.Time { return s.store.conversations[s.id].UpdatedAt }
	pass(now() - 1)
	s.wantEvents("") // something was said meanwhile
	s.chat("I want a human")
	s.events()
	pass(now())
	s.wantEvents("") // the end user waits
	_, err := s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: "Hello"})
	s.must(err)
	s.chat("And then?")
	s.events()
	pass(now())
	s.wantEvents("") // the end user had the last word, and a human has to answer
	_, err = s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: bot9.SpeakerAgent, Message: "That's it."})
	s.must(err)
	s.events()
	pass(now())
	news := s.news()
	if len(news) != 2 || !strings.Contains(string(news[0].Data), `"by":"system","reason":"Nothing was said for 30 minutes"`) ||
		!strings.Contains(string(news[1].Data), `"closedBy":"system"`) || news[1].Type != "conversationClosed" {
		t.Errorf("events %s", asJSON(t, news))
	}
	pass(now())
	s.wantEvents("") // it is closed
}
