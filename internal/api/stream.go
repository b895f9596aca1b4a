package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Live tells when there is something new to read from the log.
type Live interface {
	// Changed returns a channel that is closed when the chatbot's next event is committed. It is taken
	// before reading, so that nothing falls between.
	Changed(chatbot bot9.ChatbotID) <-chan struct{}
	// Watch calls notify after every commit that changed something of the chatbot, until stop is called.
	Watch(chatbot bot9.ChatbotID, notify func(bot9.Topics)) (stop func())
}

const (
	heartbeat     = 15 * time.Second // proxies end connections that are silent for longer
	quickBeat     = 2 * time.Second  // for clients that take changes: they show soon that the server is gone
	recheckAccess = time.Minute      // how soon streams end whose chatbot or role is gone, while key or session lasts
	writeTimeout  = 30 * time.Second // a client that takes nothing for so long is gone
	// reconnectAfter is what clients are told to wait before they come back.
	reconnectAfter = 2 * time.Second
)

func (s *server) registerStream() {
	op := operation("GET", chatbotPath+"events/stream", tagEvents, "streamEvents",
		"Stream events", "Server-sent events, live: `id` is the event's ID, `event` its type, `data` the envelope. A client that "+
			"comes back with `Last-Event-ID` gets all that it missed, in order; without it the stream starts now. "+
			"With `changes=true` there are frames `changed` besides, without an ID and at most one a second: their `topics` are what to read "+
			"again (events, deliveries, webhooks, replays, inbox), since attempts and settings are no events; and frames `presence`: who is in a "+
			"conversation at this moment, and types (Presence), whenever that changes.")
	describeStream(s.registry(), &op)
	registerPlain(s, access{role: bot9.Viewer}, op, s.stream)
}

// stream is one client's place in the log.
type stream struct {
	server  *server
	chatbot bot9.ChatbotID
	chosen  []string        // event types, empty for all
	ended   <-chan struct{} // closed when the caller's key or session is no longer valid
	cursor  bot9.EventID
	changes *changes // nil unless asked for
	present *present // likewise
	out     *eventWriter
}

func (s *server) stream(w http.ResponseWriter, r *http.Request) {
	c := callerFrom(r.Context())
	leave, err := s.streams.enter(fmt.Sprint(c.Kind, c.ID), s.Quotas.Streams)
	if err != nil {
		fail(w, r, err)
		return
	}
	defer leave()
	st := &stream{server: s, chatbot: c.chatbot}
	if err := st.begin(r); err != nil {
		fail(w, r, err)
		return
	}
	st.out = newEventWriter(w)
	defer st.out.end()
	if st.changes != nil {
		defer s.Live.Watch(st.chatbot, st.changes.note)()
		defer s.Presence.Watch(st.chatbot, st.present.note)()
	}
	if st.out.comment("connected") == nil {
		st.run(r)
	}
}

// begin reads where the client wants to start, and which events it wants.
func (st *stream) begin(r *http.Request) error {
	query := r.URL.Query()
	for _, chosen := range strings.Split(strings.Join(query["events"], ","), ",") {
		switch {
		case chosen == "" || chosen == bot9.AllEvents:
		case catalog.ValidSubscription(chosen):
			st.chosen = append(st.chosen, chosen)
		default:
			return unknownEventType("query.events")
		}
	}
	switch query.Get("changes") {
	case "", "false":
	case "true":
		st.changes, st.present = newChanges(), newPresent()
	default:
		return bot9.InvalidField(codeValidation, "query.changes", "It must be true or false.")
	}
	location, last := "header.Last-Event-ID", r.Header.Get("Last-Event-ID")
	if last == "" {
		location, last = "query.lastEventId", query.Get("lastEventId")
	}
	if last == "" {
		return st.beginNow(r.Context())
	}
	var err error
	st.cursor, err = eventCursor(last, location)
	return err
}

// beginNow puts the cursor on the newest event; before the first one every event is new.
func (st *stream) beginNow(ctx context.Context) error {
	st.cursor = 1
	newest, err := st.server.Store.Events(ctx, st.chatbot, bot9.EventFilter{}, bot9.Page{Limit: 1})
	if err == nil && len(newest.Data) > 0 {
		st.cursor = newest.Data[0].ID
	}
	return err
}

// run sends what is after the cursor, then waits for more, until the client, the server or the
// caller's right to listen is gone.
func (st *stream) run(r *http.Request) {
	every := heartbeat
	if st.changes != nil {
		every = quickBeat
	}
	beat := time.NewTicker(every)
	defer beat.Stop()
	recheck := time.NewTicker(recheckAccess)
	defer recheck.Stop()
	var stop func()
	st.ended, stop = st.server.watchAccess(r)
	defer stop()
	for {
		wake := st.server.Live.Changed(st.chatbot)
		more, err := st.send(r.Context())
		if err != nil {
			st.out.fail(r.Context(), err)
			return
		}
		if more {
			wake = closedChannel
		}
		kick, due := st.changes.channels()
		select {
		case <-wake:
		case <-st.ended:
			err = unauthorized()
		case <-kick:
			err = st.tellChanges()
		case <-due:
			err = st.tellChanges()
		case <-st.present.channel():
			err = st.tellPresence()
		case <-beat.C:
			err = st.out.comment("")
		case <-recheck.C:
			_, err = st.server.admit(nil, r, access{role: bot9.Viewer})
		case <-st.server.Stopping:
			return
		case <-r.Context().Done():
			return
		}
		if err != nil && bot9.KindOf(err) != bot9.RateLimited {
			st.out.fail(r.Context(), err)
			return
		}
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// tellChanges sends what has changed, at most once in changesEvery.
func (st *stream) tellChanges() error {
	topics := st.changes.take(time.Now())
	if topics == 0 {
		return nil
	}
	return st.out.send("changed", Changed{Topics: topics.Names()})
}

var closedChannel = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// send writes the next page of the log; more tells whether there may be another.
func (st *stream) send(ctx context.Context) (more bool, err error) {
	page, err := st.server.Store.Events(ctx, st.chatbot, bot9.EventFilter{After: st.cursor}, bot9.Page{Limit: bot9.MaxPage})
	if err != nil || len(page.Data) == 0 {
		return false, err
	}
	for _, event := range page.Data {
		if isClosed(st.ended) {
			return false, unauthorized()
		}
		st.cursor = event.ID
		if st.wants(event.Type) {
			if err := st.out.event(event.ID.String(), event.Type, event.AppendEnvelope(nil)); err != nil {
				return false, err
			}
		}
	}
	return len(page.Data) == bot9.MaxPage, st.out.flush()
}

func (st *stream) wants(event string) bool {
	return len(st.chosen) == 0 || slices.Contains(st.chosen, event) ||
		catalog.IsCustom(event) && slices.Contains(st.chosen, catalog.AllCustom)
}
