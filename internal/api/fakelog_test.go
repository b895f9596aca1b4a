package api

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// missingConversation is one that the chatbot doesn't have.
const missingConversation bot9.ConversationID = 404

func (w *world) AppendEvents(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var ids []bot9.EventID
	for i := range events {
		if events[i].ConversationID == missingConversation {
			return nil, &bot9.ItemError{Item: i, Err: bot9.InvalidField("unknownConversation", "conversationId", "There is no such conversation.")}
		}
		ids = append(ids, bot9.EventID(w.id()))
	}
	if err := w.write(ctx, &ids); err != nil {
		return nil, err
	}
	for i, event := range events {
		w.events = append(w.events, &bot9.Event{ID: ids[i], ChatbotID: chatbot, ConversationID: event.ConversationID, Type: event.Type, Data: event.Data, Hops: event.Hops})
	}
	close(w.wake)
	w.wake = make(chan struct{})
	return ids, nil
}

func (w *world) Post(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error) {
	for i, e := range events {
		if e.Session != nil && e.Session.ExternalSessionID == "refused" {
			return nil, &bot9.ItemError{Item: i, Err: bot9.InvalidField("invalidRequest", "conversation.source", "It must be shorter.")}
		}
	}
	w.mu.Lock()
	w.posted = events
	w.mu.Unlock()
	return w.AppendEvents(ctx, chatbot, events)
}

func (w *world) Changed(bot9.ChatbotID) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wake
}

// Watch lets the test's touch tell of changes.
func (w *world) Watch(_ bot9.ChatbotID, notify func(bot9.Topics)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watching = notify
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.watching = nil
	}
}

// touch tells who watches of a change; it returns false if nobody does.
func (w *world) touch(topics bot9.Topics) bool {
	w.mu.Lock()
	notify := w.watching
	w.mu.Unlock()
	if notify != nil {
		notify(topics)
	}
	return notify != nil
}

func (w *world) Events(_ context.Context, chatbot bot9.ChatbotID, filter bot9.EventFilter, page bot9.Page) (bot9.List[*bot9.Event], error) {
	w.mu.Lock()
	defer func() {
		then := w.afterRead
		w.afterRead = nil
		w.mu.Unlock()
		if then != nil {
			then()
		}
	}()
	found := filtered(w.events, func(e *bot9.Event) bool {
		return e.ChatbotID == chatbot && e.ID > filter.After && (len(filter.Conversation) == 0 || slices.Contains(filter.Conversation, e.ConversationID)) && (len(filter.Type) == 0 || slices.ContainsFunc(filter.Type, func(name string) bool { return catalog.Matches(name, e.Type) }))
	})
	if filter.After == 0 {
		slices.Reverse(found)
	}
	return bot9.List[*bot9.Event]{Data: found[:min(len(found), page.Limit)]}, nil
}

func (w *world) Event(_ context.Context, chatbot bot9.ChatbotID, id bot9.EventID) (*bot9.Event, error) {
	return first(w.events, func(e *bot9.Event) bool { return e.ChatbotID == chatbot && e.ID == id })
}

// webhooks

func (w *world) CreateWebhook(ctx context.Context, webhook bot9.Webhook) (bot9.Webhook, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	webhook.ID = bot9.WebhookID(w.id())
	if len(webhook.Secrets) > 0 {
		webhook.PublicKey = webhook.Secrets[0].PublicKey
	}
	w.webhooks = append(w.webhooks, webhook)
	return webhook, w.write(ctx, &webhook)
}

func (w *world) WebhookPage(_ context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Webhook], error) {
	after, _ := bot9.CursorID(page.Cursor)
	list := bot9.List[bot9.Webhook]{Data: filtered(w.webhooks, func(x bot9.Webhook) bool { return x.ChatbotID == chatbot && int64(x.ID) > after })}
	if len(list.Data) > page.Limit {
		list.Data = list.Data[:page.Limit]
		next := bot9.CursorAfter(int64(list.Data[page.Limit-1].ID))
		list.NextCursor = &next
	}
	return list, nil
}

func (w *world) Webhook(_ context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) (bot9.Webhook, error) {
	return first(w.webhooks, func(x bot9.Webhook) bool { return x.ChatbotID == chatbot && x.ID == id })
}

func (w *world) Endpoint(_ context.Context, id bot9.WebhookID) (bot9.Webhook, error) {
	return first(w.webhooks, func(x bot9.Webhook) bool { return x.ID == id })
}

func (w *world) AsymmetricWebhooks(context.Context, int) ([]bot9.Webhook, error) {
	return filtered(w.webhooks, func(x bot9.Webhook) bool { return slices.Contains(x.Signatures, "v1a") }), nil
}

func (w *world) ChangeWebhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID, change func(*bot9.Webhook) error) (bot9.Webhook, error) {
	webhook, err := w.Webhook(ctx, chatbot, id)
	if err != nil {
		return webhook, err
	}
	if err := expected(ctx, webhook); err != nil {
		return webhook, err
	}
	before := webhook.Status
	if err := change(&webhook); err != nil {
		return webhook, err
	}
	if before != webhook.Status {
		webhook.DisabledAt = 0
		if webhook.Status == bot9.WebhookDisabled {
			webhook.DisabledAt = bot9.At(time.Now())
		}
	}
	w.webhooks[slices.IndexFunc(w.webhooks, func(x bot9.Webhook) bool { return x.ID == id })] = webhook
	return webhook, nil
}

