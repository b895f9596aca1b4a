package presence_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/presence"
)

const (
	shop bot9.ChatbotID      = 1 << 40
	talk bot9.ConversationID = 2 << 40
)

func agent(id string, typing bool) bot9.Signal {
	return bot9.Signal{ChatbotID: shop, ConversationID: talk, AgentID: id, AgentName: "Agent " + id, Typing: typing}
}

func TestWhoIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hub presence.Hub
		var told, elsewhere, inTalk []bot9.Presence
		stop := hub.Watch(shop, func(p bot9.Presence) { told = append(told, p) })
		defer hub.Watch(3<<40, func(p bot9.Presence) { elsewhere = append(elsewhere, p) })()
		defer hub.WatchConversation(talk, func(p bot9.Presence) { inTalk = append(inTalk, p) })()

		hub.Signal(agent("b", false))
		hub.Signal(agent("a", true))
		hub.Signal(agent("a", true)) // repeated: nobody is told
		want := []bot9.PresentAgent{{ID: "a", Name: "Agent a", Typing: true}, {ID: "b", Name: "Agent b"}}
		if now := hub.In(talk); !slices.Equal(now.Agents, want) || now.UserTyping {
			t.Errorf("there are %+v", now)
		}
		if typing := hub.In(talk).AgentTyping(); typing.ID != "a" {
			t.Errorf("%+v types", typing)
		}
		hub.Signal(bot9.Signal{ChatbotID: shop, ConversationID: talk, Typing: true})
		if len(told) != 3 || !told[2].UserTyping || len(inTalk) != 3 || len(elsewhere) != 0 {
			t.Fatalf("told %+v, of the conversation %d times, elsewhere %d times", told, len(inTalk), len(elsewhere))
		}

		time.Sleep(bot9.TypingTime)
		synctest.Wait()
		if now := hub.In(talk); now.UserTyping || now.AgentTyping().ID != "" || len(now.Agents) != 2 {
			t.Errorf("typing doesn't end by itself: %+v", now)
		}
		hub.Signal(agent("a", false))
		time.Sleep(bot9.PresenceTime - bot9.TypingTime)
		synctest.Wait()
		if now := hub.In(talk); len(now.Agents) != 1 || now.Agents[0].ID != "a" {
			t.Errorf("who is gone doesn't end by itself: %+v", now)
		}
		leaves := agent("a", false)
		leaves.Gone = true
		hub.Signal(leaves)
		if now := hub.In(talk); len(now.Agents) != 0 {
			t.Errorf("who left is there: %+v", now)
		}
		stop()
		before := len(told)
		hub.Signal(agent("a", true))
		if len(told) != before {
			t.Error("told after stop")
		}
		time.Sleep(bot9.PresenceTime)
	})
}

// Two hubs are two nodes.
func TestSignalsReachOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var here, there presence.Hub
		here.Relay = there.Hear
		here.Signal(agent("a", true))
		if there.In(talk).AgentTyping().Name != "Agent a" {
			t.Error("the other node doesn't know who types")
		}
		time.Sleep(bot9.PresenceTime)
	})
}

func TestSignalsOfNothingLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hub presence.Hub
		var told atomic.Int64 // also from the hub's timers
		defer hub.Watch(shop, func(bot9.Presence) { told.Add(1) })()
		hub.Signal(bot9.Signal{ChatbotID: shop, ConversationID: talk})
		leaves := agent("a", false)
		leaves.Gone = true
		hub.Signal(leaves)
		for i := range 60 { // more than may be in one conversation
			hub.Signal(agent(string(rune('A'+i)), false))
		}
		if n := len(hub.In(talk).Agents); n != 50 || told.Load() != 50 {
			t.Errorf("%d are there, told %d times", n, told.Load())
		}
		time.Sleep(bot9.PresenceTime)
	})
}
