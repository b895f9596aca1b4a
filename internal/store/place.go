package store

import (
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// placing is what a process knows of its place among the others, which is kept so that the limits of
// webhooks hold across all of them.
type placing struct {
	placeMu sync.Mutex
	place   policy.Place
	lapse   *time.Timer   // ends the place once this process was silent for a lease
	look    chan struct{} // somebody has come: see who is there
}

// living returns the numbers of all processes that nobody has found dead.
func living(s session) (nodes []int64, err error) {
	err = s.query(func(scan scanFunc) error {
		var number int64
		err := scan(&number)
		nodes = append(nodes, number)
		return err
	}, `SELECT n.id FROM nodes n ORDER BY n.id`)
	return nodes, err
}

// noticed is how long it takes at most until all others know that one has come or gone: they are
// told at once, and look each time that they show themselves.
func (p *peers) noticed() time.Duration { return 2 * p.lease / beatsInLease }

// move changes this process's place, and tells the dispatcher.
func (p *peers) move(next func(policy.Place) policy.Place) {
	p.placeMu.Lock()
	defer p.placeMu.Unlock()
	before := p.place
	p.place = next(before)
	if d := p.store.dispatcher; d != nil && !p.place.Same(before) {
		d.Moved(p.place)
	}
}

// joined notes that this process has a new number, since a moment after began.
func (p *peers) joined(number int64, others []int64, began time.Time) {
	p.lapse.Reset(p.lease - time.Since(began))
	p.move(func(policy.Place) policy.Place { return policy.Join(number, others, p.store.clock(), p.noticed()) })
}

// sawNodes notes which processes live, this one with its number among them.
func (p *peers) sawNodes(number int64, nodes []int64, began time.Time) {
	p.lapse.Reset(p.lease - time.Since(began))
	p.move(func(place policy.Place) policy.Place {
		if place.Self() != number { // it has rejoined meanwhile
			return place
		}
		return place.Seen(nodes, p.store.clock())
	})
}

// tellPlace tells the dispatcher where this process stands when it begins.
func (p *peers) tellPlace() {
	p.placeMu.Lock()
	defer p.placeMu.Unlock()
	p.store.dispatcher.Moved(p.place)
}

// lookAround lets this process see at once who is there.
func (p *peers) lookAround() {
	select {
	case p.look <- struct{}{}:
	default:
	}
}

// passOn tells the others of deliveries that one of them sends.
func (p *peers) passOn(ready []bot9.WebhookID) {
	if p == nil || !p.others.Load() {
		return
	}
	words := make([]string, len(ready))
	for i, id := range ready {
		words[i] = word('r', int64(id))
	}
	p.say(words...)
}
