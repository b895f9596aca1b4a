package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var idempotency = topic{"Idempotency", []testCase{
	{"names a write in its own transaction", func(t *testing.T, w *world) {
		ctx, i := w.named("first", "order")
		_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "once")})
		must(t, err)
		want(t, "recorded", i.Recorded, true)
		fingerprint, answer, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
		must(t, err)
		want(t, "found", found, true)
		want(t, "fingerprint", fingerprint, hash("first"))
		want(t, "answer before it is saved", answer == nil, true)

		must(t, w.SaveAnswer(ctx, int64(w.chatbot), "order", []byte("sealed")))
		_, answer, _, err = w.FindAnswer(w.ctx, int64(w.chatbot), "order")
		must(t, err)
		want(t, "answer", string(answer), "sealed")
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
			_, _, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
			must(t, err)
			want(t, "found", found, false)
		}
		ctx, _ := w.named("second", "order")
		_, _, err := w.ChangeConversation(ctx, w.chatbot, id, saying("hello"))
		must(t, err)
	}},
	{"keeps scopes apart", func(t *testing.T, w *world) {
		ctx, _ := w.named("first", "order")
		_, err := w.AppendEvents(ctx, w.chatbot, []bot9.NewEvent{note(0, "one")})
		must(t, err)
		w.chatbot = w.newChatbot()
		_, _, found, err := w.FindAnswer(w.ctx, int64(w.chatbot), "order")
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
	i := &bot9.Idempotency{Scope: int64(w.chatbot), Key: key, Fingerprint: hash(fingerprint)}
	return bot9.WithIdempotency(w.ctx, i), i
}