func (w *world) DeleteWebhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) error {
	webhook, err := w.Webhook(ctx, chatbot, id)
	if err == nil {
		err = expected(ctx, webhook)
	}
	return err
}

func (w *world) Stats(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID, window bot9.StatsWindow, _ bot9.Time) (bot9.Stats, error) {
	_, err := w.Webhook(ctx, chatbot, id)
	return bot9.Stats{State: "idle", Backlog: int64(window.Length.Hours())}, err
}

func (w *world) ChatbotStats(_ context.Context, chatbot bot9.ChatbotID, window bot9.StatsWindow, _ bot9.Time) (bot9.ChatbotStats, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.statsRead++
	w.mu.Unlock()
	time.Sleep(w.statsTake)
	w.mu.Lock()
	stats := bot9.ChatbotStats{Window: window.Name, Messages: int64(w.statsRead), Series: []bot9.AttemptPoint{}, Webhooks: []bot9.WebhookSummary{}}
	for _, webhook := range w.webhooks {
		if webhook.ChatbotID == chatbot {
			stats.Webhooks = append(stats.Webhooks, bot9.WebhookSummary{WebhookID: webhook.ID, State: "idle", Succeeded: []int64{}, Failed: []int64{}})
		}
	}
	return stats, nil
}

func (w *world) MissedEvents(_ context.Context, webhook bot9.Webhook, limit int) (int, error) {
	if webhook.DisabledAt == 0 {
		return 0, errors.New("asked with a webhook that isn't disabled")
	}
	return min(w.missed, limit), nil
}

func (w *world) SendTest(_ context.Context, _ bot9.Webhook, eventType string) (bot9.Attempt, error) {
	return bot9.Attempt{ID: 14, Number: 1, Outcome: bot9.OutcomeStatus, ResponseStatus: 500, Error: "answered 500 to " + eventType}, nil
}

func (w *world) Deliveries(_ context.Context, chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, _ bot9.Page) (bot9.List[bot9.Delivery], error) {
	return bot9.List[bot9.Delivery]{Data: filtered(w.deliveries, func(d bot9.Delivery) bool {
		return d.ChatbotID == chatbot && (filter.Status == "" || d.Status == filter.Status) && (filter.WebhookID == 0 || d.WebhookID == filter.WebhookID)
	})}, nil
}

func (w *world) Delivery(_ context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) (bot9.Delivery, error) {
	return first(w.deliveries, func(d bot9.Delivery) bool { return d.ChatbotID == chatbot && d.ID == id })
}

func (w *world) Attempts(context.Context, bot9.ChatbotID, bot9.DeliveryID) ([]bot9.Attempt, error) {
	return []bot9.Attempt{{ID: 15, Number: 1, Outcome: bot9.OutcomeTimeout}}, nil
}

func (w *world) RetryDelivery(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) (bot9.Delivery, error) {
	delivery, err := w.Delivery(ctx, chatbot, id)
	if err == nil && delivery.Status == bot9.DeliveryPending {
		err = bot9.Errorf(bot9.Conflict, "deliveryInBacklog", "It is about to be sent.")
	}
	return delivery, err
}

func (w *world) CreateReplay(ctx context.Context, r bot9.Replay) (bot9.Replay, error) {
	if _, err := w.Webhook(ctx, r.ChatbotID, r.WebhookID); err != nil {
		return r, err
	}
	r.ID, r.Status = bot9.ReplayID(w.id()), bot9.ReplayRunning
	w.replays = append(w.replays, r)
	return r, w.write(ctx, &r)
}

func (w *world) CreateRetry(ctx context.Context, r bot9.Replay) (bot9.Replay, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r.ID, r.Status, r.Filter.Retry = bot9.ReplayID(w.id()), bot9.ReplayRunning, true
	w.replays = append(w.replays, r)
	return r, w.write(ctx, r)
}

func (w *world) Replay(_ context.Context, chatbot bot9.ChatbotID, id bot9.ReplayID) (bot9.Replay, error) {
	return first(w.replays, func(r bot9.Replay) bool { return r.ChatbotID == chatbot && r.ID == id })
}

func (w *world) Replays(_ context.Context, chatbot bot9.ChatbotID, webhook bot9.WebhookID, _ bot9.Page) (bot9.List[bot9.Replay], error) {
	return bot9.List[bot9.Replay]{Data: filtered(w.replays, func(r bot9.Replay) bool { return r.ChatbotID == chatbot && r.WebhookID == webhook })}, nil
}

func (w *world) CountReplay(context.Context, bot9.Replay) (bot9.ReplayCount, error) {
	return bot9.ReplayCount{Count: 42, Exact: true}, nil
}

func (w *world) CancelReplay(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReplayID) (bot9.Replay, error) {
	r, err := w.Replay(ctx, chatbot, id)
	r.Status = bot9.ReplayCanceled
	return r, err
}

// sample is data that fits a type of the catalog.
func sample(name string) json.RawMessage {
	t, ok := catalog.Lookup(name)
	if !ok {
		panic(name)
	}
	return t.Sample
}
