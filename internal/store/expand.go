package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store/group"
)

// What one turn of an account does at most.
const (
	eventsPerTurn     = 32
	deliveriesPerTurn = 64
	timePerTurn       = 20 * time.Millisecond // for filters, beside the one that runs when it ends
)

// maxExpandPause is the most that the expander rests after a round. It rests as long as the round took, so that
// the writer has as much time for everybody else.
const maxExpandPause = 50 * time.Millisecond

// When notes are looked for that nobody has told of: those of a process that died, or after a failure.
const (
	expandAgain = 5 * time.Second
	expandRetry = time.Second
)

// pendingExpansion is an event whose deliveries are still to be made.
type pendingExpansion struct {
	event       bot9.EventID
	cursor      bot9.WebhookID // the last webhook that was looked at
	*bot9.Event                // nil if it is gone
}

// expandInBackground makes the deliveries of noted events until the store is closed.
func (s *Store) expandInBackground() {
	defer s.expanding.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		begun := time.Now()
		more, err := s.Expand(ctx)
		switch {
		case err != nil:
			s.log.Warn("the deliveries of noted events could not be made", "error", err)
			s.restExpanding(expandRetry, nil)
		case more:
			s.restExpanding(min(time.Since(begun), maxExpandPause), nil)
		case s.peers != nil:
			s.restExpanding(expandAgain, s.expansionsAdded)
		default:
			s.restExpanding(0, s.expansionsAdded)
		}
		select {
		case <-s.closing:
			return
		default:
		}
	}
}

// restExpanding waits for the time, for as long as it takes if that is 0 and somebody may wake it.
func (s *Store) restExpanding(d time.Duration, woken <-chan struct{}) {
	var over <-chan time.Time
	if d > 0 || woken == nil {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-woken:
	case <-over:
	case <-s.closing:
	}
}

// signalExpander wakes who expands.
func (s *Store) signalExpander(t *tx) {
	if t.deferred {
		s.wakeExpander()
	}
}

func (s *Store) wakeExpander() {
	select {
	case s.expansionsAdded <- struct{}{}:
	default:
	}
}

// Expand gives each account with noted events a turn. In a turn, filters are evaluated and deliveries made.
// It tells whether there may be more. Of several nodes on the database each has accounts of its own, so that no
// two do the same work; should they do so for a moment, one of them finds its turn stale.
func (s *Store) Expand(ctx context.Context) (more bool, err error) {
	s.expandMu.Lock()
	defer s.expandMu.Unlock()
	account := bot9.AccountID(0)
	for {
		chatbot := bot9.ChatbotID(0)
		account, chatbot, err = s.nextExpansion(ctx, account)
		if err != nil || account == 0 {
			return more, err
		}
		if !s.peers.does(int64(account)) {
			continue
		}
		more = true
		if err := s.expandTurn(ctx, account, chatbot); err != nil && !errors.Is(err, errStaleTurn) {
			return more, err
		}
	}
}

// nextExpansion returns the next account with notes, and the chatbot of it whose turn it is; 0 after the last.
func (s *Store) nextExpansion(ctx context.Context, after bot9.AccountID) (account bot9.AccountID, chatbot bot9.ChatbotID, err error) {
	err = s.read(ctx, func(r session) error {
		found, err := queryRow(r, `SELECT account_id FROM expansions WHERE account_id > $1 ORDER BY account_id LIMIT 1`, []any{int64(after)}, (*int64)(&account))
		if err != nil || !found {
			account = 0
			clear(s.lastTurns)
			return err
		}
		const next = `SELECT chatbot_id FROM expansions WHERE account_id = $1 AND chatbot_id > $2 ORDER BY chatbot_id LIMIT 1`
		found, err = queryRow(r, next, []any{int64(account), int64(s.lastTurns[account])}, (*int64)(&chatbot))
		if err == nil && !found {
			_, err = queryRow(r, next, []any{int64(account), 0}, (*int64)(&chatbot))
		}
		return err
	})
	if account != 0 {
		s.lastTurns[account] = chatbot
	}
	return account, chatbot, err
}

// errStaleTurn is for a turn whose notes or webhooks changed while filters were evaluated. Nothing of it
// counts, and the next one sees them as they are.
var errStaleTurn = errors.New("store: what was noted, or the webhooks, have changed")

// expanded is what becomes of one note in a turn.
type expanded struct {
	pendingExpansion
	wanted []*bot9.Webhook
	done   bool           // all webhooks were looked at
	looked bot9.WebhookID // the last that was, if not
}

// expansionTurn is what one account does at once.
type expansionTurn struct {
	account bot9.AccountID
	chatbot bot9.ChatbotID
	known   subscriptions
	events  []expanded
	faults  map[bot9.WebhookID]bot9.FilterErrors
}

