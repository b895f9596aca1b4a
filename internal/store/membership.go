package store

import (
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// membership keeps this node's view of the nodes on the database, so that webhooks' limits hold across all
// of them.
type membership struct {
	membershipMu sync.Mutex
	current      policy.Membership
	lapse        *time.Timer   // ends the membership once this node has been silent for a lease
	check        chan struct{} // somebody has come: see who is there
}

// liveNodes returns the numbers of all nodes that nobody has found dead.
func liveNodes(s session) (nodes []int64, err error) {
	err = s.query(func(scan scanFunc) error {
		var number int64
		err := scan(&number)
		nodes = append(nodes, number)
		return err
	}, `SELECT n.id FROM nodes n ORDER BY n.id`)
	return nodes, err
}

// noticeDelay bounds how long it takes until every node knows that another has come or gone: nodes send a
// notice at once, and each heartbeat reads the list of nodes.
func (p *peers) noticeDelay() time.Duration { return 2 * p.lease / beatsInLease }

// updateMembership replaces this node's membership, and passes it to the dispatcher if it differs.
func (p *peers) updateMembership(next func(policy.Membership) policy.Membership) {
	p.membershipMu.Lock()
	defer p.membershipMu.Unlock()
	before := p.current
	p.current = next(before)
	if d := p.store.dispatcher; d != nil && !p.current.Same(before) {
		d.MembershipChanged(p.current)
	}
}

// joined starts the membership of this node's new number, which it got at some moment after began.
func (p *peers) joined(number int64, others []int64, began time.Time) {
	p.lapse.Reset(p.lease - time.Since(began))
	p.updateMembership(func(policy.Membership) policy.Membership {
		return policy.Join(number, others, p.store.clock(), p.noticeDelay())
	})
}

// sawNodes updates the membership with the nodes that are alive; this node's number is among them.
func (p *peers) sawNodes(number int64, nodes []int64, began time.Time) {
	p.lapse.Reset(p.lease - time.Since(began))
	p.updateMembership(func(place policy.Membership) policy.Membership {
		if place.Self() != number { // it has rejoined meanwhile
			return place
		}
		return place.Seen(nodes, p.store.clock())
	})
}

// publishMembership passes the first membership to the dispatcher when this node starts.
func (p *peers) publishMembership() {
	p.membershipMu.Lock()
	defer p.membershipMu.Unlock()
	p.store.dispatcher.MembershipChanged(p.current)
}

// checkMembers makes the next heartbeat, which reads the list of nodes, happen at once.
func (p *peers) checkMembers() {
	select {
	case p.check <- struct{}{}:
	default:
	}
}

// does tells whether this node is the one to do work that goes by this ID; it is alone where p is nil.
func (p *peers) does(id int64) bool {
	if p == nil {
		return true
	}
	p.membershipMu.Lock()
	defer p.membershipMu.Unlock()
	return p.current.Does(id)
}

// passReady notifies the other nodes about ready deliveries that one of them sends.
func (p *peers) passReady(ready []bot9.WebhookID) {
	if p == nil || !p.others.Load() {
		return
	}
	notices := make([]string, len(ready))
	for i, id := range ready {
		notices[i] = notice('r', int64(id))
	}
	p.publish(notices...)
}
