package storetest

import (
	"strconv"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

var closing = topic{"Closing", []testCase{
	{"commits or refuses every write under way, and hangs none", closeWhileWriting},
	{"answers every result under way", func(t *testing.T, w *world) {
		for range 5 {
			webhook := w.webhook(unordered)
			w.append(0, 60)
			claimed := w.claim(webhook.ID)
			var group, begun sync.WaitGroup
			var mu sync.Mutex
			answered := map[bot9.DeliveryID]bool{} // and whether it was committed
			begun.Add(1)
			for _, part := range [][]*bot9.Delivery{claimed[:20], claimed[20:40], claimed[40:]} {
				group.Go(func() {
					begun.Wait()
					for _, d := range part {
						attempted := *d
						attempted.Attempts++
						attempt := &bot9.Attempt{DeliveryID: d.ID, Number: 1, Outcome: bot9.OutcomeSuccess}
						err := w.finishResult(bot9.AttemptResult{Delivery: &attempted, Attempt: attempt, Next: bot9.DeliverySucceeded})
						mustBeStopping(t, err)
						mu.Lock()
						answered[d.ID] = err == nil
						mu.Unlock()
					}
				})
			}
			begun.Done()
			must(t, w.Close())
			group.Wait()
			w.open()
			want(t, "answered", len(answered), 60)
			for id, committed := range answered {
				want(t, "committed", w.delivery(id).Status == bot9.DeliverySucceeded, committed)
			}
		}
	}},
	{"lets reads end, and refuses later calls", func(t *testing.T, w *world) {
		id := w.append(0, 1)[0]
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for {
					_, err := w.Event(w.ctx, w.chatbot, id)
					if err != nil {
						mustBeStopping(t, err)
						return
					}
				}
			})
		}
		must(t, w.Close())
		group.Wait()
		must(t, w.Close())
		_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(0, "late")})
		refused(t, err, bot9.Unavailable, "stopping")
		_, err = w.Webhooks(w.ctx, w.chatbot)
		refused(t, err, bot9.Unavailable, "stopping")
		refused(t, w.Ready(w.ctx), bot9.Unavailable, "stopping")
		refused(t, w.finishResult(bot9.AttemptResult{Delivery: &bot9.Delivery{}, Next: bot9.DeliveryPending}), bot9.Unavailable, "stopping")
		w.open()
		must(t, w.Ready(w.ctx))
	}},
}}

// mustBeStopping checks that a call either worked or was refused because the store is closed.
func mustBeStopping(t *testing.T, err error) {
	t.Helper()
	if err != nil && bot9.CodeOf(err) != "stopping" {
		t.Errorf("refused with %v", err)
	}
}

func closeWhileWriting(t *testing.T, w *world) {
	for round := range 5 {
		const writers = 16
		var group, first sync.WaitGroup
		var mu sync.Mutex
		committed := map[string]bool{}
		first.Add(writers)
		for writer := range writers {
			group.Go(func() {
				for n := 0; ; n++ {
					text := strconv.Itoa(round) + "/" + strconv.Itoa(writer) + "/" + strconv.Itoa(n)
					_, err := w.AppendEvents(w.ctx, w.chatbot, []bot9.NewEvent{note(0, text)})
					if n == 0 {
						first.Done()
					}
					if err != nil {
						mustBeStopping(t, err)
						return
					}
					mu.Lock()
					committed[`{"text":"`+text+`"}`] = true
					mu.Unlock()
				}
			})
		}
		first.Wait()
		must(t, w.Close())
		group.Wait()
		w.open()
		stored := map[string]bool{}
		for _, e := range w.allEvents(bot9.EventFilter{Since: 1}) {
			stored[string(e.Data)] = true
		}
		for text := range committed {
			if !stored[text] {
				t.Fatalf("%s was committed, and is not there", text)
			}
			delete(stored, text)
		}
		for text := range stored {
			if text[9:11] == strconv.Itoa(round)+"/" {
				t.Fatalf("%s was refused, and is there", text)
			}
		}
	}
}
