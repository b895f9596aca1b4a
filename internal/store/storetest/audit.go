package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

var audit = topic{"Audit", []testCase{
	{"records who did what in the transaction of the change", auditActions},
	{"has what changed and no secrets", auditSecrets},
	{"keeps nothing of what was rolled back", func(t *testing.T, w *world) {
		before := len(w.auditLog(bot9.AuditFilter{}))
		_, err := w.ChangeWebhook(w.ctx, w.chatbot, w.webhook().ID, func(*bot9.Webhook) error { return bot9.InvalidField("no", "body", "No.") })
		refused(t, err, bot9.Invalid, "no")
		want(t, "records since", len(w.auditLog(bot9.AuditFilter{}))-before, 1) // of the creation
	}},
	{"is filtered and read page by page", auditFilters},
	{"is announced to webhooks that ask for it by name", func(t *testing.T, w *world) {
		w.webhook() // for everything, which is not by name
		want(t, "events before", len(w.allEvents(bot9.EventFilter{Type: []string{catalog.AuditRecorded}})), 0)
		asking := w.webhook(choosing(catalog.AuditRecorded))
		_, err := w.RenameChatbot(w.ctx, w.account, w.chatbot, "Renamed")
		must(t, err)
		events := w.allEvents(bot9.EventFilter{Type: []string{catalog.AuditRecorded}})
		want(t, "events", len(events), 2) // the creation of the webhook that asks, too
		data := string(events[0].Data)
		if !strings.Contains(data, `"action":"chatbotChanged"`) || !strings.Contains(data, `"to":"Renamed"`) {
			t.Errorf("event %s", data)
		}
		for _, d := range w.deliveries(bot9.DeliveryFilter{}, 0) {
			want(t, "sent to", d.WebhookID, asking.ID)
		}
	}},
	{"ends after a retention of its own", func(t *testing.T, w *world) {
		w.auditRetention = 5 * day
		w.reopen()
		w.clock.Advance(4 * day)
		_, err := w.RenameChatbot(w.ctx, w.account, w.chatbot, "Renamed")
		must(t, err)
		cleanAll(t, w)
		old := w.auditLog(bot9.AuditFilter{Until: w.clock.Now()})
		if len(old) == 0 {
			t.Error("what is older than other retentions is gone already")
		}
		w.clock.Advance(2 * day)
		cleanAll(t, w)
		want(t, "left", each(w.auditLog(bot9.AuditFilter{}), actionOf), []bot9.AuditAction{bot9.AuditChatbotChanged})
	}},
}}

func cleanAll(t *testing.T, w *world) {
	for more := true; more; {
		var err error
		more, err = w.Purge(w.ctx)
		must(t, err)
	}
}

func actionOf(r bot9.AuditRecord) bot9.AuditAction { return r.Action }

// auditLog returns the account's whole log, newest first, read two records at a time.
func (w *world) auditLog(filter bot9.AuditFilter) []bot9.AuditRecord {
	w.t.Helper()
	return readAll(w.t, 2, func(page bot9.Page) (bot9.List[bot9.AuditRecord], error) {
		return w.Audit(w.ctx, w.account, filter, page)
	})
}

// as returns a context that names somebody as the actor.
func (w *world) as(id string) context.Context {
	return bot9.WithPrincipal(w.ctx, bot9.Principal{Kind: bot9.ByMember, ID: id, Label: "Ada", AccountID: w.account, Address: "192.0.2.7"})
}

