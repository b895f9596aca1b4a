package policy

import (
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Membership is one node's view of the nodes on its database, now and a little while back. Each node works
// out from it, without asking the others, which node owns a webhook with limits: only the owner sends to
// that webhook, so maxInFlight and rateLimit hold across all nodes. A Membership is immutable; its methods
// return the next one. The zero Membership belongs to a node that has its database to itself.
type Membership struct {
	self   int64
	nodes  []int64 // numbers of those that live, in order
	before []pastMembers
	notice time.Duration
	lapsed bool
}

// pastMembers are the nodes that were alive until a moment. Requests they sent may still be under way.
type pastMembers struct {
	nodes []int64
	until bot9.Time
}

// Join returns the membership of a node that joins others. They know about it within notice.
func Join(self int64, others []int64, now bot9.Time, notice time.Duration) Membership {
	p := Membership{self: self, nodes: inOrder(append(slices.Clone(others), self)), notice: notice}
	if len(others) > 0 {
		p.before = []pastMembers{{inOrder(others), now}}
	}
	return p
}

// Self is the node's number.
func (p Membership) Self() int64 { return p.self }

// Seen returns the membership once these nodes, self included, are seen alive at now. A node that is missing
// has died or is silent, and may have requests under way.
func (p Membership) Seen(nodes []int64, now bot9.Time) Membership {
	nodes = inOrder(nodes)
	p.lapsed = false
	p.before = slices.DeleteFunc(slices.Clone(p.before), func(s pastMembers) bool { return s.until.Add(p.notice+bot9.MaxTimeout) <= now })
	if !slices.Equal(nodes, p.nodes) {
		p.before = append(p.before, pastMembers{p.nodes, now})
		p.nodes = nodes
	}
	return p
}

// Left returns the membership after another node has shut down cleanly: it has nothing under way.
func (p Membership) Left(node int64) Membership {
	without := func(nodes []int64) []int64 {
		return slices.DeleteFunc(slices.Clone(nodes), func(n int64) bool { return n == node })
	}
	p.nodes, p.before = without(p.nodes), slices.Clone(p.before)
	for i := range p.before {
		p.before[i].nodes = without(p.before[i].nodes)
	}
	return p
}

// Lapsed returns the membership of a node that failed to renew its lease for so long that the others may
// have taken over.
func (p Membership) Lapsed() Membership {
	p.lapsed = true
	return p
}

// Same tells whether the two memberships are equal.
func (p Membership) Same(o Membership) bool {
	return p.self == o.self && p.lapsed == o.lapsed && slices.Equal(p.nodes, o.nodes) &&
		slices.EqualFunc(p.before, o.before, func(a, b pastMembers) bool { return a.until == b.until && slices.Equal(a.nodes, b.nodes) })
}

// Owns tells whether this node is the one that sends to the webhook, and since when: not before the others
// know about it, and the requests of the previous owner have ended.
func (p Membership) Owns(w *bot9.Webhook) (mine bool, from bot9.Time) {
	if p.self == 0 || w.MaxInFlight == 0 && w.RateLimit == 0 {
		return true, 0
	}
	if p.lapsed || owner(w.ID, p.nodes) != p.self {
		return false, 0
	}
	for _, s := range p.before {
		if owner(w.ID, s.nodes) != p.self {
			from = max(from, s.until.Add(p.notice+w.Timeout()))
		}
	}
	return true, from
}

// Does tells whether this node is the one to do work that goes by this ID. For a moment two nodes may think so, or
// none: it is for work that several may begin and only one can end.
func (p Membership) Does(id int64) bool {
	return p.self == 0 || !p.lapsed && owner(bot9.WebhookID(id), p.nodes) == p.self
}

// owner is the node with the greatest hash of webhook and node (rendezvous hashing: Thaler and
// Ravishankar, IEEE/ACM Transactions on Networking 6(1), 1998). A node that joins only takes webhooks over,
// one that leaves only gives its own up, and all other webhooks stay where they are.
func owner(webhook bot9.WebhookID, nodes []int64) (best int64) {
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
