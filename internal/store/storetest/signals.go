package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func signalsOfSeveral(t *testing.T, n *nodes) {
	here, there := n.stores[0], n.open(newRecorder())
	heard, own := make(chan bot9.Signal, 100), make(chan bot9.Signal, 100)
	there.AttachSignals(func(s bot9.Signal) { heard <- s })
	here.AttachSignals(func(s bot9.Signal) { own <- s })
	signal := bot9.Signal{ChatbotID: n.chatbot, ConversationID: n.conversation(here), AgentID: "mem_1", AgentName: "Grace \"!\" Hopper", Typing: true}
	deadline := time.After(30 * time.Second)
	for {
		here.RelaySignal(signal) // until both have found each other, what is relayed is lost
		select {
		case got := <-heard:
			want(t, "signal", got, signal)
			select {
			case back := <-own:
				t.Errorf("a process hears its own signal %+v", back)
			default:
			}
			return
		case <-time.After(50 * time.Millisecond):
		case <-deadline:
			t.Fatal("the other process heard nothing")
		}
	}
}
