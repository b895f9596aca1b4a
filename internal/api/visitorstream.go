package api

import (
	"context"
	"net/http"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func (s *server) registerVisitorStream() {
	op := operation("GET", widgetPath+"stream", tagWidget, "streamAsVisitor",
		"Stream the visitor's conversation", "Server-sent events: `message` (a message), `delta` (a part of a reply: `{replyId, text}`), `status` "+
			"(who answers), `typing`, `failed` (no reply could be made to a message), `expired` (renew the session). Those with an `id` are resumed "+
			"after it by `Last-Event-ID`, without a gap or a double; without it the stream starts now.")
	describeVisitorStream(s.registry(), &op)
	registerPlain(s, access{widget: byToken}, op, s.visitorStream)
}

// visitorStream is one browser's view of its visitor's conversations.
type visitorStream struct {
	server  *server
	visitor bot9.Visitor
	updates <-chan bot9.VisitorUpdate
	cursor  bot9.EventID // nothing up to it is sent any more
	out     *eventWriter
	expires *time.Timer

	watched bot9.ConversationID // whose agents' typing is told
	present chan bot9.Presence  // the newest state that wasn't told yet
	typing  map[string]string   // names of the agents who type, by ID, as it was told last
	unwatch func()
}

func (s *server) visitorStream(w http.ResponseWriter, r *http.Request) {
	c := callerFrom(r.Context())
	st := &visitorStream{server: s}
	leave, err := st.begin(r, c)
	if err != nil {
		fail(w, r, err)
		return
	}
	defer leave()
	defer st.expires.Stop()
	st.watch(st.visitor.ConversationID)
	defer func() { st.unwatch() }()
	st.out = newEventWriter(w)
	defer st.out.end()
	if st.out.comment("connected") == nil {
		st.run(r)
	}
}

func (st *visitorStream) begin(r *http.Request, c *caller) (leave func(), err error) {
	s := st.server
	last := r.Header.Get("Last-Event-ID")
	if last != "" {
		if st.cursor, err = eventCursor(last, "header.Last-Event-ID"); err != nil {
			return nil, err
		}
	}
	if st.visitor, err = s.talker(r.Context(), c); err != nil {
		return nil, err
	}
	st.expires = time.NewTimer(time.Until(c.expires.Std()))
	st.updates, leave, err = s.Visitors.Open(r.Context(), st.visitor)
	if err != nil {
		st.expires.Stop()
		return nil, err
	}
	if last == "" {
		return leave, nil
	}
	// The first conversation may have been opened between the look at the visitor and Open, by another tab.
	if st.visitor, err = s.talker(r.Context(), c); err != nil {
		st.expires.Stop()
		leave()
	}
	return leave, err
}

// run sends what was missed, then what comes, until the client, the server or the token is gone.
func (st *visitorStream) run(r *http.Request) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	recheck := time.NewTicker(recheckAccess)
	defer recheck.Stop()
	if err := st.missed(r.Context()); err != nil {
		st.out.fail(r.Context(), err)
		return
	}
	for {
		var err error
		select {
		case update, ok := <-st.updates:
			if !ok {
				return // too far behind: the client comes back for the rest
			}
			err = st.sendAll(update)
		case state := <-st.present:
			err = st.tellTyping(state)
		case <-st.expires.C:
			_ = st.out.send("expired", struct{}{}) // an error means that the client is gone
			return
		case <-beat.C:
			err = st.out.comment("")
		case <-recheck.C:
			err = st.recheck(r)
		case <-st.server.Stopping:
			return
		case <-r.Context().Done():
			return
		}
		if err != nil {
			st.out.fail(r.Context(), err)
			return
		}
	}
}

// recheck ends streams whose widget was switched off, or whose page may not embed it any more.
func (st *visitorStream) recheck(r *http.Request) error {
	c := &caller{chatbot: st.visitor.ChatbotID}
	c.Address = st.server.ClientIP(r)
	if err := st.server.admitPage(discard{}, r, c); err != nil {
		return err
	}
	if blocksUser(c.widget, st.visitor.EndUserID) {
		return blocked()
	}
	return nil
}

