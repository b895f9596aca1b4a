package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
)

var webhooks = topic{"Webhooks", []testCase{
	{"come back as they were made, also after reopening", func(t *testing.T, w *world) {
		made := w.webhook(func(w *bot9.Webhook) {
			w.Description, w.Filter, w.SetAsideAfter, w.TimeoutSeconds, w.MaxInFlight, w.RateLimit = "CRM", "event", 5, 20, 7, 2.5
			w.Headers = map[string]string{"Authorization": "Bearer hunter2"}
			w.Secrets = []bot9.Secret{{Text: "whsec_new"}, {Text: "whsec_old", ExpiresAt: 5}}
		})
		for range 2 {
			found, err := w.Webhook(w.ctx, w.chatbot, made.ID)
			must(t, err)
			want(t, "webhook", found, made)
			endpoint, err := w.Endpoint(w.ctx, made.ID)
			must(t, err)
			want(t, "endpoint", endpoint, made)
			list, err := w.Webhooks(w.ctx, w.chatbot)
			must(t, err)
			want(t, "list", list, []bot9.Webhook{made})
			w.reopen()
		}
		second, deleted, third := w.webhook(), w.webhook(), w.webhook()
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, deleted.ID))
		for _, limit := range []int{1, 2, 50} {
			pages := readAll(t, limit, func(page bot9.Page) (bot9.List[bot9.Webhook], error) { return w.WebhookPage(w.ctx, w.chatbot, page) })
			want(t, "pages", each(pages, func(w bot9.Webhook) bot9.WebhookID { return w.ID }), []bot9.WebhookID{made.ID, second.ID, third.ID})
		}
	}},
	{"tell since when they sign with their secret", func(t *testing.T, w *world) {
		made := w.webhook()
		want(t, "at first", made.SecretSince, made.CreatedAt)
		w.clock.Advance(time.Hour)
		rotatedAt := w.clock.Now()
		changed, err := w.ChangeWebhook(w.ctx, w.chatbot, made.ID, func(w *bot9.Webhook) error {
			w.Secrets = append([]bot9.Secret{{Text: "whsec_new", CreatedAt: rotatedAt}}, w.Secrets...)
			return nil
		})
		must(t, err)
		want(t, "once it is rotated", changed.SecretSince, rotatedAt)
		w.clock.Advance(time.Hour)
		found, err := w.Webhook(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "as stored", found.SecretSince, rotatedAt)
	}},
	{"have the public key of their newest secret while they sign with v1a", func(t *testing.T, w *world) {
		signing := func(w *bot9.Webhook) { w.Signatures = []string{"v1", "v1a"} }
		w.webhook()
		made := w.webhook(signing, func(w *bot9.Webhook) {
			w.Secrets = []bot9.Secret{{Text: "whsec_a", SigningKey: "whsk_a", PublicKey: "whpk_a"}}
		})
		want(t, "as made", made.PublicKey, "whpk_a")
		w.reopen()
		want(t, "as stored", w.readWebhook(made.ID).PublicKey, "whpk_a")
		want(t, "the private one", w.readWebhook(made.ID).Secrets[0].SigningKey, "whsk_a")
		newer := w.webhook(signing)
		all, err := w.AsymmetricWebhooks(w.ctx, 10)
		must(t, err)
		want(t, "those that sign so", each(all, func(w bot9.Webhook) bot9.WebhookID { return w.ID }), []bot9.WebhookID{newer.ID, made.ID})
		one, err := w.AsymmetricWebhooks(w.ctx, 1)
		must(t, err)
		want(t, "the newest", each(one, func(w bot9.Webhook) bot9.WebhookID { return w.ID }), []bot9.WebhookID{newer.ID})
		changed, err := w.ChangeWebhook(w.ctx, w.chatbot, made.ID, func(w *bot9.Webhook) error {
			w.Secrets = append([]bot9.Secret{{Text: "whsec_b", SigningKey: "whsk_b", PublicKey: "whpk_b"}}, w.Secrets...)
			return nil
		})
		must(t, err)
		want(t, "once it is rotated", changed.PublicKey, "whpk_b")
		changed, err = w.ChangeWebhook(w.ctx, w.chatbot, made.ID, func(w *bot9.Webhook) error { w.Signatures = []string{"v1"}; return nil })
		must(t, err)
		want(t, "without the scheme", changed.PublicKey, "")
	}},
	{"of other chatbots are not found", func(t *testing.T, w *world) {
		made, other := w.webhook(), w.newChatbot()
		_, err := w.Webhook(w.ctx, other, made.ID)
		missing(t, err)
		_, err = w.ChangeWebhook(w.ctx, other, made.ID, func(*bot9.Webhook) error { return nil })
		missing(t, err)
		missing(t, w.DeleteWebhook(w.ctx, other, made.ID))
		list, err := w.Webhooks(w.ctx, other)
		must(t, err)
		want(t, "list", list, []bot9.Webhook{})
	}},
	{"keep their secrets out of the database's bytes", secretsAreSealed},
	{"get the events that they chose and their filter lets through", func(t *testing.T, w *world) {
		all, chosen, custom := w.webhook(), w.webhook(choosing("custom.note")), w.webhook(choosing("custom.*"))
		filtered := w.webhook(func(w *bot9.Webhook) { w.Filter = "refund" })
		broken := w.webhook(func(w *bot9.Webhook) { w.Filter = "broken" })
		disabled := w.webhook(func(w *bot9.Webhook) { w.Status = bot9.WebhookDisabled })
		elsewhere := w.webhook(func(hook *bot9.Webhook) { hook.ChatbotID = w.newChatbot() })
		_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{
			note(0, "I want a refund"), note(0, "hello"), {Type: "custom.other", Data: []byte(`{}`)}, {Type: "ping", Data: []byte(`{}`)},
		})
		must(t, err)
		for _, c := range []struct {
			webhook bot9.Webhook
			want    int
		}{{all, 4}, {chosen, 2}, {custom, 3}, {filtered, 1}, {broken, 0}, {disabled, 0}, {elsewhere, 0}} {
			want(t, "claimed", len(w.claim(c.webhook.ID)), c.want)
		}
	}},
	{"tell on how many events their filter failed, and why", func(t *testing.T, w *world) {
		broken, costly := w.webhook(), w.webhook(func(w *bot9.Webhook) { w.Filter = "costly" })
		fine := w.webhook(func(w *bot9.Webhook) { w.Filter = "refund" })
		ids := w.append(0, 3)
		w.reopen()
		want(t, "never", w.readWebhook(fine.ID).FilterErrors, nil)
		want(t, "costly", *w.readWebhook(costly.ID).FilterErrors,
			bot9.FilterErrors{Count: 3, Last: bot9.FilterError{EventID: ids[2], At: ids[2].Time(), Reason: "tooCostly"}})

		setFilter := func(filter string) {
			_, err := w.ChangeWebhook(w.ctx, w.chatbot, broken.ID, func(w *bot9.Webhook) error { w.Filter = filter; return nil })
			must(t, err)
		}
		setFilter("broken")
		ids = w.append(0, 1)
		w.reopen()
		ids = append(ids, w.append(0, 1)...)
		w.reopen()
		want(t, "broken", *w.readWebhook(broken.ID).FilterErrors,
			bot9.FilterErrors{Count: 2, Last: bot9.FilterError{EventID: ids[1], At: ids[1].Time(), Reason: "notEvaluable"}})
		setFilter("broken")
		want(t, "the same filter", w.readWebhook(broken.ID).FilterErrors.Count, 2)
		w.append(0, 1)
		setFilter("text")
		w.reopen()
		want(t, "another filter", w.readWebhook(broken.ID).FilterErrors, nil)
	}},
	{"are matched as they were changed", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(0, 1)
		w.clock.Advance(1_000_000)
		changed, err := w.ChangeWebhook(w.ctx, w.chatbot, webhook.ID, func(w *bot9.Webhook) error {
			w.Events, w.URL, w.Secrets = []string{"custom.other"}, "https://example.com/new", []bot9.Secret{{Text: "whsec_new"}}
			return nil
		})
		must(t, err)
		want(t, "updated at", changed.UpdatedAt, w.clock.Now())
		found, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
		must(t, err)
		want(t, "changed", found, changed)
		w.append(0, 1)
		want(t, "backlog", w.backlog(webhook.ID), 1)
	}},
	{"stay as they were if the change is refused", func(t *testing.T, w *world) {
		webhook := w.webhook()
		_, err := w.ChangeWebhook(w.ctx, w.chatbot, webhook.ID, func(w *bot9.Webhook) error {
			w.Events, w.Status = nil, bot9.WebhookDisabled
			return errRefused
		})
		want(t, "the error is the change's own", err == errRefused, true)
		found, err := w.Webhook(w.ctx, w.chatbot, webhook.ID)
		must(t, err)
		want(t, "webhook", found, webhook)
		w.append(0, 1)
		want(t, "backlog", w.backlog(webhook.ID), 1)
	}},
	{"keep all that is known of their endpoint", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(0, 1)
		health := bot9.Health{
			ConsecutiveFailures: 12, LastSuccessAt: 1, LastFailureAt: 2, FailingSince: 3, LastError: "refused", OpenUntil: 4, OpenCount: 5, FailingDays: 6, Concurrency: 2.5,
		}
		w.finish(w.claimOne(webhook.ID), bot9.DeliveryRetrying, func(r *bot9.AttemptResult) { r.Health = &health })
		w.reopen()
		found, err := w.Endpoint(w.ctx, webhook.ID)
		must(t, err)
		want(t, "health", *found.Health, health)
	}},
	{"are gone when deleted, with what waited for them", func(t *testing.T, w *world) {
		webhook := w.webhook()
		w.append(w.conversation(), 2)
		taken := w.claimOne(webhook.ID)
		must(t, w.DeleteWebhook(w.ctx, w.chatbot, webhook.ID))
		_, err := w.Endpoint(w.ctx, webhook.ID)
		missing(t, err)
		_, err = w.Webhook(w.ctx, w.chatbot, webhook.ID)
		missing(t, err)
		w.append(0, 1)
		w.finish(taken, bot9.DeliverySucceeded)
		w.cleanAll(t)
		w.finish(taken, bot9.DeliverySucceeded)
		want(t, "deliveries", len(w.deliveries(bot9.DeliveryFilter{}, 0)), 0)
		waiting, err := w.Waiting(w.ctx)
		must(t, err)
		want(t, "waiting", len(waiting), 0)
	}},
}}

