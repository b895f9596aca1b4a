package storetest

import (
	"errors"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// quotaLimits are those of the suite's worlds that have any.
var quotaLimits = bot9.Quotas{Chatbots: 3, Webhooks: 2, Keys: 2, Members: 3, Documents: 2, Passages: 9}

// quotas are about how many of each thing there may be.
var quotas = topic{"Quotas", []testCase{
	{"refuse one more, and count what is deleted no longer", func(t *testing.T, w *world) {
		w.quotas = quotaLimits
		w.reopen()
		exceeded := func(err error, quota string, limit int) {
			t.Helper()
			e, ok := errors.AsType[*bot9.Error](err)
			if !ok || e.Code != "quotaExceeded" || e.Kind != bot9.Invalid || e.Quota != quota || e.Limit != limit {
				t.Errorf("one more of %s: %v", quota, err)
			}
		}
		first := w.webhook()
		w.webhook()
		_, err := w.CreateWebhook(w.ctx, bot9.Webhook{ChatbotID: w.chatbot})
		exceeded(err, "webhooks", 2)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, first.ID))
		w.webhook()

		key, err := w.CreateKey(w.ctx, w.chatbot, newKey()) // the chatbot has one
		must(t, err)
		_, err = w.CreateKey(w.ctx, w.chatbot, newKey())
		exceeded(err, "keys", 2)
		must(t, w.RevokeKey(w.ctx, w.chatbot, key.ID))
		_, err = w.CreateKey(w.ctx, w.chatbot, newKey())
		must(t, err)

		w.newChatbot()
		second := w.newChatbot()
		_, _, err = w.CreateChatbot(w.ctx, w.account, "one more", newKey())
		exceeded(err, "chatbots", 3)
		must(t, w.DeleteChatbot(w.ctx, w.account, second))
		w.newChatbot()

		for _, title := range []string{"a", "b"} {
			_, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: title, Text: title})
			must(t, err)
		}
		_, err = w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "c", Text: "c"})
		exceeded(err, "documents", 2)

		// A passage is a word here; the two have one each.
		long, err := w.Documents(w.ctx, w.chatbot, bot9.Page{})
		must(t, err)
		change := func(i int, text string) error {
			d := long.Data[i]
			d.Text = text
			_, err := w.UpdateDocument(w.ctx, d)
			return err
		}
		must(t, change(0, "one two three four five six seven eight"))
		exceeded(change(1, "one two"), "passages", 9)
		must(t, change(0, "one two three four five six seven"))
		must(t, change(1, "one two"))
		must(t, w.DeleteDocument(w.ctx, w.chatbot, long.Data[1].ID))
		_, err = w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "d", Text: "one two three"})
		exceeded(err, "passages", 9)
		_, err = w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "d", Text: "one two"})
		must(t, err)

		for _, email := range []string{"one@example.com", "two@example.com"} { // beside the owner
			_, err := w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: email, Role: bot9.Viewer}, [32]byte{email[0]}, w.clock.Now())
			must(t, err)
		}
		_, err = w.InviteMember(w.ctx, bot9.Member{AccountID: w.account, Email: "three@example.com", Role: bot9.Viewer}, [32]byte{9}, w.clock.Now())
		exceeded(err, "members", 3)
	}},
}}
