package store

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// subscriptions are a chatbot's webhooks by event type, as of a version of them.
type subscriptions struct {
	version int64
	changes int64 // of any webhook that this process had seen when it began to read these
	*policy.Subscriptions
	every *policy.Subscriptions // those that are disabled included
}

func newSubscriptions(version, changes int64, webhooks []bot9.Webhook) subscriptions {
	s := subscriptions{version: version, changes: changes, Subscriptions: policy.NewSubscriptions(webhooks)}
	s.every = s.Subscriptions
	for i := range webhooks {
		if webhooks[i].Status != bot9.WebhookEnabled {
			s.every = policy.NewSubscriptionsOfAll(webhooks)
			break
		}
	}
	return s
}

// published is a copy of the writer's subscriptions for other goroutines. They evaluate filters and read webhooks by
// it, outside the writer; the writer then checks whether its own subscriptions are still the same.
type published struct {
	mu      sync.Mutex
	values  map[bot9.ChatbotID]subscriptions
	changes atomic.Int64 // of webhooks: counted when they are made, and again when they are committed
}

func (p *published) get(chatbot bot9.ChatbotID) (subscriptions, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.values[chatbot]
	return found, ok
}

// committed follows the writer's memory.
func (p *published) committed(t *tx) {
	if len(t.loadedSubscriptions) == 0 && len(t.resubscribed) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for chatbot := range t.resubscribed {
		p.changes.Add(1)
		delete(p.values, chatbot)
	}
	if p.values == nil || len(p.values) >= rememberedChatbots {
		p.values = map[bot9.ChatbotID]subscriptions{}
	}
	for _, chatbot := range t.loadedSubscriptions {
		if known, ok := t.store.memory.subscriptions.get(chatbot); ok {
			p.values[chatbot] = known
		}
	}
}

// subscribed returns the chatbot's subscriptions as they are committed, or were a moment ago.
func (s *Store) subscribed(ctx context.Context, chatbot bot9.ChatbotID) (subscriptions, error) {
	if known, ok := s.published.get(chatbot); ok {
		return known, nil
	}
	return s.readSubscriptions(ctx, chatbot)
}

func (s *Store) readSubscriptions(ctx context.Context, chatbot bot9.ChatbotID) (read subscriptions, err error) {
	changes := s.published.changes.Load()
	err = s.read(ctx, func(r session) error {
		version := int64(0)
		if s.peers != nil {
			if _, err := queryRow(r, `SELECT webhooks_version FROM chatbots WHERE id = $1`, []any{int64(chatbot)}, &version); err != nil {
				return err
			}
		}
		webhooks, err := s.webhooksOf(r, chatbot)
		read = newSubscriptions(version, changes, webhooks)
		return err
	})
	return read, err
}

// matching returns the chatbot's webhooks that chose the event type.
func (t *tx) matching(chatbot bot9.ChatbotID, eventType string) ([]*bot9.Webhook, error) {
	known, err := t.subscribed(chatbot)
	return known.Match(eventType), err
}

// subscribed returns the subscriptions that the transaction goes by.
func (t *tx) subscribed(chatbot bot9.ChatbotID) (subscriptions, error) {
	version, err := t.webhooksVersion(chatbot)
	if err != nil {
		return subscriptions{Subscriptions: policy.NewSubscriptions(nil)}, err
	}
	known, ok := t.store.memory.subscriptions.get(chatbot)
	if ok && known.version == version {
		return known, nil
	}
	if known, ok = t.usePreloaded(chatbot, version); !ok {
		webhooks, err := t.store.webhooksOf(t, chatbot)
		if err != nil {
			return subscriptions{Subscriptions: policy.NewSubscriptions(nil)}, err
		}
		known = newSubscriptions(version, 0, webhooks)
	}
	t.store.memory.subscriptions.set(chatbot, known)
	t.loadedSubscriptions = append(t.loadedSubscriptions, chatbot)
	return known, nil
}

// usePreloaded returns the subscriptions that the write's caller has read, if they are still current.
func (t *tx) usePreloaded(chatbot bot9.ChatbotID, version int64) (subscriptions, bool) {
	b := t.preloaded
	if b == nil || b.chatbot != chatbot || b.version != version || (!t.shared() && b.changes != t.store.published.changes.Load()) {
		return subscriptions{}, false
	}
	return b.subscriptions, true
}

// preloaded are subscriptions that a write's caller has read, so that the writer need not.
type preloaded struct {
	chatbot bot9.ChatbotID
	subscriptions
}

// preload reads the chatbot's subscriptions for a write if the writer has probably not cached them.
func (s *Store) preload(ctx context.Context, chatbot bot9.ChatbotID, work func(*tx) error) func(*tx) error {
	if _, ok := s.published.get(chatbot); ok || chatbot == 0 {
		return work
	}
	read, err := s.readSubscriptions(ctx, chatbot)
	if err != nil {
		return work // the writer will see for itself
	}
	return withPreloaded(&preloaded{chatbot, read}, work)
}

func withPreloaded(b *preloaded, work func(*tx) error) func(*tx) error {
	return func(t *tx) error {
		t.preloaded = b
		defer func() { t.preloaded = nil }()
		return work(t)
	}
}

// webhooksVersion is the version of the chatbot's webhooks that the transaction goes by, 0 where no
// other process can change them.
func (t *tx) webhooksVersion(chatbot bot9.ChatbotID) (version int64, err error) {
	if !t.shared() {
		return 0, nil
	}
	version, ok := t.versions[chatbot]
	if !ok {
		_, err = queryRow(t, `SELECT webhooks_version FROM chatbots WHERE id = $1`, []any{int64(chatbot)}, &version)
		t.versions[chatbot] = version
	}
	return version, err
}

func (t *tx) webhookChanged(w bot9.Webhook) error {
	t.store.memory.subscriptions.remove(w.ChatbotID)
	t.store.published.changes.Add(1)
	if t.resubscribed == nil {
		t.resubscribed = map[bot9.ChatbotID]struct{}{}
	}
	t.resubscribed[w.ChatbotID] = struct{}{}
	t.changedWebhooks[w.ID] = struct{}{}
	t.touch(w.ChatbotID, bot9.TopicWebhooks)
	if !t.shared() {
		return nil
	}
	delete(t.versions, w.ChatbotID)
	return t.queue(`UPDATE chatbots SET webhooks_version = webhooks_version + 1 WHERE id = $1`, int64(w.ChatbotID))
}