func secretsAreSealed(t *testing.T, w *world) {
	made := w.webhook(func(w *bot9.Webhook) {
		w.Description = "a description in plain sight"
		w.Secrets = []bot9.Secret{{Text: "whsec_Zmlyc3Qgc2VjcmV0"}}
		w.Headers = map[string]string{"X-Token": "header-value-one"}
	})
	_, err := w.ChangeWebhook(w.ctx, w.chatbot, made.ID, func(w *bot9.Webhook) error {
		w.Secrets = append([]bot9.Secret{{Text: "whsec_c2Vjb25kIHNlY3JldA"}}, w.Secrets...)
		w.Headers["X-Token"] = "header-value-two"
		return nil
	})
	must(t, err)
	look := func() {
		t.Helper()
		stored, err := w.db.Bytes()
		must(t, err)
		want(t, "the bytes are those of this database", bytes.Contains(stored, []byte("in plain sight")), true)
		for _, secret := range []string{"Zmlyc3Qgc2VjcmV0", "c2Vjb25kIHNlY3JldA", "header-value-one", "header-value-two"} {
			if bytes.Contains(stored, []byte(secret)) {
				t.Fatalf("%s can be read in the database", secret)
			}
		}
	}
	look()
	w.reopen()
	look()
	found, err := w.Webhook(w.ctx, w.chatbot, made.ID)
	must(t, err)
	if diff := cmp.Diff("header-value-two", found.Headers["X-Token"]); diff != "" || len(found.Secrets) != 2 {
		t.Fatalf("what was sealed is not what comes back: %s", diff)
	}
}
