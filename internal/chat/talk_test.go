package chat_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

func TestChatAnswers(t *testing.T) {
	s := newStory(t)
	reply := s.chat("Hello <you>")
	want := bot9.Reply{
		Text: "You said: Hello <you>", MessageID: reply.MessageID, ReplyID: reply.ReplyID, Answered: true, Found: true,
		TopScore: 0.9, Passages: []bot9.Passage{{DocumentID: 1, Score: 0.9}}, Status: bot9.StatusActive, Details: &bot9.AnswerDetails{Found: true},
	}
	if diff := cmp.Diff(want, reply); diff != "" || reply.MessageID == 0 || reply.ReplyID <= reply.MessageID {
		t.Errorf("%+v\n%s", reply, diff)
	}
	news := s.news()
	if len(news) != 2 {
		t.Fatalf("events: %+v", news)
	}
	s.wantData(news[0], "messageReceived", fmt.Sprintf(
		`{"message":"Hello <you>","sender":"user123","messageId":"%s","senderType":"user","source":"website-widget","externalSessionId":null}`,
		reply.MessageID))
	s.wantData(news[1], "messageSent", fmt.Sprintf(
		`{"message":"You said: Hello <you>","sender":"user123","messageId":"%s","senderType":"bot","source":"website-widget","externalSessionId":null,"inReplyTo":"%s","sources":null,"suggestions":null}`,
		reply.ReplyID, reply.MessageID))
	stored := s.store.messages[s.id]
	if len(stored) != 2 || stored[1].InReplyTo != reply.MessageID || stored[1].ChatUser != bot9.SpeakerBot || stored[1].CreatedAt == 0 {
		t.Errorf("stored %+v", stored)
	}
}

func TestAnswerNotFoundIsToldBeforeTheReply(t *testing.T) {
	s := newStory(t)
	reply := s.chat("Do you sell gift cards?")
	if reply.Found || !reply.Answered || reply.Text != "No idea." || reply.TopScore != 0.2 {
		t.Errorf("got %+v", reply)
	}
	news := s.news()
	if len(news) != 3 || news[2].Type != "messageSent" {
		t.Fatalf("events: %+v", news)
	}
	s.wantData(news[1], "answerNotFound", fmt.Sprintf(
		`{"message":"Do you sell gift cards?","sender":"user123","messageId":"%s","senderType":"user","source":"website-widget","externalSessionId":null,"topScore":0.2}`,
		reply.MessageID))
}

func TestSourcesAreStoredAndTold(t *testing.T) {
	s := newStory(t)
	sources := []bot9.Source{{DocumentID: 7, Title: "Delivery", Passage: "Two days.", Score: 0.9}}
	s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
		return bot9.Answer{Text: "Two days.", Found: true, Sources: sources}, nil
	}
	reply := s.chat("How long?")
	stored := s.store.messages[s.id]
	if diff := cmp.Diff(sources, stored[len(stored)-1].Sources); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(sources, reply.Sources); diff != "" {
		t.Error(diff)
	}
	s.wantData(s.news()[1], "messageSent", fmt.Sprintf(
		`{"message":"Two days.","sender":"user123","messageId":"%s","senderType":"bot","source":"website-widget","externalSessionId":null,"inReplyTo":"%s",`+
			`"sources":[{"documentId":"%s","title":"Delivery","url":"","passage":"Two days.","score":0.9}],"suggestions":null}`,
		reply.ReplyID, reply.MessageID, bot9.DocumentID(7)))
}

func TestAnUnsureBotAsksBackAndMissesNothing(t *testing.T) {
	s := newStory(t)
	meant := []bot9.Suggestion{{DocumentID: 7, Title: "Delivery"}, {DocumentID: 8, Title: "Returns"}}
	s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
		return bot9.Answer{Text: "Did you mean one of these?", TopScore: 0.3, Suggestions: meant}, nil
	}
	reply := s.chat("Parcel?")
	if reply.Found || !reply.Answered {
		t.Errorf("got %+v", reply)
	}
	if diff := cmp.Diff(meant, reply.Suggestions); diff != "" {
		t.Error(diff)
	}
	news := s.news()
	if len(news) != 2 || news[0].Type != "messageReceived" || news[1].Type != "messageSent" {
		t.Errorf("events: %+v", news)
	}
	stored := s.store.messages[s.id]
	if diff := cmp.Diff(meant, stored[len(stored)-1].Suggestions); diff != "" {
		t.Error(diff)
	}
}

