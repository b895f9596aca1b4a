package policy

import (
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Place is where a node stands among those on one database, now and a little while back. By it each
// node finds out alone which of them sends to a webhook that has limits, so that maxInFlight and
// rateLimit hold across all of them: one node sends, the others leave it what they accept. A Place
// does not change; its methods return the next one. The zero Place is that of a node that has its
// database to itself.
type Place struct {
	self   int64
	nodes  []int64 // numbers of those that live, in order
	before []standing
	notice time.Duration
	lapsed bool
}

// standing is which nodes lived until a moment. What they sent then may be under way after it.
type standing struct {
	nodes []int64
	until bot9.Time
}

// Join returns the place of a node that begins to live beside others. They know of it within notice.
func Join(self int64, others []int64, now bot9.Time, notice time.Duration) Place {
	p := Place{self: self, nodes: inOrder(append(slices.Clone(others), self)), notice: notice}
	if len(others) > 0 {
		p.before = []standing{{inOrder(others), now}}
	}
	return p
}

// Self is the number by which the node joined.
func (p Place) Self() int64 { return p.self }

// Seen returns the place among the nodes that are seen to live at now, self included. Whoever is
// missing has died, or is silent, and may have requests under way.
func (p Place) Seen(nodes []int64, now bot9.Time) Place {
	nodes = inOrder(nodes)
	p.lapsed = false
	p.before = slices.DeleteFunc(slices.Clone(p.before), func(s standing) bool { return s.until.Add(p.notice+bot9.MaxTimeout) <= now })
	if !slices.Equal(nodes, p.nodes) {
		p.before = append(p.before, standing{p.nodes, now})
		p.nodes = nodes
	}
	return p
}

// Left returns the place after another node has stopped in order: it has nothing under way.
func (p Place) Left(node int64) Place {
	without := func(nodes []int64) []int64 {
		return slices.DeleteFunc(slices.Clone(nodes), func(n int64) bool { return n == node })
	}
	p.nodes, p.before = without(p.nodes), slices.Clone(p.before)
	for i := range p.before {
		p.before[i].nodes = without(p.before[i].nodes)
	}
	return p
}

// Lapsed returns the place of a node that could not show that it lives for so long that the others
// may go on without it.
func (p Place) Lapsed() Place {
	p.lapsed = true
	return p
}

// Same tells whether nothing has changed since the other place.
func (p Place) Same(o Place) bool {
	return p.self == o.self && p.lapsed == o.lapsed && slices.Equal(p.nodes, o.nodes) &&
		slices.EqualFunc(p.before, o.before, func(a, b standing) bool { return a.until == b.until && slices.Equal(a.nodes, b.nodes) })
}

// Sends tells whether this node is the one that sends to the webhook, and from when on: not before
// the others know, and what another one has sent is over.
func (p Place) Sends(w *bot9.Webhook) (mine bool, from bot9.Time) {
	if p.self == 0 || w.MaxInFlight == 0 && w.RateLimit == 0 {
		return true, 0
	}
	if p.lapsed || home(w.ID, p.nodes) != p.self {
		return false, 0
	}
	for _, s := range p.before {
		if home(w.ID, s.nodes) != p.self {
			from = max(from, s.until.Add(p.notice+w.Timeout()))
		}
	}
	return true, from
}

// home is the node with the greatest hash of webhook and node (rendezvous hashing: Thaler and
// Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998): a node that joins only takes, one
// that goes only leaves, and the webhooks of all others stay where they are.
func home(webhook bot9.WebhookID, nodes []int64) (best int64) {
	var most uint64
	for _, node := range nodes {
		if score := mix(uint64(webhook) ^ mix(uint64(node))); best == 0 || score > most {
			best, most = node, score
		}
	}
	return best
}

// mix spreads numbers that are close to each other over all 64 bits (the finalizer of SplitMix64:
// Steele, Lea and Flood, OOPSLA 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func inOrder(nodes []int64) []int64 {
	nodes = slices.Clone(nodes)
	slices.Sort(nodes)
	return nodes
}