func auditActions(t *testing.T, w *world) {
	ctx, began := w.as("mem_ada"), w.clock.Now()
	w.clock.Advance(time.Second)
	hook := w.webhook()
	w.clock.Advance(time.Second)
	since := w.clock.Now()
	chatbot, first, err := w.CreateChatbot(ctx, w.account, "Second", newKey())
	must(t, err)
	_, err = w.RenameChatbot(ctx, w.account, chatbot.ID, "Third")
	must(t, err)
	key, err := w.CreateKey(ctx, chatbot.ID, newKey())
	must(t, err)
	_, err = w.RotateKey(ctx, chatbot.ID, key.ID, newKey(), time.Hour)
	must(t, err)
	must(t, w.RevokeKey(ctx, chatbot.ID, key.ID))
	_, err = w.ChangeWebhook(ctx, w.chatbot, hook.ID, func(hook *bot9.Webhook) error { hook.TimeoutSeconds = 7; return nil })
	must(t, err)
	_, err = w.ChangeWebhook(ctx, w.chatbot, hook.ID, func(hook *bot9.Webhook) error {
		hook.Secrets = []bot9.Secret{{Text: "whsec_bmV3"}}
		return nil
	})
	must(t, err)
	must(t, w.Record(ctx, bot9.AuditRecord{ChatbotID: w.chatbot, Action: bot9.AuditWebhookSecretShown, Object: hook.ID.String()}))
	replay, err := w.CreateReplay(ctx, bot9.Replay{ChatbotID: w.chatbot, WebhookID: hook.ID, Filter: bot9.ReplayFilter{Since: began}})
	must(t, err)
	_, err = w.CancelReplay(ctx, w.chatbot, replay.ID)
	must(t, err)
	document, err := w.CreateDocument(ctx, bot9.Document{ChatbotID: w.chatbot, Title: "Delivery", Text: "x"})
	must(t, err)
	must(t, w.DeleteDocument(ctx, w.chatbot, document.ID))
	must(t, w.DeleteWebhook(ctx, w.chatbot, hook.ID))
	must(t, w.DeleteChatbot(ctx, w.account, chatbot.ID))

	type line struct {
		Action bot9.AuditAction
		Object string
	}
	var got []line
	for _, r := range w.auditLog(bot9.AuditFilter{Since: since}) {
		want(t, "actor of "+string(r.Action), r.Actor, bot9.Actor{Type: bot9.ByMember, ID: "mem_ada", Name: "Ada", IP: "192.0.2.7"})
		got = append(got, line{r.Action, r.Object})
	}
	want(t, "records", got, []line{
		{bot9.AuditChatbotDeleted, chatbot.ID.String()},
		{bot9.AuditWebhookDeleted, hook.ID.String()},
		{bot9.AuditDocumentDeleted, document.ID.String()},
		{bot9.AuditReplayCanceled, replay.ID.String()},
		{bot9.AuditReplayStarted, replay.ID.String()},
		{bot9.AuditWebhookSecretShown, hook.ID.String()},
		{bot9.AuditWebhookSecretRotated, hook.ID.String()},
		{bot9.AuditWebhookChanged, hook.ID.String()},
		{bot9.AuditKeyRevoked, key.ID.String()},
		{bot9.AuditKeyRotated, key.ID.String()},
		{bot9.AuditKeyCreated, key.ID.String()},
		{bot9.AuditChatbotChanged, chatbot.ID.String()},
		{bot9.AuditKeyCreated, first.ID.String()},
		{bot9.AuditChatbotCreated, chatbot.ID.String()},
	})
	before := w.auditLog(bot9.AuditFilter{Until: since})
	want(t, "the webhook's own creation", before[0].Actor.Type, bot9.BySystem)
	other, err := w.Audit(w.ctx, w.account+1, bot9.AuditFilter{}, bot9.Page{Limit: 10})
	must(t, err)
	want(t, "another account's log", len(other.Data), 0)
}

func auditSecrets(t *testing.T, w *world) {
	hook := w.webhook(func(hook *bot9.Webhook) {
		hook.URL = "https://user:canary1@example.com/services/T0/B0/canary2canary2canary2/end?token=canary3"
		hook.Headers = map[string]string{"Authorization": "Bearer canary4", "X-Same": "canary5"}
		hook.Secrets = []bot9.Secret{{Text: "whsec_Y2FuYXJ5"}}
	})
	_, err := w.ChangeWebhook(w.ctx, w.chatbot, hook.ID, func(hook *bot9.Webhook) error {
		hook.URL = strings.Replace(hook.URL, "canary3", "canary6", 1)
		hook.Headers["Authorization"] = "Bearer canary7"
		hook.Secrets = append([]bot9.Secret{{Text: "whsec_Y2FuYXJ5OA=="}}, hook.Secrets...)
		hook.Description = "changed"
		return nil
	})
	must(t, err)
	log := w.auditLog(bot9.AuditFilter{Object: hook.ID.String()})
	for _, r := range log {
		for name, change := range r.Changes {
			if text := strings.ToLower(fmt.Sprint(change)); strings.Contains(text, "canary") || strings.Contains(text, "y2fuyxj5") {
				t.Errorf("%s of %s: %s", name, r.Action, text)
			}
		}
	}
	url := "https://••••••@example.com/services/T0/B0/••••••/end?token=••••••"
	want(t, "changes", log[0].Changes, bot9.AuditChanges{
		"url":         {From: url, To: url + " (changed)"},
		"headers":     {From: map[string]any{"Authorization": "••••••", "X-Same": "••••••"}, To: map[string]any{"Authorization": "•••••• (changed)", "X-Same": "••••••"}},
		"description": {From: "", To: "changed"},
	})
}

func auditFilters(t *testing.T, w *world) {
	w.clock.Advance(time.Second)
	start := w.clock.Now()
	for _, who := range []string{"mem_ada", "mem_bob", "mem_ada"} {
		_, err := w.RenameChatbot(w.as(who), w.account, w.chatbot, "Renamed by "+who)
		must(t, err)
		w.clock.Advance(time.Second)
	}
	key, err := w.CreateKey(w.as("mem_bob"), w.chatbot, newKey())
	must(t, err)
	count := func(filter bot9.AuditFilter) int {
		filter.Since = max(filter.Since, start)
		return len(w.auditLog(filter))
	}
	want(t, "all", count(bot9.AuditFilter{}), 4)
	want(t, "by actor", count(bot9.AuditFilter{Actor: "mem_bob"}), 2)
	want(t, "by kind", count(bot9.AuditFilter{Actor: "member"}), 4)
	want(t, "by action", count(bot9.AuditFilter{Action: bot9.AuditChatbotChanged}), 3)
	want(t, "by object", count(bot9.AuditFilter{Object: key.ID.String()}), 1)
	want(t, "by time", count(bot9.AuditFilter{Since: start.Add(time.Second), Until: start.Add(2 * time.Second)}), 1)
}
