package storetest

import (
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// preconditions: what a caller expects of an object is asked in the transaction that changes it.
var preconditions = topic{"preconditions", []testCase{
	{"keep what isn't as expected from being changed and deleted", func(t *testing.T, w *world) {
		webhook := w.webhook()
		document, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "a", Text: "b"})
		must(t, err)
		receiver, err := w.CreateReceiver(w.ctx, bot9.Receiver{ChatbotID: w.chatbot, Token: "token"}, true)
		must(t, err)
		conversation := w.conversation()
		asked := 0
		ctx := bot9.WithPrecondition(w.ctx, func(any) error {
			asked++
			return bot9.Errorf(bot9.Conflict, "preconditionFailed", "no")
		})
		_, changed := w.ChangeWebhook(ctx, w.chatbot, webhook.ID, func(*bot9.Webhook) error { return nil })
		_, updated := w.UpdateDocument(ctx, bot9.Document{ID: document.ID, ChatbotID: w.chatbot, Title: "c", Text: "d"})
		_, altered := w.ChangeReceiver(ctx, w.chatbot, receiver.ID, func(*bot9.Receiver) error { return nil })
		_, _, moved := w.ChangeConversation(ctx, w.chatbot, conversation, func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
		refusals := []error{
			changed, updated, altered, moved,
			w.DeleteWebhook(ctx, w.chatbot, webhook.ID), w.DeleteDocument(ctx, w.chatbot, document.ID), w.DeleteReceiver(ctx, w.chatbot, receiver.ID),
		}
		for _, err := range refusals {
			refused(t, err, bot9.Conflict, "preconditionFailed")
		}
		want(t, "asked", asked >= len(refusals), true)
		for range 2 {
			kept, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
			must(t, err)
			want(t, "webhook", kept, webhook)
			text, err := w.Document(w.ctx, w.chatbot, document.ID)
			must(t, err)
			want(t, "document", text, document)
			w.reopen()
		}
	}},
	{"let one of two changes through that expect the same", func(t *testing.T, w *world) {
		made := w.webhook()
		ctx := bot9.WithPrecondition(w.ctx, func(current any) error {
			if current.(bot9.Webhook).Description != made.Description {
				return bot9.Errorf(bot9.Conflict, "preconditionFailed", "no")
			}
			return nil
		})
		const writers = 8
		errs := make([]error, writers)
		var together sync.WaitGroup
		for i := range writers {
			together.Go(func() {
				_, errs[i] = w.ChangeWebhook(ctx, w.chatbot, made.ID, func(hook *bot9.Webhook) error {
					hook.Description = string(rune('a' + i))
					return nil
				})
			})
		}
		together.Wait()
		through := 0
		for _, err := range errs {
			if err == nil {
				through++
				continue
			}
			refused(t, err, bot9.Conflict, "preconditionFailed")
		}
		want(t, "changes let through", through, 1)
	}},
}}