func TestTheEngineIsToldWhatWasSaidBefore(t *testing.T) {
	s := newStory(t)
	s.chat("One")
	var said []string
	s.engine = func(_ context.Context, history []bot9.Message, question string) (bot9.Answer, error) {
		for _, m := range history {
			said = append(said, string(m.ChatUser)+": "+m.Text)
		}
		said = append(said, "? "+question)
		return bot9.Answer{Text: "Fine", Found: true}, nil
	}
	s.chat("Two")
	if diff := cmp.Diff([]string{"user: One", "bot: You said: One", "? Two"}, said); diff != "" {
		t.Error(diff)
	}
}

func TestAFailingEngine(t *testing.T) {
	for name, engine := range map[string]engineFunc{
		"error": func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
			return bot9.Answer{}, errors.New("dial tcp 10.0.0.7: password=hunter2")
		},
		"nothing to say": func(context.Context, []bot9.Message, string) (bot9.Answer, error) { return bot9.Answer{Text: " "}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.engine = engine
			_, err := s.Chat(t.Context(), shopBot, s.id, "Hello", func(string) { t.Error("something was streamed") })
			wantError(t, err, bot9.Unavailable, "answeringFailed")
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("internals got out: %v", err)
			}
			stored := s.store.messages[s.id]
			if len(stored) != 1 || stored[0].Text != "Hello" {
				t.Fatalf("the user's message must stay, alone: %+v", stored)
			}
			news := s.news()
			if len(news) != 2 || news[0].Type != "messageReceived" {
				t.Fatalf("events: %+v", news)
			}
			s.wantData(news[1], "messageFailed", fmt.Sprintf(
				`{"message":"Hello","sender":"user123","messageId":"%s","senderType":"user","source":"website-widget","externalSessionId":null,"error":"The answering engine failed"}`,
				stored[0].ID))
			if !strings.Contains(s.log.String(), "answering failed") || strings.Contains(s.log.String(), "Hello") {
				t.Errorf("the log must tell of it, but not what was said: %s", s.log.String())
			}
		})
	}
}

func TestTheBotIsSilentWhereAHumanAnswers(t *testing.T) {
	s := newStory(t)
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusNeedsReview)})
	s.events()
	s.engine = nil // would panic
	reply, err := s.Chat(t.Context(), shopBot, s.id, "Is a human there?", func(string) { t.Error("something was streamed") })
	s.must(err)
	if reply.Answered || reply.Text != "" || reply.ReplyID != 0 || reply.MessageID == 0 || reply.Status != bot9.StatusNeedsReview {
		t.Errorf("got %+v", reply)
	}
	s.wantEvents("messageReceived")
	s.chat("I want to talk to a human")
	s.wantEvents("messageReceived") // a human is there already
}

func TestAClosedConversationTakesNothing(t *testing.T) {
	s := newStory(t)
	s.change(bot9.ChangeInput{Status: ptr(bot9.StatusClosed)})
	s.events()
	_, err := s.Chat(t.Context(), shopBot, s.id, "Hello", nil)
	wantError(t, err, bot9.Conflict, "conversationClosed")
	for _, speaker := range []bot9.Speaker{bot9.SpeakerUser, bot9.SpeakerBot, bot9.SpeakerAgent} {
		_, err = s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: speaker, Message: "Hello"})
		wantError(t, err, bot9.Conflict, "conversationClosed")
	}
	s.wantEvents("")
	if n := len(s.store.messages[s.id]); n != 0 {
		t.Errorf("%d messages were stored", n)
	}
}

func TestAnAnswerThatComesTooLateIsDropped(t *testing.T) {
	for _, status := range []bot9.ConversationStatus{bot9.StatusNeedsReview, bot9.StatusClosed} {
		t.Run(string(status), func(t *testing.T) {
			s := newStory(t)
			s.engine = func(ctx context.Context, history []bot9.Message, question string) (bot9.Answer, error) {
				s.change(bot9.ChangeInput{Status: &status, AgentID: ptr("a7")})
				s.events()
				return echo(ctx, history, question)
			}
			reply, err := s.Chat(t.Context(), shopBot, s.id, "Hello", func(string) { t.Error("something was streamed") })
			s.must(err)
			if reply.Answered || reply.Found || reply.Text != "" || reply.ReplyID != 0 || reply.Status != status {
				t.Errorf("got %+v", reply)
			}
			s.wantEvents("")
		})
	}
}

