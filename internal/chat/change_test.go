package chat_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

// Every transition of the state machine, with and without an agent, and what it tells, in order.
func TestTransitions(t *testing.T) {
	const changed = "conversationStatusChanged "
	for _, test := range []struct {
		from, to, agent string
		events          string
		agentAfter      string // starting without one
	}{
		{"active", "active", "", "", ""},
		{"active", "needs_review", "", changed + "handoverRequested", ""},
		{"active", "needs_review", "a7", changed + "agentAssigned", "a7"},
		{"active", "", "a7", changed + "agentAssigned", "a7"},
		{"active", "closed", "", changed + "conversationClosed", ""},
		{"active", "closed", "a7", changed + "conversationClosed agentAssigned", "a7"},
		{"needs_review", "needs_review", "", "", ""},
		{"needs_review", "needs_review", "a7", "agentAssigned", "a7"},
		{"needs_review", "", "a7", "agentAssigned", "a7"},
		{"needs_review", "active", "", changed + "conversationReturnedToBot", ""},
		{"needs_review", "closed", "", changed + "conversationClosed", ""},
		{"closed", "closed", "", "", ""},
		{"closed", "active", "", changed + "conversationReopened", ""},
		{"closed", "needs_review", "", changed + "conversationReopened handoverRequested", ""},
		{"closed", "needs_review", "a7", changed + "conversationReopened agentAssigned", "a7"},
		{"closed", "", "a7", "agentAssigned", "a7"},
	} {
		t.Run(test.from+" to "+test.to+" "+test.agent, func(t *testing.T) {
			s := newStory(t)
			s.change(bot9.ChangeInput{Status: ptr(bot9.ConversationStatus(test.from))})
			s.events()
			in := bot9.ChangeInput{}
			want := bot9.ConversationStatus(test.from)
			if test.to != "" {
				want = bot9.ConversationStatus(test.to)
				in.Status = &want
			} else if want == bot9.StatusActive {
				want = bot9.StatusNeedsReview
			}
			if test.agent != "" {
				in.AgentID = &test.agent
			}
			c := s.change(in)
			s.wantEvents(strings.TrimSpace(test.events))
			if c.Status != want || c.AgentID != test.agentAfter {
				t.Errorf("now %s with agent %q", c.Status, c.AgentID)
			}
		})
	}
}

func TestWhatAChangeOfStatusSays(t *testing.T) {
	s := newStory(t)
	s.chat("Hello")
	s.events()
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview), AgentID: ptr("a7"), AgentName: ptr("Grace H"), Reason: "angry"})
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusActive)})
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusClosed)})
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusActive)})
	news := s.news()
	if len(news) != 8 {
		t.Fatalf("%d events", len(news))
	}
	s.wantData(news[0], "conversationStatusChanged", `{"from":"active","to":"needs_review","by":"Grace","reason":"angry"}`)
	s.wantData(news[1], "agentAssigned", `{"agentId":"a7","agentName":"Grace H"}`)
	s.wantData(news[2], "conversationStatusChanged", `{"from":"needs_review","to":"active","by":"Grace","reason":""}`)
	s.wantData(news[3], "conversationReturnedToBot", `{"by":"Grace"}`)
	s.wantData(news[4], "conversationStatusChanged", `{"from":"active","to":"closed","by":"Grace","reason":""}`)
	s.wantData(news[5], "conversationClosed", `{"closedBy":"Grace","messageCount":2}`)
	s.wantData(news[7], "conversationReopened", `{"by":"Grace"}`)
}

func TestAgents(t *testing.T) {
	s := newStory(t)
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview), AgentID: ptr("a7"), AgentName: ptr("Grace")})
	s.events()
	s.change(bot9.ChangeInput{AgentID: ptr("a7")})
	s.wantEvents("") // the same agent, whose name is known
	s.change(bot9.ChangeInput{AgentID: ptr("a7"), AgentName: ptr("Grace Hopper")})
	s.wantEvents("agentAssigned")
	if c := s.change(bot9.ChangeInput{AgentID: ptr("a8")}); c.AgentID != "a8" || c.AgentName != "" {
		t.Errorf("the new agent bears the old one's name: %+v", c)
	}
	s.wantEvents("agentAssigned")
	if c := s.change(bot9.ChangeInput{Status: ptr(bot9.StatusClosed)}); c.AgentID != "a8" {
		t.Errorf("a closed conversation forgot its agent: %+v", c)
	}
	s.events()
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	s.wantEvents("conversationStatusChanged conversationReopened") // the agent is still there, nobody is asked for
	if c := s.change(bot9.ChangeInput{Status: ptr(bot9.StatusActive)}); c.AgentID != "" {
		t.Errorf("the bot answers, but the agent is %q", c.AgentID)
	}
}

