// Package presence knows who is in which conversation at this moment: who types, and which members have it open.
// It is memory only. What nobody repeats ends by itself, so that a browser that is gone leaves nothing behind.
package presence

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// Bounds of the memory. A signal beyond them is dropped.
const (
	maxRooms  = 100_000 // conversations with somebody present
	maxInRoom = 50      // members in one
)

// Hub knows who is where. The zero value is ready. It is safe for concurrent use.
type Hub struct {
	// Relay hands signals to the other nodes, which call Hear with them; nil where there are none. It returns at once.
	Relay func(bot9.Signal)

	mu       sync.Mutex
	rooms    map[bot9.ConversationID]*room
	next     int
	watchers map[int]func(bot9.Presence)
	byBot    map[bot9.ChatbotID]map[int]struct{}
	byRoom   map[bot9.ConversationID]map[int]struct{}
}

// room is a conversation with somebody present.
type room struct {
	chatbot    bot9.ChatbotID
	userTyping time.Time // until when
	agents     map[string]*agent
	timer      *time.Timer // fires when the next presence ends
}

type agent struct {
	name   string
	here   time.Time // until when
	typing time.Time // until when; zero if not
}

// Signal notes what somebody does, and tells everybody who watches, on all nodes.
func (h *Hub) Signal(s bot9.Signal) {
	h.Hear(s)
	if h.Relay != nil {
		h.Relay(s)
	}
}

// Hear notes what somebody does on another node.
func (h *Hub) Hear(s bot9.Signal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.room(s)
	if r == nil {
		return
	}
	before := r.presence(s.ConversationID)
	r.note(s, time.Now())
	h.settle(s.ConversationID, r, before)
}

// In returns who is in a conversation.
func (h *Hub) In(conversation bot9.ConversationID) bot9.Presence {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r, ok := h.rooms[conversation]; ok {
		return r.presence(conversation)
	}
	return bot9.Presence{ConversationID: conversation, Agents: []bot9.PresentAgent{}}
}

// Watch calls notify whenever who is in one of the chatbot's conversations changes, until stop is called. notify must
// return at once and must not call the Hub.
func (h *Hub) Watch(chatbot bot9.ChatbotID, notify func(bot9.Presence)) (stop func()) {
	return watch(h, func() *map[bot9.ChatbotID]map[int]struct{} { return &h.byBot }, chatbot, notify)
}

// WatchConversation is Watch for one conversation.
func (h *Hub) WatchConversation(conversation bot9.ConversationID, notify func(bot9.Presence)) (stop func()) {
	return watch(h, func() *map[bot9.ConversationID]map[int]struct{} { return &h.byRoom }, conversation, notify)
}

func watch[K comparable](h *Hub, index func() *map[K]map[int]struct{}, key K, notify func(bot9.Presence)) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers == nil {
		h.watchers = map[int]func(bot9.Presence){}
	}
	by := index()
	if *by == nil {
		*by = map[K]map[int]struct{}{}
	}
	if (*by)[key] == nil {
		(*by)[key] = map[int]struct{}{}
	}
	h.next++
	number := h.next
	h.watchers[number] = notify
	(*by)[key][number] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers, number)
		delete((*by)[key], number)
		if len((*by)[key]) == 0 {
			delete(*by, key)
		}
	}
}

// room finds the room of a signal, or makes one; nil if there are too many, or if the signal ends what isn't there.
func (h *Hub) room(s bot9.Signal) *room {
	if r, ok := h.rooms[s.ConversationID]; ok {
		return r
	}
	if len(h.rooms) >= maxRooms || s.Gone || s.AgentID == "" && !s.Typing {
		return nil
	}
	if h.rooms == nil {
		h.rooms = map[bot9.ConversationID]*room{}
	}
	r := &room{chatbot: s.ChatbotID, agents: map[string]*agent{}}
	h.rooms[s.ConversationID] = r
	return r
}

// settle removes what has ended, tells of a change, and sees to it that what ends next does.
func (h *Hub) settle(conversation bot9.ConversationID, r *room, before bot9.Presence) {
	now := time.Now()
	ends := r.expire(now)
	if after := r.presence(conversation); !same(before, after) {
		for number := range h.byBot[r.chatbot] {
			h.watchers[number](after)
		}
		for number := range h.byRoom[conversation] {
			h.watchers[number](after)
		}
	}
	switch {
	case ends.IsZero():
		if r.timer != nil {
			r.timer.Stop()
		}
		delete(h.rooms, conversation)
	case r.timer == nil:
		r.timer = time.AfterFunc(ends.Sub(now), func() { h.end(conversation, r) })
	default:
		r.timer.Reset(ends.Sub(now))
	}
}

func (h *Hub) end(conversation bot9.ConversationID, r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[conversation] == r {
		h.settle(conversation, r, r.presence(conversation))
	}
}

func (r *room) note(s bot9.Signal, now time.Time) {
	if s.AgentID == "" {
		r.userTyping = typingUntil(s.Typing, now)
		return
	}
	if s.Gone {
		delete(r.agents, s.AgentID)
		return
	}
	a := r.agents[s.AgentID]
	if a == nil {
		if len(r.agents) >= maxInRoom {
			return
		}
		a = &agent{}
		r.agents[s.AgentID] = a
	}
	a.name, a.here, a.typing = s.AgentName, now.Add(bot9.PresenceTime), typingUntil(s.Typing, now)
}

func typingUntil(typing bool, now time.Time) time.Time {
	if !typing {
		return time.Time{}
	}
	return now.Add(bot9.TypingTime)
}

// expire removes what has ended, and returns when the next thing ends, zero if nobody is left.
func (r *room) expire(now time.Time) (next time.Time) {
	earliest := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	ended := func(t *time.Time) bool {
		if !t.After(now) {
			*t = time.Time{}
		}
		earliest(*t)
		return t.IsZero()
	}
	ended(&r.userTyping)
	for id, a := range r.agents {
		if ended(&a.here) {
			delete(r.agents, id)
			continue
		}
		ended(&a.typing)
	}
	return next
}

func (r *room) presence(conversation bot9.ConversationID) bot9.Presence {
	p := bot9.Presence{ChatbotID: r.chatbot, ConversationID: conversation, UserTyping: !r.userTyping.IsZero(), Agents: []bot9.PresentAgent{}}
	for id, a := range r.agents {
		p.Agents = append(p.Agents, bot9.PresentAgent{ID: id, Name: a.name, Typing: !a.typing.IsZero()})
	}
	slices.SortFunc(p.Agents, func(a, b bot9.PresentAgent) int { return strings.Compare(a.ID, b.ID) })
	return p
}

func same(a, b bot9.Presence) bool {
	return a.UserTyping == b.UserTyping && slices.Equal(a.Agents, b.Agents)
}
