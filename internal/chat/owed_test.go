package chat_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// A question whose process died is told to have failed, once; one that is being answered is left alone.
func TestOwedAnswersAreGivenUp(t *testing.T) {
	s := newStory(t)
	question := bot9.Message{ID: 7, ConversationID: s.id, ChatUser: bot9.SpeakerUser, Text: "Anybody?"}
	s.store.owed = []bot9.OwedAnswer{{ChatbotID: shopBot, Question: question, Gone: true}, {ChatbotID: otherBot, Question: question, Gone: true}}
	s.must(s.GiveUpOwed(t.Context()))
	s.wantEvents("messageFailed")
	s.store.owed = []bot9.OwedAnswer{{ChatbotID: shopBot, Question: question}}
	s.must(s.GiveUpOwed(t.Context()))
	s.wantEvents("")
}

// A question whose answer could not be stored is given up once nobody can be answering it.
func TestAnswersThatCouldNotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		full := errors.New("the disk is full")
		s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
			s.store.failWrites = full
			return bot9.Answer{Text: "Yes", Found: true}, nil
		}
		if _, err := s.Chat(t.Context(), shopBot, s.id, "Anybody?", nil); !errors.Is(err, full) {
			t.Fatal(err)
		}
		s.wantEvents("messageReceived")
		s.must(s.GiveUpOwed(t.Context()))
		time.Sleep(5 * time.Minute)
		if err := s.GiveUpOwed(t.Context()); !errors.Is(err, full) {
			t.Fatal(err)
		}
		s.store.failWrites = nil
		s.must(s.GiveUpOwed(t.Context()))
		s.wantEvents("messageFailed")
	})
}

// An answer that comes after its question was given up is dropped, so that nobody is told both.
func TestAnAnswerTooLate(t *testing.T) {
	s := newStory(t)
	s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) {
		s.store.owed[0].Gone = true
		s.must(s.GiveUpOwed(t.Context()))
		return bot9.Answer{Text: "Yes", Found: true}, nil
	}
	_, err := s.Chat(t.Context(), shopBot, s.id, "Anybody?", nil)
	wantError(t, err, bot9.Unavailable, "answeringFailed")
	s.wantEvents("messageReceived messageFailed")
}

// A request that named itself has its answer recorded with the reply, and none with a failure.
func TestTheAnswerIsRecordedWithTheReply(t *testing.T) {
	for name, c := range map[string]struct {
		said string
		fail error
		want []string
	}{
		"answered":    {said: "Hello", want: []string{"You said: Hello"}},
		"handed over": {said: "I want to talk to a human", want: []string{"I am handing you over to a human"}},
		"failed":      {said: "Hello", fail: errors.New("no engine")},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			if c.fail != nil {
				s.engine = func(context.Context, []bot9.Message, string) (bot9.Answer, error) { return bot9.Answer{}, c.fail }
			}
			i := &bot9.Idempotency{Answer: func(result any) ([]byte, error) { return []byte(result.(*bot9.Reply).Text), nil }}
			reply, _ := s.Chat(bot9.WithIdempotency(t.Context(), i), shopBot, s.id, c.said, nil)
			var recorded []string
			for _, answer := range s.store.answers {
				recorded = append(recorded, string(answer))
			}
			if len(recorded) != len(c.want) || len(recorded) == 1 && recorded[0] != reply.Text {
				t.Errorf("recorded %q, and the reply was %q", recorded, reply.Text)
			}
		})
	}
}
