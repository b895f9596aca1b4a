package storetest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

var laneProperty = topic{"Lanes under random load", []testCase{
	{"keep order and lose nothing", func(t *testing.T, w *world) {
		rapid.Check(t, func(rt *rapid.T) {
			w.t = rt
			defer func() { w.t = t }()
			w.chatbot = w.newChatbot()
			m := newLaneModel(w)
			rt.Repeat(map[string]func(*rapid.T){
				"append":   m.append,
				"claim":    m.claim,
				"succeed":  func(rt *rapid.T) { m.finish(rt, bot9.DeliverySucceeded) },
				"give up":  func(rt *rapid.T) { m.finish(rt, bot9.DeliveryFailed) },
				"retry":    func(rt *rapid.T) { m.finish(rt, bot9.DeliveryRetrying) },
				"repeat":   func(rt *rapid.T) { m.finish(rt, bot9.DeliveryPending) },
				"setAside": func(rt *rapid.T) { m.finish(rt, bot9.DeliverySetAside) },
				"late":     m.late,
				"release":  m.release,
				"reopen":   m.reopen,
				"wait": func(rt *rapid.T) {
					w.clock.Advance(time.Second * time.Duration(rapid.IntRange(1, 60).Draw(rt, "seconds")))
				},
				"": m.checkSometimes,
			})
			m.drain()
		})
	}},
}}

// laneKey is a lane as the model sees it.
type laneKey struct {
	webhook      bot9.WebhookID
	conversation bot9.ConversationID
}

// laneModel is what the store must do, in the plainest way.
type laneModel struct {
	steps         int
	w             *world
	webhooks      []bot9.Webhook
	admits        map[bot9.WebhookID]bool
	conversations []bot9.ConversationID
	appended      map[bot9.ConversationID]int64            // events of each
	taken         map[bot9.DeliveryID]*bot9.Delivery       // by the dispatcher
	arrived       map[laneKey]int64                        // the newest sequence that was sent once at least
	over          map[laneKey]map[int64]bool               // sequences that no longer hold up their lane
	finished      map[bot9.WebhookID]map[bot9.EventID]bool // events that are finished
	past          []*bot9.Delivery                         // of results that were committed
	aside         map[bot9.DeliveryID]bool                 // set aside and not finished
}

func newLaneModel(w *world) *laneModel {
	m := &laneModel{
		w: w, admits: map[bot9.WebhookID]bool{}, appended: map[bot9.ConversationID]int64{}, taken: map[bot9.DeliveryID]*bot9.Delivery{},
		arrived: map[laneKey]int64{}, over: map[laneKey]map[int64]bool{}, finished: map[bot9.WebhookID]map[bot9.EventID]bool{}, aside: map[bot9.DeliveryID]bool{},
	}
	for _, change := range []func(*bot9.Webhook){func(*bot9.Webhook) {}, func(*bot9.Webhook) {}, unordered} {
		webhook := w.webhook(change)
		m.webhooks = append(m.webhooks, webhook)
		m.finished[webhook.ID] = map[bot9.EventID]bool{}
	}
	for range 3 {
		m.conversations = append(m.conversations, w.conversation())
	}
	m.admits[m.webhooks[1].ID] = true
	w.dispatcher.reset()
	w.dispatcher.admitting(func(id bot9.WebhookID) bool { return m.admits[id] })
	return m
}

func (m *laneModel) append(rt *rapid.T) {
	batch := []bot9.NewEvent{}
	for _, c := range rapid.SliceOfN(rapid.SampledFrom(m.conversations), 1, 6).Draw(rt, "conversations") {
		batch = append(batch, note(c, "event"))
		m.appended[c]++
	}
	m.admits[m.webhooks[0].ID] = rapid.Bool().Draw(rt, "admit")
	_, err := m.w.AppendEvents(m.w.ctx, m.w.chatbot, batch)
	must(rt, err)
	m.takeAdmitted()
}

func (m *laneModel) claim(rt *rapid.T) {
	webhook := rapid.SampledFrom(m.webhooks).Draw(rt, "webhook")
	claimed, _, _, err := m.w.Claim(m.w.ctx, webhook.ID, m.w.clock.Now(), rapid.IntRange(1, 5).Draw(rt, "limit"))
	must(rt, err)
	for _, d := range claimed {
		m.take(d)
	}
}

func (m *laneModel) takeAdmitted() {
	for _, d := range m.w.dispatcher.take() {
		m.take(d)
	}
}

// take checks that a delivery may be sent now.
func (m *laneModel) take(d *bot9.Delivery) {
	t := m.w.t
	if m.taken[d.ID] != nil || m.finished[d.WebhookID][d.EventID] {
		t.Fatalf("sequence %d of %s is taken or finished already", d.Sequence, d.ConversationID)
	}
	m.taken[d.ID] = d
	ordered := d.WebhookID != m.webhooks[2].ID
	want(t, "in lane", d.InLane, ordered && !m.aside[d.ID])
	if !d.InLane {
		return
	}
	lane := laneKey{d.WebhookID, d.ConversationID}
	for earlier := range d.Sequence - 1 {
		if !m.over[lane][earlier+1] {
			t.Fatalf("sequence %d is sent before %d is through", d.Sequence, earlier+1)
		}
	}
	if d.Sequence != m.arrived[lane] && d.Sequence != m.arrived[lane]+1 {
		t.Fatalf("sequence %d is sent after %d", d.Sequence, m.arrived[lane])
	}
	m.arrived[lane] = d.Sequence
}