func TestAUserWhoHasGoneStillGetsTheReplyStored(t *testing.T) {
	s := newStory(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.engine = func(engineCtx context.Context, _ []bot9.Message, _ string) (bot9.Answer, error) {
		cancel()
		return bot9.Answer{Text: "Here", Found: true}, engineCtx.Err()
	}
	reply, err := s.Chat(ctx, shopBot, s.id, "Hello", nil)
	s.must(err)
	if !reply.Answered {
		t.Errorf("got %+v", reply)
	}
	s.wantEvents("messageReceived messageSent")
}

func TestAskingForAHuman(t *testing.T) {
	s := newStory(t)
	s.chat("Hello")
	s.events()
	s.engine = nil // would panic
	reply := s.chat("I want to talk to a human!")
	if !reply.Answered || reply.Found || !strings.Contains(reply.Text, "human") || reply.Status != bot9.StatusNeedsReview {
		t.Errorf("got %+v", reply)
	}
	news := s.news()
	if len(news) != 4 || news[0].Type != "messageReceived" || news[3].Type != "messageSent" {
		t.Fatalf("events: %+v", news)
	}
	s.wantData(news[1], "conversationStatusChanged", `{"from":"active","to":"needs_review","by":"user","reason":"The user asked for a human"}`)
	said := s.store.messages[s.id]
	shown := make([]string, 3)
	for i, m := range said[:3] {
		shown[i] = fmt.Sprintf(`{"messageId":"%s","senderType":"%s","message":"%s","createdAt":"%s"}`, m.ID, m.ChatUser, m.Text, m.CreatedAt)
	}
	s.wantData(news[2], "handoverRequested",
		`{"reason":"The user asked for a human","requestedBy":"user","recentMessages":[`+strings.Join(shown, ",")+`]}`)
	if len(said) != 4 || said[3].InReplyTo != reply.MessageID || said[3].ID != reply.ReplyID {
		t.Errorf("said %+v", said)
	}
}

func TestTheHumanSeesTheWishAndNineMessagesBefore(t *testing.T) {
	s := newStory(t)
	for i := range 8 {
		s.chat(fmt.Sprint("Message ", i))
	}
	s.events()
	s.chat("agent please")
	data := string(s.news()[2].Data)
	if n := strings.Count(data, `"messageId"`); n != 10 || !strings.Contains(data, "agent please") || strings.Contains(data, `"Message 3"`) {
		t.Errorf("%d messages: %s", n, data)
	}
}

func TestWhatIsAWishForAHuman(t *testing.T) {
	for message, want := range map[string]bool{
		"talk to a human":                            true,
		"Agent please":                               true,
		"HUMAN!!!":                                   true,
		"I'd like a real person, please.":            true,
		"Can I speak with someone?":                  true,
		"please connect me to an agent":              true,
		"transfer me over to customer service staff": true,

		"My order is late. Let me talk to your support team, now": true,
		"I can’t do this, put me through to a representative":     true,

		"get me a human":                             true,
		"Do you have agents in Berlin?":              false,
		"How do I become an agent?":                  false,
		"I don't want to talk to a human":            false,
		"I don’t need to speak to an agent":          false,
		"people":                                     false,
		"your team":                                  false,
		"What does it cost per person?":              false,
		"talk to me":                                 false,
		"Is the human resources department open?":    false,
		strings.Repeat("talk to ", 4_000):            false,
		strings.Repeat("real human support ", 1_500): false,
	} {
		reply := newStory(t).chat(message)
		if got := reply.Status == bot9.StatusNeedsReview; got != want {
			t.Errorf("%.60q: handed over: %v", message, got)
		}
	}
}

func TestTheReplyIsStreamedInWordsThatAddUp(t *testing.T) {
	for answer, want := range map[string][]string{
		"One":                   {"One"},
		"One two,\n\nthree. ":   {"One ", "two,\n\n", "three. "},
		" led by space":         {" ", "led ", "by ", "space"},
		strings.Repeat("配", 50): {strings.Repeat("配", 24), strings.Repeat("配", 24), "配配"},
	} {
		s := newStory(t)
		s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
			return bot9.Answer{Text: answer, Found: true}, nil
		}
		var pieces []string
		reply, err := s.Chat(t.Context(), shopBot, s.id, "Hello", func(piece string) {
			if n := len(s.store.messages[s.id]); n != 2 {
				t.Errorf("streamed before it was stored: %d messages", n)
			}
			pieces = append(pieces, piece)
		})
		s.must(err)
		if diff := cmp.Diff(want, pieces); diff != "" || strings.Join(pieces, "") != reply.Text {
			t.Errorf("%q: %s", answer, diff)
		}
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	s := newStory(t)
	for name, text := range map[string]string{
		"empty": "", "blank": " \n\t", "too long": strings.Repeat("ä", 32_769), "not UTF-8": "a\xff", "not storable": "a\x00b",
	} {
		_, err := s.Chat(t.Context(), shopBot, s.id, text, nil)
		wantError(t, err, bot9.Invalid, "validationFailed", "body.message")
		_, err = s.Append(t.Context(), shopBot, s.id, bot9.AppendInput{ChatUser: "user", Message: text})
		if bot9.KindOf(err) != bot9.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.wantEvents("")
	s.chat(strings.Repeat("ä", 32_768))
}
