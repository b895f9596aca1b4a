package delivery_test

import (
	"context"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/delivery"
)

// freeStore is a store that costs nothing: results are committed at once.
type freeStore struct{}

func (freeStore) Endpoint(_ context.Context, id bot9.WebhookID) (bot9.Webhook, error) {
	return bot9.Webhook{ID: id, AccountID: bot9.AccountID(id), Status: bot9.WebhookEnabled}, nil
}

func (freeStore) Waiting(context.Context) (map[bot9.WebhookID]bot9.Time, error) { return nil, nil }

func (freeStore) Claim(context.Context, bot9.WebhookID, bot9.Time, int) ([]*bot9.Delivery, bot9.Time, bot9.Time, error) {
	return nil, 0, 0, nil
}

func (freeStore) Release(context.Context, []*bot9.Delivery) error    { return nil }
func (freeStore) Finish(_ bot9.AttemptResult, committed func(error)) { committed(nil) }
func (freeStore) AdvanceReplays(context.Context) (bool, error)       { return false, nil }

// BenchmarkDispatch is what the dispatcher itself costs per delivery, from commit to committed result.
func BenchmarkDispatch(b *testing.B) {
	for name, webhooks := range map[string]int{"1 webhook": 1, "100 webhooks": 100} {
		b.Run(name, func(b *testing.B) { benchmarkDispatch(b, webhooks) })
	}
}

func benchmarkDispatch(b *testing.B, webhooks int) {
	const most = 256 // on their way at once
	slots := make(chan struct{}, most)
	dispatcher := delivery.New(delivery.Options{Store: freeStore{}, Connect: func(*bot9.Webhook) delivery.Send {
		return func(_ context.Context, d *bot9.Delivery) bot9.Attempt {
			<-slots
			return bot9.Attempt{DeliveryID: d.ID, Outcome: bot9.OutcomeSuccess}
		}
	}})
	must(b, dispatcher.Start(b.Context()))
	defer func() { must(b, dispatcher.Close(context.Background())) }()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		slots <- struct{}{}
		d := &bot9.Delivery{ID: bot9.DeliveryID(i + 1), WebhookID: bot9.WebhookID(i%webhooks + 1), Status: bot9.DeliveryPending}
		dispatcher.Admit(d.WebhookID)
		dispatcher.Committed([]*bot9.Delivery{d}, nil)
	}
	for range most {
		slots <- struct{}{} // until the last one is sent
	}
}
