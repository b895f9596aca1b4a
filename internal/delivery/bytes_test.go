package delivery_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestLargeEventsAreBoundedByBytes has endpoints come back that large events wait for. What is held at once is bounded,
// everything arrives in order, and a small event of another endpoint is not kept waiting.
func TestLargeEventsAreBoundedByBytes(t *testing.T) {
	inVirtualTime(t, func(w *world) {
		const memory, size, count = 1 << 20, 100 << 10, 40
		w.stopDispatcher(time.Second)
		w.memory = memory
		w.startDispatcher()
		data := append(append([]byte(`{"text":"`), bytes.Repeat([]byte("x"), size)...), `"}`...)
		var endpoints []*receiver
		var most atomic.Int64
		for i := range 8 {
			_, endpoint := w.webhook(fmt.Sprint("large", i), func(webhook *bot9.Webhook) { webhook.Events = []string{"custom.large"} })
			endpoint.replies(reply{status: 503})
			endpoints = append(endpoints, endpoint)
		}
		small, prompt := w.webhook("small", func(webhook *bot9.Webhook) { webhook.Events = []string{"custom.small"} })
		conversations := w.conversations(4)
		var events []bot9.EventID
		for i := range count {
			ids, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{{Type: "custom.large", Data: data, ConversationID: conversations[i%4]}})
			must(t, err)
			events = append(events, ids...)
		}
		time.Sleep(time.Minute)
		for _, endpoint := range endpoints {
			endpoint.forget()
			endpoint.does(func(call) reply {
				if held := int64(w.dispatcher.Counts().Bytes); held > most.Load() { // about
					most.Store(held)
				}
				return reply{status: 200, after: 20 * time.Millisecond}
			})
		}
		for range 60 { // while they drain
			time.Sleep(time.Minute)
			begun := time.Now()
			_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{{Type: "custom.small", Data: []byte(`{}`)}})
			must(t, err)
			for w.statuses(small.ID)[bot9.DeliveryPending] > 0 {
				time.Sleep(time.Millisecond)
			}
			if waited := time.Since(begun); waited > time.Second {
				t.Fatalf("a small event of another endpoint waited %v", waited)
			}
		}
		if n := len(prompt.seen()); n != 60 {
			t.Errorf("%d small events arrived", n)
		}
		for _, endpoint := range endpoints {
			endpoint.wantEach(t, events)
			endpoint.wantOrder(t)
		}
		if most := most.Load(); most > 2*memory+2*size || most < memory/4 {
			t.Errorf("%d KiB were held at once, of %d", most>>10, memory>>10)
		}
		if left := w.dispatcher.Counts().Bytes; left != 0 {
			t.Errorf("%d bytes count as held at the end", left)
		}
	})
}
