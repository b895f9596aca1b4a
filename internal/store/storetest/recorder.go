package storetest

import (
	"sync"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// recorder is a Dispatcher that notes what it is told.
type recorder struct {
	mu        sync.Mutex
	admit     func(bot9.WebhookID) bool
	committed func([]*bot9.Delivery) // asked to look at what is handed over, if set
	asked     int
	resynced  int
	passes    bool
	place     policy.Membership
	admitted  []*bot9.Delivery
	ready     map[bot9.WebhookID]int
	changed   map[bot9.WebhookID]int
}

// newRecorder makes one that admits nothing.
func newRecorder() *recorder {
	r := &recorder{}
	r.reset()
	r.admitting(func(bot9.WebhookID) bool { return false })
	return r
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked, r.admitted, r.ready, r.changed = 0, nil, map[bot9.WebhookID]int{}, map[bot9.WebhookID]int{}
}

func (r *recorder) admitting(admit func(bot9.WebhookID) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.admit = admit
}

func (r *recorder) admitAll() { r.admitting(func(bot9.WebhookID) bool { return true }) }

// take returns what was handed over since it was asked last.
func (r *recorder) take() []*bot9.Delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.admitted
	r.admitted = nil
	return taken
}

// told returns how often a webhook was named as having ready deliveries, and as changed.
func (r *recorder) told(id bot9.WebhookID) (ready, changed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready[id], r.changed[id]
}

// nextCommit is closed when something is committed that the dispatcher is told of.
func (r *recorder) nextCommit() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	told := make(chan struct{})
	r.committed = func([]*bot9.Delivery) {
		r.committed = nil
		close(told)
	}
	return told
}

// Admit implements store.Dispatcher.
func (r *recorder) Admit(id bot9.WebhookID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	return r.admit(id)
}

// Committed implements store.Dispatcher.
func (r *recorder) Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) []bot9.WebhookID {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.admitted = append(r.admitted, admitted...)
	for _, id := range ready {
		r.ready[id]++
	}
	if r.committed != nil {
		r.committed(admitted)
	}
	if r.passes {
		return ready
	}
	return nil
}

// MembershipChanged implements store.Dispatcher.
func (r *recorder) MembershipChanged(place policy.Membership) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.place = place
}

// sends tells whether this one is to send to a webhook that has limits, and from when on.
func (r *recorder) sends(id bot9.WebhookID) (bool, bot9.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.place.Owns(&bot9.Webhook{ID: id, MaxInFlight: 1, TimeoutSeconds: 1})
}

// passOn makes it say that another process sends whatever is ready.
func (r *recorder) passOn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.passes = true
}

// WebhookChanged implements store.Dispatcher.
func (r *recorder) WebhookChanged(id bot9.WebhookID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed[id]++
}

// Resync implements store.Dispatcher.
func (r *recorder) Resync() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resynced++
}

func (r *recorder) resyncs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.resynced
}