func TestHandoverByAnAgentShowsTheNewestMessagesCut(t *testing.T) {
	s := newStory(t)
	for i := range 6 {
		s.chat(strconv.Itoa(i) + strings.Repeat("ä", 1_500))
	}
	s.events()
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	event := s.news()[1]
	if event.Type != "handoverRequested" || !strings.Contains(string(event.Data), `"reason":"The conversation was marked as needing a human","requestedBy":"Grace"`) {
		t.Errorf("got %s", event.Data)
	}
	if n := strings.Count(string(event.Data), `"messageId"`); n != 10 {
		t.Errorf("%d messages", n)
	}
	if strings.Contains(string(event.Data), `"0ä`) || !strings.Contains(string(event.Data), `"message":"5`+strings.Repeat("ä", 999)+`"`) {
		t.Errorf("not the newest ones, each cut at 1,000 characters: %s", event.Data)
	}
}

func TestTags(t *testing.T) {
	s := newStory(t)
	tag := func(tags ...string) []bot9.NewEvent {
		s.change(bot9.ChangeInput{Tags: &tags})
		return s.news()
	}
	s.wantData(tag("vip", " refund ", "vip")[0], "conversationTagged", `{"tags":["vip","refund"],"added":["vip","refund"],"removed":[]}`)
	if news := tag("refund", "vip"); len(news) != 0 {
		t.Errorf("another order is no change: %+v", news)
	}
	s.wantData(tag("refund", "late")[0], "conversationTagged", `{"tags":["refund","late"],"added":["late"],"removed":["vip"]}`)
	s.wantData(tag()[0], "conversationTagged", `{"tags":[],"added":[],"removed":["refund","late"]}`)
	if diff := cmp.Diff([]string{}, s.store.conversations[s.id].Tags); diff != "" {
		t.Error(diff)
	}
}

func TestEverythingInOneChange(t *testing.T) {
	s := newStory(t)
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview), AgentID: ptr("a7"), Tags: &[]string{"vip"}})
	s.wantEvents("conversationStatusChanged agentAssigned conversationTagged")
	s.change(bot9.ChangeInput{})
	s.wantEvents("")
}

// An agent is removed without the status changing, which nobody is told of.
func TestNobodyHasTakenOver(t *testing.T) {
	s := newStory(t)
	s.change(bot9.ChangeInput{AgentID: ptr("a7"), AgentName: ptr("Grace")})
	if c := s.change(bot9.ChangeInput{NoAgent: true}); c.AgentID != "" || c.AgentName != "" || c.Status != bot9.StatusNeedsReview {
		t.Errorf("agent %q %q, status %s", c.AgentID, c.AgentName, c.Status)
	}
}

func TestChangeRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		in bot9.ChangeInput
		at []string
	}{
		"an unknown status":      {bot9.ChangeInput{Status: ptr(bot9.ConversationStatus("open"))}, []string{"body.status"}},
		"no agent":               {bot9.ChangeInput{AgentID: ptr(" ")}, []string{"body.agentId"}},
		"a name without ID":      {bot9.ChangeInput{AgentName: ptr("Grace")}, []string{"body.agentName"}},
		"an agent of the bot":    {bot9.ChangeInput{Status: ptr(bot9.StatusActive), AgentID: ptr("a7")}, []string{"body.agentId"}},
		"too many tags":          {bot9.ChangeInput{Tags: ptr(make([]string, 51))}, []string{"body.tags"}},
		"empty and long tags":    {bot9.ChangeInput{Tags: &[]string{"ok", "", strings.Repeat("ä", 65)}}, []string{"body.tags[1]", "body.tags[2]"}},
		"a reason without end":   {bot9.ChangeInput{Reason: strings.Repeat("x", 501)}, []string{"body.reason"}},
		"what can't be stored":   {bot9.ChangeInput{Tags: &[]string{"a\x00b", "\xff"}}, []string{"body.tags[0]", "body.tags[1]"}},
		"several faults at once": {bot9.ChangeInput{Status: ptr(bot9.ConversationStatus("")), AgentID: ptr("")}, []string{"body.status", "body.agentId"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			_, err := s.Change(t.Context(), shopBot, s.id, "Grace", test.in)
			wantError(t, err, bot9.Invalid, "validationFailed", test.at...)
			s.wantEvents("")
		})
	}
}

func TestAnotherChatbotsConversationIsNotFound(t *testing.T) {
	s := newStory(t)
	reply := s.chat("Hello")
	s.events()
	ctx := t.Context()
	_, err := s.Chat(ctx, otherBot, s.id, "I want a human", nil)
	wantError(t, err, bot9.NotFound, "notFound")
	_, err = s.Append(ctx, otherBot, s.id, bot9.AppendInput{ChatUser: "bot", Message: "Hi"})
	wantError(t, err, bot9.NotFound, "notFound")
	_, err = s.Change(ctx, otherBot, s.id, "", bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	wantError(t, err, bot9.NotFound, "notFound")
	_, err = s.Review(ctx, otherBot, s.id, 5, "")
	wantError(t, err, bot9.NotFound, "notFound")
	wantError(t, s.Rate(ctx, otherBot, s.id, reply.ReplyID, 5), bot9.NotFound, "notFound")
	_, err = s.Lead(ctx, otherBot, s.id, bot9.LeadInput{Details: bot9.Details{Name: "Eve"}})
	wantError(t, err, bot9.NotFound, "notFound")
	s.wantEvents("")
}
