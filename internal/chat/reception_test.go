package chat_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/chat"
)

// written is an engine that does as a test says, streaming included.
type written func(ctx context.Context, settings *bot9.Answering, q bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error)

func (f written) Answer(ctx context.Context, settings *bot9.Answering, q bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
	return f(ctx, settings, q, stream)
}

// with has another engine, or other settings, tell the story on.
func (s *story) with(engine chat.Engine, settings func(*bot9.Answering), options ...chat.Option) {
	s.store.settings = settings
	if engine == nil {
		engine = s.engine
	}
	s.Service = chat.New(s.store, engine, slog.New(slog.NewTextHandler(&s.log, nil)), options...)
}

const handedOver = "messageReceived conversationStatusChanged handoverRequested messageSent"

func TestWordsAndRulesHandOver(t *testing.T) {
	for name, message := range map[string]string{
		"a word":                  "I'll call my LAWYER about that",
		"a wish in any language":  "Ich möchte mit einem Menschen sprechen",
		"a rule":                  "refund!",
		"a phrase with two words": "this is a formal complaint",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			asked := 0
			s.with(nil, func(a *bot9.Answering) {
				a.Handover.Words, a.Handover.Rule = []string{"lawyer", "Formal Complaint"}, "the rule"
			}, chat.WithRules(func(rule string, e *bot9.Event) bool {
				asked++
				return rule == "the rule" && e.Type == "messageReceived" && strings.Contains(string(e.Data), `"message":"refund!"`) && e.ConversationID == s.id
			}))
			reply := s.chat(message)
			s.wantEvents(handedOver)
			if reply.Status != bot9.StatusNeedsReview || !reply.Answered {
				t.Errorf("%+v", reply)
			}
			if name == "a rule" && asked == 0 {
				t.Error("the rule was not asked")
			}
		})
	}
	s := newStory(t)
	s.with(nil, func(a *bot9.Answering) { a.Handover.Words = []string{"lawyer"} })
	s.chat("My flyer says otherwise")
	s.wantEvents("messageReceived messageSent")
}

// After n questions in a row without an answer a person takes over; asking back counts as neither.
func TestUnansweredQuestionsHandOver(t *testing.T) {
	s := newStory(t)
	s.with(nil, func(a *bot9.Answering) { a.Handover.AfterNotFound = 2 })
	s.engine = func(_ context.Context, _ []bot9.Message, q string) (bot9.Answer, error) {
		switch q {
		case "unsure":
			return bot9.Answer{Text: "Did you mean …", Suggestions: []bot9.Suggestion{{DocumentID: 1, Title: "Delivery"}}}, nil
		case "known":
			return bot9.Answer{Text: "Yes", Found: true}, nil
		}
		return bot9.Answer{Text: "No idea"}, nil
	}
	s.with(s.engine, s.store.settings)
	const notFound = "messageReceived answerNotFound messageSent"
	for _, step := range []struct{ say, events string }{
		{"unknown", notFound},
		{"known", "messageReceived messageSent"},
		{"unknown", notFound},
		{"unsure", "messageReceived messageSent"},
		{"unknown", "messageReceived answerNotFound conversationStatusChanged handoverRequested messageSent"},
	} {
		reply := s.chat(step.say)
		if got := s.events(); got != step.events {
			t.Fatalf("%s:\n got %s\nwant %s", step.say, got, step.events)
		}
		if wants := strings.Contains(step.events, "handover"); wants != (reply.Status == bot9.StatusNeedsReview) || wants && !strings.Contains(reply.Text, "passing you on") {
			t.Errorf("%s: %+v", step.say, reply)
		}
	}
	s.change(bot9.ChangeInput{Status: new(bot9.ConversationStatus(bot9.StatusActive))})
	s.events()
	s.with(s.engine, func(a *bot9.Answering) { a.Handover.AfterNotFound = 0 })
	for range 4 {
		s.chat("unknown")
		s.wantEvents(notFound)
	}
}

// Outside the hours the end user is told when somebody is back, and asked for contact details.
func TestNobodyIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which begins on Saturday, 1 January 2000, at midnight UTC
		s := newStory(t)
		hours := &bot9.Hours{Timezone: "UTC", Week: []bot9.Open{{Day: "mon", From: "09:00", To: "17:00"}}}
		s.with(nil, func(a *bot9.Answering) { a.Hours = hours })
		reply := s.chat("human please")
		if !strings.Contains(reply.Text, "back on Monday at 09:00") || reply.Details == nil || !reply.Details.LeadForm || reply.Status != bot9.StatusNeedsReview {
			t.Errorf("%+v", reply)
		}
		s.change(bot9.ChangeInput{Status: new(bot9.ConversationStatus(bot9.StatusActive))})
		hours.Away = "Wir sind {back} zurück."
		if reply := s.chat("Mitarbeiter bitte"); reply.Text != "Wir sind am Montag um 09:00 Uhr zurück." {
			t.Errorf("%+v", reply)
		}
		s.change(bot9.ChangeInput{Status: new(bot9.ConversationStatus(bot9.StatusActive))})
		time.Sleep(2*24*time.Hour + 10*time.Hour)
		if reply := s.chat("human please"); !strings.Contains(reply.Text, "passing you on") || reply.Details != nil {
			t.Errorf("within the hours: %+v", reply)
		}
	})
}