func (s *Store) expandTurn(ctx context.Context, account bot9.AccountID, chatbot bot9.ChatbotID) error {
	t := &expansionTurn{account: account, chatbot: chatbot, faults: map[bot9.WebhookID]bot9.FilterErrors{}}
	notes, err := s.readExpansions(ctx, account, chatbot)
	if err != nil {
		return err
	}
	if t.known, err = s.subscribed(ctx, chatbot); err != nil {
		return err
	}
	s.evaluate(t, notes)
	n := needs{kind: group.Expansion, account: account, chatbot: chatbot, appends: true}
	for _, e := range t.events {
		n.weight += 1 + len(e.wanted)
		if e.Event != nil && e.ConversationID != 0 {
			n.conversations = append(n.conversations, e.ConversationID)
		}
	}
	return s.writeUnnamed(ctx, n, withPreloaded(&preloaded{chatbot, t.known}, t.commit))
}

// readExpansions returns the chatbot's first notes with their events.
func (s *Store) readExpansions(ctx context.Context, account bot9.AccountID, chatbot bot9.ChatbotID) (notes []pendingExpansion, err error) {
	err = s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			n, e := pendingExpansion{}, &bot9.Event{}
			err := scan((*int64)(&n.event), (*int64)(&n.cursor), (*int64)(&e.ID), (*int64)(&e.ChatbotID), (*int64)(&e.ConversationID), &e.Sequence, &e.Type, (*[]byte)(&e.Data))
			if takeStored(e); e.ID != 0 {
				n.Event = e
			}
			notes = append(notes, n)
			return err
		}, `SELECT x.event_id, x.cursor, `+eventColumns+` FROM expansions x LEFT JOIN events e ON e.id = x.event_id
			WHERE x.account_id = $1 AND x.chatbot_id = $2 ORDER BY x.event_id LIMIT $3`, int64(account), int64(chatbot), eventsPerTurn)
	})
	return notes, err
}

// evaluate looks at the webhooks of the notes, one note after the other, until the turn is over.
func (s *Store) evaluate(t *expansionTurn, notes []pendingExpansion) {
	until, made := time.Now().Add(timePerTurn), 0
	for _, n := range notes {
		d := expanded{pendingExpansion: n, done: true}
		if n.Event != nil {
			d.looked = n.cursor
			filter := eventFilter{filters: s.filters, event: n.Event, faults: t.faults}
			for _, w := range t.known.every.Match(n.Type) {
				if w.ID <= n.cursor || !waitedFor(w, n.Event) {
					continue
				}
				if made >= deliveriesPerTurn || time.Now().After(until) {
					d.done = false
					break
				}
				if filter.passes(w) {
					d.wanted = append(d.wanted, w)
					made++
				}
				d.looked = w.ID
			}
		}
		if t.events = append(t.events, d); !d.done {
			return
		}
	}
}

// waitedFor tells whether the webhook was there, and enabled, when the event was committed. One that was
// disabled since holds the delivery; one that was disabled then doesn't get it, though it is enabled by now.
func waitedFor(w *bot9.Webhook, e *bot9.Event) bool {
	for _, p := range w.Pauses {
		if e.CreatedAt() > p.From && e.ID < p.Until {
			return false
		}
	}
	return int64(w.ID) < int64(e.ID) && (w.Status == bot9.WebhookEnabled || w.DisabledAt >= e.CreatedAt())
}

// commit makes the turn's deliveries, if the notes and the webhooks are still those that it saw.
func (d *expansionTurn) commit(t *tx) error {
	known, err := t.subscribed(d.chatbot)
	if err != nil {
		return err
	}
	var first []pendingExpansion
	err = t.query(func(scan scanFunc) error {
		n := pendingExpansion{}
		err := scan((*int64)(&n.event), (*int64)(&n.cursor))
		first = append(first, n)
		return err
	}, `SELECT x.event_id, x.cursor FROM expansions x WHERE x.account_id = $1 AND x.chatbot_id = $2 ORDER BY x.event_id LIMIT $3`+t.store.db.lock("x"),
		int64(d.account), int64(d.chatbot), len(d.events))
	if err != nil {
		return err
	}
	same := slices.EqualFunc(first, d.events, func(a pendingExpansion, b expanded) bool { return a.event == b.event && a.cursor == b.cursor })
	if !same || known.Subscriptions != d.known.Subscriptions {
		return callerError{errStaleTurn}
	}
	t.expands = true
	defer func() { t.expands = false }()
	for _, e := range d.events {
		for _, w := range e.wanted {
			if err := t.enqueue(w, e.Event, 0); err != nil {
				return err
			}
		}
		if err := t.advanceExpansion(d, e); err != nil {
			return err
		}
	}
	for id, found := range d.faults {
		t.faults[id] = found
	}
	t.store.memory.expanding.remove(d.chatbot)
	return nil
}

// advanceExpansion removes a note that is done, or writes how far it has come.
func (t *tx) advanceExpansion(d *expansionTurn, e expanded) (err error) {
	if e.done {
		return t.queue(`DELETE FROM expansions WHERE account_id = $1 AND chatbot_id = $2 AND event_id = $3`, int64(d.account), int64(d.chatbot), int64(e.event))
	}
	return t.queue(`UPDATE expansions SET cursor = $1 WHERE account_id = $2 AND chatbot_id = $3 AND event_id = $4`,
		int64(e.looked), int64(d.account), int64(d.chatbot), int64(e.event))
}
