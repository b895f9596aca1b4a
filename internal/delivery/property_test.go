package delivery_test

import (
	"fmt"
	"hash/fnv"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	storyWebhooks      = 3
	storyConversations = 4
)

// step is one thing that happens in a story.
type step struct {
	kind    string
	webhook int
	first   int           // conversation
	count   int           // of events
	mood    string        // of the endpoint
	wait    time.Duration // after it
}

// stories are shorter than the three days after which a delivery is given up.
func stories() *rapid.Generator[[]step] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{
			kind:    rapid.SampledFrom([]string{"events", "events", "events", "mood", "mood", "disable", "enable", "restart", "kill", "cut", "mend"}).Draw(t, "kind"),
			webhook: rapid.IntRange(0, storyWebhooks-1).Draw(t, "webhook"),
			first:   rapid.IntRange(0, storyConversations-1).Draw(t, "first"),
			count:   rapid.IntRange(1, 30).Draw(t, "count"),
			mood:    rapid.SampledFrom([]string{"well", "slow", "flaky", "broken", "hanging", "overloaded"}).Draw(t, "mood"),
			wait: rapid.SampledFrom([]time.Duration{
				0, time.Millisecond, 100 * time.Millisecond, time.Second, 7 * time.Second, time.Minute,
				20 * time.Minute, 90 * time.Minute,
			}).Draw(t, "wait"),
		}
	}), 1, 25)
}

func mood(name string) func(call) reply {
	switch name {
	case "slow":
		return always(reply{status: 200, after: 3 * time.Second})
	case "broken":
		return always(reply{status: 500, after: 10 * time.Millisecond})
	case "hanging":
		return always(reply{})
	case "overloaded":
		return func(c call) reply {
			if c.number > 3 { // what it asks for would use up the schedule
				return reply{status: 503}
			}
			return reply{status: 503, retryAfter: 30 * time.Second}
		}
	case "flaky":
		return func(c call) reply {
			dice := fnv.New32a()
			_, _ = fmt.Fprint(dice, c.event, c.number)
			return reply{status: []int{200, 500, 502}[dice.Sum32()%3], after: time.Duration(dice.Sum32()%900) * time.Millisecond}
		}
	}
	return always(reply{status: 200, after: 20 * time.Millisecond})
}

// story is a world to which the steps happen, with what each webhook is to get.
type story struct {
	*world
	webhooks      []bot9.Webhook
	conversations []bot9.ConversationID
	enabled       [storyWebhooks]bool
	expected      [storyWebhooks][]bot9.EventID
}

func newStory(w *world) *story {
	s := &story{world: w, conversations: append(w.conversations(storyConversations), 0)}
	for i := range storyWebhooks {
		webhook, _ := w.webhook(fmt.Sprint("endpoint ", i), func(webhook *bot9.Webhook) {
			webhook.SetAsideAfter = []int{0, bot9.DefaultSetAsideAfter, 0}[i]
			webhook.MaxInFlight = []int{0, 0, 1}[i]
		})
		s.webhooks, s.enabled[i] = append(s.webhooks, webhook), true
	}
	return s
}

func (s *story) tell(step step) {
	switch step.kind {
	case "events":
		where := make([]bot9.ConversationID, step.count)
		for i := range where {
			where[i] = s.conversations[(step.first+i)%len(s.conversations)]
		}
		events := s.happen(where...)
		for i, enabled := range s.enabled {
			if enabled {
				s.expected[i] = append(s.expected[i], events...)
			}
		}
	case "mood":
		s.receiver(s.webhooks[step.webhook].URL).does(mood(step.mood))
	case "disable":
		s.disable(s.webhooks[step.webhook].ID)
		s.enabled[step.webhook] = false
	case "enable":
		s.enable(s.webhooks[step.webhook].ID)
		s.enabled[step.webhook] = true
	case "restart":
		s.mend()
		s.restart()
	case "kill":
		s.mend()
		s.stopDispatcher(time.Microsecond)
		must(s.t, s.Close())
		s.start()
	case "cut":
		s.access.cut.Store(true)
	case "mend":
		s.mend()
	}
	time.Sleep(step.wait)
}

// mend gives the dispatcher its store back, and the time to commit what waits for that. Were it ended
// before, what has arrived would arrive again.
func (s *story) mend() {
	if s.access.cut.Swap(false) {
		time.Sleep(2 * time.Second)
	}
}

// end lets every endpoint answer, and returns what is wrong in the end.
func (s *story) end() []string {
	s.mend()
	for i, webhook := range s.webhooks {
		s.receiver(webhook.URL).does(mood("well"))
		if !s.enabled[i] {
			s.enable(webhook.ID)
		}
	}
	time.Sleep(2 * 24 * time.Hour)
	var wrong []string
	for i, webhook := range s.webhooks {
		wrong = append(wrong, s.judge(webhook, s.expected[i])...)
	}
	if counts := s.dispatcher.Counts(); counts.InFlight != 0 || counts.Queued != 0 {
		wrong = append(wrong, fmt.Sprintf("in the end %d are in flight and %d in memory", counts.InFlight, counts.Queued))
	}
	return wrong
}

// judge checks that everything arrived, once, and in order save for what was set aside.
func (s *story) judge(webhook bot9.Webhook, expected []bot9.EventID) (wrong []string) {
	arrivals, failures := map[bot9.EventID]int{}, map[bot9.EventID]int{}
	last := map[bot9.ConversationID]int64{}
	for _, c := range s.receiver(webhook.URL).seen() {
		if !c.ok {
			failures[c.event]++
			continue
		}
		arrivals[c.event]++
		setAside := webhook.SetAsideAfter > 0 && failures[c.event] >= webhook.SetAsideAfter
		if c.conversation == 0 || setAside {
			continue
		}
		if c.sequence <= last[c.conversation] {
			wrong = append(wrong, fmt.Sprintf("%s, %s: %d arrived after %d", webhook.URL, c.conversation, c.sequence, last[c.conversation]))
		}
		last[c.conversation] = c.sequence
	}
	for _, id := range expected {
		if arrivals[id] != 1 {
			wrong = append(wrong, fmt.Sprintf("%s: %s arrived %d times after %d failures, want once", webhook.URL, id, arrivals[id], failures[id]))
		}
		delete(arrivals, id)
	}
	if len(arrivals) > 0 {
		wrong = append(wrong, fmt.Sprintf("%s got %d events that were not for it", webhook.URL, len(arrivals)))
	}
	return wrong
}

func TestWhateverHappensEverythingArrivesOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := stories().Draw(rt, "steps")
		var wrong []string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			defer w.stop()
			s := newStory(w)
			for _, step := range steps {
				s.tell(step)
			}
			wrong = s.end()
		})
		for _, line := range wrong {
			rt.Error(line)
		}
	})
}
