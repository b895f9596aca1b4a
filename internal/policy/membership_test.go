package policy

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

const notice = 6 * time.Second

func limited(id bot9.WebhookID) *bot9.Webhook {
	return &bot9.Webhook{ID: id, MaxInFlight: 1, TimeoutSeconds: 10}
}

// settled is the place of a node that has stood among others for long.
func settled(self int64, others ...int64) Membership {
	p := Join(self, others, now, notice)
	return p.Seen(p.nodes, now.Add(time.Hour))
}

func TestAloneSendsAtOnce(t *testing.T) {
	for name, p := range map[string]Membership{"on a database of its own": {}, "first on a shared one": Join(7, nil, now, notice)} {
		if mine, from := p.Owns(limited(1)); !mine || from != 0 {
			t.Errorf("%s: %v from %v", name, mine, from)
		}
	}
}

func TestWithoutLimitsEveryNodeSends(t *testing.T) {
	for _, p := range []Membership{Join(1, []int64{2, 3}, now, notice), settled(2, 1, 3), settled(3, 1, 2).Lapsed()} {
		if mine, from := p.Owns(&bot9.Webhook{ID: 1}); !mine || from != 0 {
			t.Errorf("node %d: %v from %v", p.Self(), mine, from)
		}
	}
}

// drawNodes draws the numbers of up to 8 nodes.
func drawNodes(t *rapid.T) []int64 {
	return rapid.SliceOfNDistinct(rapid.Int64Range(1, 1_000_000), 1, 8, rapid.ID[int64]).Draw(t, "nodes")
}

func drawLimits(t *rapid.T) *bot9.Webhook {
	w := limited(bot9.WebhookID(rapid.Int64Range(1, 1<<62).Draw(t, "webhook")))
	w.MaxInFlight = rapid.IntRange(0, 3).Draw(t, "maxInFlight")
	if w.MaxInFlight == 0 {
		w.RateLimit = rapid.Float64Range(0.1, 100).Draw(t, "rateLimit")
	}
	return w
}

// However many nodes there are, and however small the limit, one has it all and the others nothing.
func TestExactlyOneNodeSends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, w := drawNodes(t), drawLimits(t)
		senders := 0
		for i, self := range nodes {
			others := append(append([]int64{}, nodes[:i]...), nodes[i+1:]...)
			if mine, from := settled(self, others...).Owns(w); mine && from == 0 {
				senders++
			}
		}
		if senders != 1 {
			t.Fatalf("%d of %d nodes send", senders, len(nodes))
		}
	})
}

// world is what really goes on among nodes: who lives, who has requests under way until when, and
// what each of them believes.
type world struct {
	at     bot9.Time
	places map[int64]Membership
	behind map[int64]bot9.Time // nodes that have yet to notice the last change, and when they do
	busy   map[int64]bot9.Time // who has a request under way, and until when
	next   int64
}

func (w *world) living() (all []int64) {
	for node := range w.places {
		all = append(all, node)
	}
	return inOrder(all)
}

// change lets a node join, die or stop, and the others notice it within the promised time.
func (w *world) change(t *rapid.T) {
	nodes := w.living()
	kind := rapid.SampledFrom([]string{"join", "join", "die", "stop"}).Draw(t, "change")
	if kind == "join" || len(nodes) == 1 {
		w.next++
		w.places[w.next] = Join(w.next, nodes, w.at, notice)
	} else {
		node := rapid.SampledFrom(nodes).Draw(t, "node")
		delete(w.places, node)
		if kind == "stop" {
			if w.at < w.busy[node] {
				w.at = w.busy[node] // what it has under way is finished first
			}
			for other, p := range w.places {
				if rapid.Bool().Draw(t, "hears of it") {
					w.places[other] = p.Left(node)
				}
			}
		}
	}
	for node := range w.places {
		w.behind[node] = w.at.Add(time.Duration(rapid.Int64Range(0, int64(notice)).Draw(t, "notices after")))
	}
}

