package store

import (
	"sync"
	"sync/atomic"

	"github.com/bot9/bot9/internal/bot9"
)

// ownersKept bounds the cache of owners. When it is full, the cache starts over.
const ownersKept = 100_000

// owners caches which account each chatbot and webhook belongs to, and how many deliveries a chatbot's newest event
// had, so that writes take their account's turn. The writer fills it; callers read it. An unknown chatbot or webhook
// takes turns by itself.
type owners struct {
	known sync.Map // by the ID of a chatbot or webhook: *owner
	count atomic.Int64
}

type owner struct {
	account bot9.AccountID
	fanOut  atomic.Int64 // deliveries of the newest event
}

// turnOf returns the account whose turn a write for the chatbot or webhook takes, and the number of deliveries of its
// newest event.
func (o *owners) turnOf(id int64) (turn int64, fanOut int) {
	if known, ok := o.known.Load(id); ok {
		k := known.(*owner)
		return int64(k.account), int(k.fanOut.Load())
	}
	return id, 1
}

func (o *owners) set(id int64, account bot9.AccountID) {
	if o.count.Add(1) > ownersKept {
		o.known.Clear()
		o.count.Store(1)
	}
	o.known.Store(id, &owner{account: account})
}

// setFanout notes how many deliveries an event of the chatbot had.
func (o *owners) setFanout(chatbot bot9.ChatbotID, deliveries int) {
	if known, ok := o.known.Load(int64(chatbot)); ok {
		if k := known.(*owner); k.fanOut.Load() != int64(deliveries) {
			k.fanOut.Store(int64(deliveries))
		}
	}
}

// learn notes whose a chatbot or webhook is.
func (o *owners) learn(id int64, account bot9.AccountID) {
	if _, known := o.known.Load(id); !known {
		o.set(id, account)
	}
}
