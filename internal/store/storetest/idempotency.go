package storetest

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var idempotency = topic{"Idempotency", []testCase{
	{"names a write in its own transaction", func(t *testing.T, w *world) {
		ctx, i := w.named("first", "order")
		ids, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "once")})
		must(t, err)
		want(t, "recorded", i.Recorded, true)
		want(t, "answered", i.Answered, true)
		first, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
		must(t, err)
		want(t, "found", found, true)
		want(t, "first answer", first, bot9.FirstAnswer{Fingerprint: hash("first"), Principal: 77, Sealed: []byte("sealed: " + ids[0].String())})
	}},
	{"lets a name be used once", func(t *testing.T, w *world) {
		first, _ := w.named("first", "order")
		_, err := w.AppendEvents(first, w.chatbot, []bot9.NewEvent{note(0, "once")})
		must(t, err)
		_, err = w.AppendEvents(first, w.chatbot, []bot9.NewEvent{note(0, "the same request's second write")})
		must(t, err)
		second, i := w.named("first", "order")
		_, err = w.AppendEvents(second, w.chatbot, []bot9.NewEvent{note(0, "again")})
		refused(t, err, bot9.Conflict, "idempotencyKeyUsed")
		want(t, "recorded", i.Recorded, false)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 2)
		w.reopen()
		_, err = w.AppendEvents(second, w.chatbot, []bot9.NewEvent{note(0, "again")})
		refused(t, err, bot9.Conflict, "idempotencyKeyUsed")
	}},
	{"records nothing for a write that fails", func(t *testing.T, w *world) {
		id := w.conversation()
		for _, decide := range []func(bot9.Moment, *bot9.Conversation) (bot9.Change, error){
			ratingUnknown, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, errRefused },
		} {
			ctx, i := w.named("first", "order")
			_, _, err := w.ChangeConversation(ctx, w.chatbot, id, decide)
			want(t, "failed", err != nil, true)
			want(t, "recorded", i.Recorded, false)
			_, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
			must(t, err)
			want(t, "found", found, false)
		}
		ctx, _ := w.named("second", "order")
		_, _, err := w.ChangeConversation(ctx, w.chatbot, id, saying("hello"))
		must(t, err)
	}},
	{"records nothing if the answer can't be made", func(t *testing.T, w *world) {
		ctx, i := w.named("first", "order")
		i.Answer = func(any) ([]byte, error) { return nil, errRefused }
		_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "never")})
		want(t, "the error is its own", errors.Is(err, errRefused), true)
		_, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
		must(t, err)
		want(t, "found", found, false)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 0)
	}},
	{"answers a question in a second transaction", owedAnswers},
	{"keeps scopes apart", func(t *testing.T, w *world) {
		ctx, _ := w.named("first", "order")
		_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "one")})
		must(t, err)
		w.chatbot = w.newChatbot()
		_, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
		must(t, err)
		want(t, "found", found, false)
		ctx, _ = w.named("first", "order")
		_, err = w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "two")})
		must(t, err)
	}},
	{"lets one of many at the same time through", func(t *testing.T, w *world) {
		var group sync.WaitGroup
		var made, used atomic.Int64
		for range 16 {
			group.Go(func() {
				ctx, _ := w.named("first", "order")
				_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "once")})
				switch {
				case err == nil:
					made.Add(1)
				case bot9.CodeOf(err) == "idempotencyKeyUsed":
					used.Add(1)
				}
			})
		}
		group.Wait()
		want(t, "made and refused", [2]int64{made.Load(), used.Load()}, [2]int64{1, 15})
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 1)
	}},
}}

// named returns a context whose first write has a name.
func (w *world) named(fingerprint, key string) (context.Context, *bot9.Idempotency) {
	i := &bot9.Idempotency{Scope: int64(w.chatbot), Principal: 77, Key: key, Fingerprint: hash(fingerprint), Answer: func(result any) ([]byte, error) {
		if ids, ok := result.(*[]bot9.EventID); ok {
			return []byte("sealed: " + (*ids)[0].String()), nil
		}
		return []byte("sealed"), nil
	}}
	return bot9.WithIdempotency(w.ctx, i), i
}

// owedAnswers asks three questions: one is answered, one fails, and the process that was to answer the third dies.
func owedAnswers(t *testing.T, w *world) {
	id := w.conversation()
	ask := func(key string) (context.Context, bot9.Message) {
		ctx, i := w.named("ask", key)
		_, change, err := w.ChangeConversation(ctx, w.chatbot, id, asking)
		must(t, err)
		want(t, key+" is recorded, answered", [2]bool{i.Recorded, i.Answered}, [2]bool{true, false})
		return ctx, *change.Owes
	}
	kept := func(key string) bot9.FirstAnswer {
		first, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), key)
		must(t, err)
		want(t, key+" is found", found, true)
		return first
	}
	settle := func(ctx context.Context, question bot9.Message) error {
		_, _, err := w.ChangeConversation(ctx, w.chatbot, id, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) {
			return bot9.Change{Settles: question.ID}, nil
		})
		return err
	}
	ctx, answered := ask("answered")
	want(t, "while it is owed", kept("answered"), bot9.FirstAnswer{Fingerprint: hash("ask"), Principal: 77, Question: answered.ID, Owed: true})
	must(t, settle(ctx, answered))
	want(t, "answered", kept("answered"), bot9.FirstAnswer{Fingerprint: hash("ask"), Principal: 77, Question: answered.ID, Sealed: []byte("sealed")})
	refused(t, settle(w.ctx, answered), bot9.Conflict, "notOwed")

	_, failed := ask("failed")
	must(t, settle(w.ctx, failed))
	want(t, "failed", kept("failed"), bot9.FirstAnswer{Fingerprint: hash("ask"), Principal: 77, Question: failed.ID})

	_, lost := ask("lost")
	owed, err := w.OwedAnswers(w.ctx, 10)
	must(t, err)
	want(t, "owed", owed, []bot9.OwedAnswer{{ChatbotID: w.chatbot, Question: lost}})
	w.reopen()
	owed, err = w.OwedAnswers(w.ctx, 10)
	must(t, err)
	want(t, "owed by a process that is no more", owed, []bot9.OwedAnswer{{ChatbotID: w.chatbot, Question: lost, Gone: true}})
	must(t, settle(w.ctx, lost))
	owed, err = w.OwedAnswers(w.ctx, 10)
	must(t, err)
	want(t, "owed at the end", len(owed), 0)
}

func asking(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
	question := bot9.Message{ID: bot9.MessageID(m.NextID()), ConversationID: c.ID, ChatUser: bot9.SpeakerUser, Text: "How long?"}
	question.CreatedAt = question.ID.Time()
	return bot9.Change{Messages: []bot9.Message{question}, Owes: &question}, nil
}

var errNoAnswer = errors.New("the answer can't be made")

// failing is the context of a request whose writes fail after everything else was written.
func (w *world) failing() context.Context {
	return bot9.WithIdempotency(w.ctx, &bot9.Idempotency{
		Scope: int64(w.chatbot), Key: "failing " + strconv.FormatInt(w.NextID(), 36),
		Answer: func(any) ([]byte, error) { return nil, errNoAnswer },
	})
}

func failedLate(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, errNoAnswer) {
		t.Errorf("a write that must fail gave %v", err)
	}
}
