package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Real time and real goroutines, for the race detector and for what virtual time makes too orderly.
func TestUnderLoadAndChangeEverythingArrivesInOrder(t *testing.T) {
	w := newWorld(t)
	const steady = 4
	var webhooks []bot9.Webhook
	for i := range steady + 1 { // the last one is switched off and on
		webhook, endpoint := w.webhook(fmt.Sprint("endpoint ", i), func(webhook *bot9.Webhook) {
			webhook.SetAsideAfter, webhook.RetrySchedule = 0, make([]int, bot9.MaxRetries) // retried at once
		})
		endpoint.does(func(call) reply {
			return reply{status: []int{200, 200, 200, 500}[rand.IntN(4)], after: time.Duration(rand.IntN(2000)) * time.Microsecond}
		})
		webhooks = append(webhooks, webhook)
	}
	var changes sync.WaitGroup
	changes.Go(func() {
		for round := range 20 {
			w.change(webhooks[round%steady].ID, func(webhook *bot9.Webhook) { webhook.MaxInFlight = 4 + round })
			w.disable(webhooks[steady].ID)
			w.enable(webhooks[steady].ID)
		}
	})
	events := w.load(4, 15)
	changes.Wait()
	for i := range steady {
		endpoint := w.receiver(webhooks[i].URL)
		<-endpoint.reaches(len(events))
	}
	w.stop()
	for i, webhook := range webhooks {
		endpoint := w.receiver(webhook.URL)
		endpoint.wantOrder(t)
		if i < steady {
			endpoint.wantEach(t, events)
		}
	}
}

// load commits events from several goroutines, each in conversations of its own and in some of all.
func (w *world) load(goroutines, rounds int) []bot9.EventID {
	common := w.conversations(3)
	var mu sync.Mutex
	var all []bot9.EventID
	var loaders sync.WaitGroup
	for range goroutines {
		mine := append(w.conversations(3), common...)
		loaders.Go(func() {
			for range rounds {
				events := w.happen(mine...)
				mu.Lock()
				all = append(all, events...)
				mu.Unlock()
			}
		})
	}
	loaders.Wait()
	return all
}