// With a bot of the integrator's own nothing is owed and nothing is said.
func TestOwnBot(t *testing.T) {
	s := newStory(t)
	s.with(nil, func(a *bot9.Answering) { a.Engine = bot9.EngineNone })
	reply := s.chat("Anybody?")
	s.wantEvents("messageReceived")
	if reply.Answered || reply.Text != "" || reply.Status != bot9.StatusActive || len(s.store.owed) != 0 {
		t.Errorf("%+v, owed %v", reply, s.store.owed)
	}
}

// A takeover while the answer is being written silences it: nothing more is streamed, and nothing is stored.
func TestATakeoverSilencesAnAnswerInTheMiddle(t *testing.T) {
	s := newStory(t)
	said, deltas := []string{}, []string{}
	s.with(written(func(ctx context.Context, _ *bot9.Answering, _ bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
		stream.Say("Delivery ")
		s.change(bot9.ChangeInput{AgentID: new("agent-7")})
		stream.Say("takes ")
		<-ctx.Done() // or the engine would write on
		return bot9.Answer{Text: "Delivery takes two days", Found: true}, nil
	}), func(a *bot9.Answering) { a.Engine = bot9.EngineModel },
		chat.WithDeltas(replyID, func(_ bot9.ChatbotID, _ bot9.ConversationID, _ bot9.MessageID, text string) {
			deltas = append(deltas, text)
		}))
	reply, err := s.Chat(t.Context(), shopBot, s.id, "How long?", func(text string) { said = append(said, text) })
	s.must(err)
	s.wantEvents("messageReceived conversationStatusChanged agentAssigned")
	if strings.Join(said, "") != "Delivery " || strings.Join(deltas, "") != "Delivery " || reply.Answered || reply.Status != bot9.StatusNeedsReview || len(s.store.owed) != 0 {
		t.Errorf("said %q, deltas %q, reply %+v, owed %v", said, deltas, reply, s.store.owed)
	}
}

// A takeover on another node is noticed within a second or two.
func TestATakeoverElsewhereSilencesToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		s.with(written(func(ctx context.Context, _ *bot9.Answering, _ bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
			s.store.mu.Lock()
			c := s.store.conversations[s.id]
			c.Status = bot9.StatusClosed
			s.store.conversations[s.id] = c
			s.store.mu.Unlock()
			began := time.Now()
			<-ctx.Done()
			if waited := time.Since(began); waited > 2*time.Second {
				t.Errorf("noticed after %v", waited)
			}
			stream.Say("too late")
			return bot9.Answer{}, ctx.Err()
		}), func(a *bot9.Answering) { a.Engine = bot9.EngineModel })
		reply, err := s.Chat(t.Context(), shopBot, s.id, "How long?", func(string) { t.Error("something was said") })
		s.must(err)
		s.wantEvents("messageReceived")
		if reply.Answered || len(s.store.owed) != 0 {
			t.Errorf("reply %+v, owed %v", reply, s.store.owed)
		}
	})
}

// What is streamed has the ID that the stored reply gets.
func TestDeltasNameTheReply(t *testing.T) {
	s := newStory(t)
	var named bot9.MessageID
	s.with(written(func(_ context.Context, _ *bot9.Answering, _ bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
		stream.Say("Two ")
		stream.Say("days")
		return bot9.Answer{Text: "Two days", Found: true, Usage: &bot9.Usage{InputTokens: 5}}, nil
	}), nil, chat.WithDeltas(replyID, func(_ bot9.ChatbotID, _ bot9.ConversationID, reply bot9.MessageID, _ string) { named = reply }))
	reply := s.chat("How long?")
	if named == 0 || named != reply.ReplyID || reply.Details.Usage.InputTokens != 5 {
		t.Errorf("deltas of %v, reply %+v", named, reply)
	}
}

// An engine that fails leaves the end user a word, beside messageFailed.
func TestAFailureIsToldToTheEndUser(t *testing.T) {
	s := newStory(t)
	s.with(written(func(context.Context, *bot9.Answering, bot9.Question, bot9.AnswerStream) (bot9.Answer, error) {
		return bot9.Answer{Text: "Sorry, not now."}, errors.New("stalled")
	}), nil)
	_, err := s.Chat(t.Context(), shopBot, s.id, "How long?", nil)
	wantError(t, err, bot9.Unavailable, "answeringFailed")
	s.wantEvents("messageReceived messageFailed messageSent")
	stored := s.store.messages[s.id]
	if stored[len(stored)-1].Text != "Sorry, not now." {
		t.Errorf("%+v", stored)
	}
}

// An action is told of when it was executed, be the answer silenced or not.
func TestActionsAreTold(t *testing.T) {
	s := newStory(t)
	s.with(written(func(ctx context.Context, _ *bot9.Answering, _ bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
		for _, run := range []bot9.ActionRun{
			{ActionID: 5, Name: "orderStatus", OK: true, Status: 200, Request: bot9.ActionRequest{Method: "GET", URL: "https://shop.example", Headers: map[string]string{}}, Answer: "{}"},
			{ActionID: 5, Name: "orderStatus", Error: "no answer", Request: bot9.ActionRequest{Method: "GET", Headers: map[string]string{}}},
		} {
			if err := stream.Ran(ctx, run); err != nil {
				return bot9.Answer{}, err
			}
		}
		return bot9.Answer{Text: "Shipped", Found: true}, nil
	}), nil)
	s.chat("Where is my order?")
	s.wantEvents("messageReceived actionExecuted actionFailed messageSent")
}

func replyID(context.Context) (int64, error) { return 1 << 62, nil }