// discard takes headers that are no longer of use.
type discard struct{ http.ResponseWriter }

// Header implements http.ResponseWriter.
func (discard) Header() http.Header { return http.Header{} }

// missed sends what happened after the cursor in the visitor's conversation.
func (st *visitorStream) missed(ctx context.Context) error {
	for st.cursor != 0 && st.visitor.ConversationID != 0 {
		page, err := st.server.Store.Events(ctx, st.visitor.ChatbotID,
			bot9.EventFilter{Conversation: []bot9.ConversationID{st.visitor.ConversationID}, After: st.cursor}, bot9.Page{Limit: bot9.MaxPage})
		if err != nil {
			return err
		}
		for _, event := range page.Data {
			updates, err := st.server.Visitors.UpdatesOf(ctx, event)
			if err != nil {
				return err
			}
			for _, update := range updates {
				if err := st.send(update); err != nil {
					return err
				}
			}
			st.cursor = event.ID
		}
		if len(page.Data) < bot9.MaxPage {
			break
		}
	}
	return st.out.flush()
}

// sendAll sends an update, and what else is there already, at once.
func (st *visitorStream) sendAll(update bot9.VisitorUpdate) error {
	for {
		if err := st.send(update); err != nil {
			return err
		}
		var ok bool
		select {
		case update, ok = <-st.updates:
			if ok {
				continue
			}
		default:
		}
		return st.out.flush()
	}
}

// send writes an update, unless it was sent before. Parts of a reply that was sent before are left out with it.
func (st *visitorStream) send(update bot9.VisitorUpdate) error {
	id := ""
	if m := update.Message; m != nil && m.ConversationID != st.watched {
		st.watch(m.ConversationID)
	}
	if update.Before != 0 && update.Before <= st.cursor {
		return nil
	}
	if update.ID != 0 {
		if update.ID <= st.cursor {
			return nil
		}
		st.cursor, id = update.ID, update.ID.String()
	}
	return st.out.event(id, update.Name, update.Data)
}

// watch has the stream tell who types in the conversation, and no longer in the one before.
func (st *visitorStream) watch(conversation bot9.ConversationID) {
	if st.unwatch != nil {
		st.unwatch()
	}
	st.watched, st.typing, st.present, st.unwatch = conversation, map[string]string{}, make(chan bot9.Presence, 1), func() {}
	if conversation == 0 {
		return
	}
	present := st.present
	st.unwatch = st.server.Presence.WatchConversation(conversation, func(state bot9.Presence) {
		for { // the newest state takes the place of one that wasn't told
			select {
			case present <- state:
				return
			default:
			}
			select {
			case <-present:
			default:
			}
		}
	})
}

// tellTyping tells which agents have begun to type, and which have stopped.
func (st *visitorStream) tellTyping(state bot9.Presence) error {
	now := map[string]string{}
	for _, agent := range state.Agents {
		if agent.Typing {
			now[agent.ID] = agent.Name
		}
	}
	for id, name := range st.typing {
		if _, still := now[id]; !still {
			if err := st.sendTyping(name, false); err != nil {
				return err
			}
		}
	}
	for id, name := range now {
		if _, already := st.typing[id]; !already {
			if err := st.sendTyping(name, true); err != nil {
				return err
			}
		}
	}
	st.typing = now
	return nil
}

func (st *visitorStream) sendTyping(name string, typing bool) error {
	return st.out.send("typing", VisitorSeesTyping{ConversationID: st.watched, By: bot9.SpeakerAgent, Name: name, Typing: typing})
}

// VisitorSeesTyping tells that an agent is typing, or has stopped.
type VisitorSeesTyping struct {
	ConversationID bot9.ConversationID `json:"conversationId" doc:"The conversation"`
	By             bot9.Speaker        `json:"by" enum:"humanagent" doc:"Who types"`
	Name           string              `json:"name" doc:"The agent's name" example:"Grace Hopper"`
	Typing         bool                `json:"typing" doc:"Whether they type, or have stopped"`
}
