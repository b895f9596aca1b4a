package storetest

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

var receivers = topic{"Receivers", []testCase{
	{"keep what arrives, and are found by their token", func(t *testing.T, w *world) {
		made := w.receiver("first-token")
		want(t, "lives", made.ExpiresAt, made.CreatedAt.Add(bot9.ReceiverLifetime))
		found, err := w.ReceiverByToken(w.ctx, "first-token")
		must(t, err)
		want(t, "found", found, made)
		_, err = w.ReceiverByToken(w.ctx, "another-token")
		missing(t, err)

		request := bot9.ReceivedRequest{
			ReceiverID: made.ID, Headers: map[string]string{"content-type": "application/json", "webhook-id": "evt_1"},
			Body: `{"a":1}`, Truncated: true, Problem: "No signature fits.", Answered: 401,
		}
		must(t, w.AddReceived(w.ctx, request))
		w.clock.Advance(time.Second)
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: made.ID, Verified: true, Answered: 204}))
		w.reopen()
		got := w.received(made.ID)
		want(t, "requests", len(got), 2)
		want(t, "newest first", [2]bool{got[0].Verified, got[1].Verified}, [2]bool{true, false})
		request.ID, request.ReceivedAt = got[1].ID, got[0].ReceivedAt.Add(-time.Second)
		want(t, "first request", got[1], request)
	}},
	{"are changed and deleted by their chatbot only", func(t *testing.T, w *world) {
		made := w.receiver("a-token")
		change := func(r *bot9.Receiver) error {
			r.AnswerStatus, r.DelaySeconds, r.Secret, r.Description = 503, 1.5, "whsec_c2VjcmV0", "broken"
			return nil
		}
		other := w.newChatbot()
		_, err := w.ChangeReceiver(w.ctx, other, made.ID, change)
		missing(t, err)
		missing(t, w.DeleteReceiver(w.ctx, other, made.ID))
		changed, err := w.ChangeReceiver(w.ctx, w.chatbot, made.ID, change)
		must(t, err)
		found, err := w.Receiver(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "changed", found, changed)
		want(t, "secret", found.Secret, "whsec_c2VjcmV0")
		want(t, "token", found.Token, "a-token")

		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: made.ID}))
		must(t, w.DeleteReceiver(w.ctx, w.chatbot, made.ID))
		want(t, "requests", len(w.received(made.ID)), 0)
		_, err = w.ReceiverByToken(w.ctx, "a-token")
		missing(t, err)
	}},
	{"keep the newest hundred requests", func(t *testing.T, w *world) {
		made, other := w.receiver("token"), w.receiver("other")
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: other.ID}))
		for i := range bot9.KeptRequests + 5 {
			must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: made.ID, Body: strconv.Itoa(i)}))
		}
		got := w.received(made.ID)
		want(t, "kept", len(got), bot9.KeptRequests)
		want(t, "newest and oldest", [2]string{got[0].Body, got[len(got)-1].Body}, [2]string{"104", "5"})
		want(t, "another's", len(w.received(other.ID)), 1)
	}},
	{"expire a week after the last request", func(t *testing.T, w *world) {
		used, unused := w.receiver("used"), w.receiver("unused")
		kept, err := w.CreateReceiver(w.ctx, bot9.Receiver{ChatbotID: w.chatbot, Token: "kept"}, true)
		must(t, err)
		w.clock.Advance(bot9.ReceiverLifetime - time.Hour)
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: used.ID}))
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: kept.ID}))
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: unused.ID, Body: "late"}))
		w.clock.Advance(bot9.ReceiverLifetime - time.Hour)
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: used.ID}))
		w.clock.Advance(2 * time.Hour)
		_, err = w.ReceiverByToken(w.ctx, "unused")
		missing(t, err)
		w.cleanAll(t)
		want(t, "requests of the unused", len(w.received(unused.ID)), 0)
		want(t, "requests of the used", len(w.received(used.ID)), 2)
		all, err := w.Receivers(w.ctx, w.chatbot)
		must(t, err)
		want(t, "left", each(all, func(r bot9.Receiver) string { return r.Token }), []string{"used", "kept"})
		want(t, "the kept one expires", all[1].ExpiresAt, 0)
	}},
	{"go with their chatbot", func(t *testing.T, w *world) {
		made := w.receiver("token")
		must(t, w.AddReceived(w.ctx, bot9.ReceivedRequest{ReceiverID: made.ID}))
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		_, err := w.ReceiverByToken(w.ctx, "token")
		missing(t, err)
		w.cleanAll(t)
		want(t, "requests", len(w.received(made.ID)), 0)
	}},
	{"are twenty a chatbot at most", func(t *testing.T, w *world) {
		for i := range bot9.MaxReceivers {
			w.receiver(strconv.Itoa(i))
		}
		_, err := w.CreateReceiver(w.ctx, bot9.Receiver{ChatbotID: w.chatbot, Token: "more"}, false)
		refused(t, err, bot9.Conflict, "tooManyReceivers")
		_, err = w.CreateReceiver(w.ctx, bot9.Receiver{ChatbotID: w.newChatbot(), Token: "elsewhere"}, false)
		must(t, err)
	}},
	{"keep token and secret unreadable", func(t *testing.T, w *world) {
		_, err := w.CreateReceiver(w.ctx, bot9.Receiver{ChatbotID: w.chatbot, Token: "hidden-token", Secret: "whsec_aGlkZGVu", Description: "readable"}, false)
		must(t, err)
		dump, err := w.db.Bytes()
		must(t, err)
		want(t, "the description is there", bytes.Contains(dump, []byte("readable")), true)
		want(t, "the token is there", bytes.Contains(dump, []byte("hidden-token")), false)
		want(t, "the secret is there", bytes.Contains(dump, []byte("aGlkZGVu")), false)
	}},
}}

func (w *world) receiver(token string) bot9.Receiver {
	w.t.Helper()
	made, err := w.CreateReceiver(w.ctx, bot9.Receiver{ChatbotID: w.chatbot, Token: token}, false)
	must(w.t, err)
	return made
}

func (w *world) received(id bot9.ReceiverID) []bot9.ReceivedRequest {
	w.t.Helper()
	requests, err := w.Received(w.ctx, id)
	must(w.t, err)
	return requests
}