func (m *laneModel) anyTaken(rt *rapid.T) *bot9.Delivery {
	if len(m.taken) == 0 {
		rt.Skip("nothing is taken")
	}
	ids := slices.Sorted(maps.Keys(m.taken))
	return m.taken[rapid.SampledFrom(ids).Draw(rt, "delivery")]
}

func (m *laneModel) finish(rt *rapid.T, next bot9.DeliveryStatus) {
	d := m.anyTaken(rt)
	wait := time.Second * time.Duration(rapid.IntRange(0, 30).Draw(rt, "wait"))
	m.commit(d, next, wait)
}

func (m *laneModel) commit(d *bot9.Delivery, next bot9.DeliveryStatus, wait time.Duration) {
	if next == bot9.DeliveryRetrying && m.aside[d.ID] {
		next = bot9.DeliverySetAside
	}
	delete(m.taken, d.ID)
	lane := laneKey{d.WebhookID, d.ConversationID}
	if m.over[lane] == nil {
		m.over[lane] = map[int64]bool{}
	}
	switch next {
	case bot9.DeliverySucceeded, bot9.DeliveryFailed:
		m.finished[d.WebhookID][d.EventID] = true
		m.over[lane][d.Sequence] = true
		delete(m.aside, d.ID)
	case bot9.DeliverySetAside:
		m.aside[d.ID] = true
		m.over[lane][d.Sequence] = true
	}
	if next != bot9.DeliveryPending { // one that is repeated looks like the one before
		m.past = append(m.past, d)
	}
	m.w.finish(d, next, retryIn(wait))
	m.takeAdmitted()
}

// late hands in the result of an attempt whose result was committed before.
func (m *laneModel) late(rt *rapid.T) {
	if len(m.past) == 0 {
		rt.Skip("nothing is past")
	}
	m.w.finish(rapid.SampledFrom(m.past).Draw(rt, "delivery"), rapid.SampledFrom(everyNext).Draw(rt, "next"), retryIn(time.Hour))
	want(rt, "admitted by a late result", len(m.w.dispatcher.take()), 0)
}

func (m *laneModel) release(rt *rapid.T) {
	d := m.anyTaken(rt)
	delete(m.taken, d.ID)
	must(rt, m.w.Release(m.w.ctx, []*bot9.Delivery{d}))
}

func (m *laneModel) reopen(rt *rapid.T) {
	if rapid.IntRange(0, 9).Draw(rt, "reopen") != 9 { // it takes a hundred times as long as anything else
		rt.Skip("not now")
	}
	m.w.reopen()
	clear(m.taken)
}

// checkSometimes compares after some steps; what went wrong between stays wrong.
func (m *laneModel) checkSometimes(*rapid.T) {
	if m.steps++; m.steps%12 == 0 {
		m.check()
	}
}

// check compares the rows with the model.
func (m *laneModel) check() {
	t := m.w.t
	total := int64(0)
	for _, n := range m.appended {
		total += n
	}
	rows := m.w.deliveries(bot9.DeliveryFilter{}, 250)
	want(t, "deliveries", int64(len(rows)), total*int64(len(m.webhooks)))
	backlog := map[bot9.WebhookID]int64{}
	waiting, moving := map[laneKey]int{}, map[laneKey]int{}
	for _, d := range rows {
		want(t, "finished", !d.Status.Unfinished(), m.finished[d.WebhookID][d.EventID])
		want(t, "set aside", d.Status == bot9.DeliverySetAside, m.aside[d.ID])
		if !d.Status.Unfinished() {
			continue
		}
		backlog[d.WebhookID]++
		if d.WebhookID == m.webhooks[2].ID || m.aside[d.ID] {
			continue
		}
		lane := laneKey{d.WebhookID, d.ConversationID}
		if d.NextAttemptAt == 0 {
			waiting[lane]++
		} else {
			moving[lane]++
		}
	}
	for _, webhook := range m.webhooks {
		want(t, "backlog", m.w.backlog(webhook.ID), backlog[webhook.ID])
		for _, c := range m.conversations {
			lane := laneKey{webhook.ID, c}
			if moving[lane] > 1 || moving[lane] == 0 && waiting[lane] > 0 {
				t.Fatalf("a lane with %d deliveries ready or taken, and %d waiting", moving[lane], waiting[lane])
			}
		}
	}
}

// drain delivers all that is left.
func (m *laneModel) drain() {
	for {
		m.w.clock.Advance(time.Hour)
		for _, webhook := range m.webhooks {
			for _, d := range m.w.claim(webhook.ID) {
				m.take(d)
			}
		}
		if len(m.taken) == 0 {
			break
		}
		for _, id := range slices.Sorted(maps.Keys(m.taken)) {
			m.commit(m.taken[id], bot9.DeliverySucceeded, 0)
		}
	}
	m.check()
	for _, webhook := range m.webhooks {
		want(m.w.t, "backlog at the end", m.w.backlog(webhook.ID), 0)
	}
}