// Whatever nodes come, go and die, each noticing it when it will: never do two have a request under
// way, and in the end one sends again.
func TestOnlyOneRequestIsUnderWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hook := drawLimits(t)
		w := &world{at: now, places: map[int64]Membership{1: Join(1, nil, now, notice)}, behind: map[int64]bot9.Time{}, busy: map[int64]bot9.Time{}, next: 1}
		step := func(pass time.Duration) (sent bool) {
			w.at = w.at.Add(pass)
			nodes := w.living()
			for _, node := range nodes {
				if noticed, ok := w.behind[node]; ok && noticed <= w.at {
					delete(w.behind, node)
				}
				if _, behind := w.behind[node]; !behind {
					w.places[node] = w.places[node].Seen(nodes, w.at)
				}
				mine, from := w.places[node].Owns(hook)
				if !mine || w.at < from {
					continue
				}
				sent = true
				for other, until := range w.busy {
					if other != node && w.at < until {
						t.Fatalf("node %d sends while the request of node %d is under way", node, other)
					}
				}
				w.busy[node] = w.at.Add(hook.Timeout())
			}
			return sent
		}
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			w.change(t)
			for range rapid.IntRange(6, 40).Draw(t, "steps") { // the next change comes after everybody noticed this one
				step(time.Second)
			}
		}
		if step(notice); !step(notice + hook.Timeout()) {
			t.Fatalf("nobody sends, although nothing changed for long")
		}
	})
}

func TestJoiningTakesLittleAndStoppingLeavesTheRest(t *testing.T) {
	const webhooks = 1000
	before, after := 0, 0
	for id := bot9.WebhookID(1); id <= webhooks; id++ {
		w := limited(id)
		had, _ := settled(1, 2, 3).Owns(w)
		has, from := settled(1, 2, 3).Seen([]int64{1, 2, 3, 4}, now.Add(2*time.Hour)).Owns(w)
		if has && (!had || from != 0) {
			t.Fatalf("webhook %d came to a node, or has to wait, because another one joined", id)
		}
		if had {
			before++
		}
		if has {
			after++
		}
		if had, _ := settled(1, 2, 3, 4).Owns(w); had {
			if has, from := settled(1, 2, 3, 4).Left(4).Owns(w); !has || from != 0 {
				t.Fatalf("webhook %d left its node, or has to wait, because another one stopped", id)
			}
		}
	}
	if before < webhooks*28/100 || before > webhooks*39/100 || after < webhooks*20/100 || after > webhooks*30/100 {
		t.Errorf("of %d webhooks a node had %d among three and %d among four", webhooks, before, after)
	}
}

func TestLapsedSendsNothingUntilItIsSeenAgain(t *testing.T) {
	p := Join(1, nil, now, notice)
	if mine, _ := p.Lapsed().Owns(limited(1)); mine {
		t.Error("it sends although the others may have gone on without it")
	}
	if mine, from := p.Lapsed().Seen([]int64{1}, now.Add(time.Minute)).Owns(limited(1)); !mine || from != 0 {
		t.Errorf("after it was seen again: %v from %v", mine, from)
	}
}

// TestOneNodeDoesWork: exactly one of those that live, whatever the ID; alone it does all, lapsed none.
func TestOneNodeDoesWork(t *testing.T) {
	nodes := []int64{3, 7, 12}
	share := map[int64]int{}
	for id := range int64(300) {
		doing := 0
		for _, node := range nodes {
			if Join(node, nodes, 0, 0).Seen(nodes, 0).Does(id) {
				doing++
				share[node]++
			}
		}
		if doing != 1 {
			t.Fatalf("%d nodes do the work of %d", doing, id)
		}
	}
	for _, node := range nodes {
		if share[node] < 50 {
			t.Errorf("node %d has %d of 300", node, share[node])
		}
	}
	if !(Membership{}).Does(1) || Join(3, nil, 0, 0).Lapsed().Does(1) {
		t.Error("alone it does everything, and nothing once the others may have taken over")
	}
}
