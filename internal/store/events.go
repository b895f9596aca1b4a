package store

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// AppendEvents commits events that happened elsewhere, all or none, and returns their IDs in
// order. An event of a conversation gets the conversation's next sequence; one that names a
// conversation of another chatbot fails with an ItemError of Invalid "unknownConversation".
func (s *Store) AppendEvents(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error) {
	return s.appendPlaced(ctx, chatbot, events, needs{}, func(t *tx) ([]bot9.NewEvent, error) {
		return events, t.checkConversations(chatbot, events)
	})
}

// appendPlaced commits the events as place returns them: with the conversations that they belong to.
func (s *Store) appendPlaced(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent, n needs, place func(*tx) ([]bot9.NewEvent, error)) ([]bot9.EventID, error) {
	ids := make([]bot9.EventID, len(events))
	n.chatbot, n.appends, n.weight, n.returns = chatbot, true, len(events), &ids
	for _, event := range events {
		if event.ConversationID != 0 {
			n.conversations = append(n.conversations, event.ConversationID)
		}
	}
	known, err := s.subscribed(ctx, chatbot)
	if err != nil {
		return nil, err
	}
	filtered := s.prefilter(known, chatbot, events)
	err = s.writeWith(ctx, n, withPreloaded(&preloaded{chatbot, known}, func(t *tx) error {
		placed, err := place(t)
		if err != nil {
			return err
		}
		for i, event := range placed {
			sequence := int64(0)
			if event.ConversationID != 0 {
				if sequence, err = t.nextSequence(chatbot, event.ConversationID); err != nil {
					return err
				}
			}
			var f *prefiltered
			if filtered != nil {
				f = filtered[i]
			}
			if ids[i], err = t.appendPrefiltered(chatbot, event, sequence, f); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// checkConversations refuses a batch that names an unknown conversation, before anything of it is written: a write
// that is refused so costs its group nothing.
func (t *tx) checkConversations(chatbot bot9.ChatbotID, events []bot9.NewEvent) error {
	for i, event := range events {
		if event.ConversationID == 0 {
			continue
		}
		sequence, err := t.nextSequence(chatbot, event.ConversationID)
		if err != nil {
			return err
		}
		if sequence == 0 {
			unknown := bot9.InvalidField(codeUnknownConversation, "conversationId", "There is no such conversation.")
			return &bot9.ItemError{Item: i, Err: unknown}
		}
	}
	return nil
}

// nextSequence returns the conversation's next sequence, 0 if the chatbot has no such conversation.
// The newest event tells it, so that an event costs the conversation's row no write.
func (t *tx) nextSequence(chatbot bot9.ChatbotID, conversation bot9.ConversationID) (sequence int64, err error) {
	c, ok := t.store.memory.conversations.get(conversation)
	if !ok && !t.shared() {
		if c, err = t.readConversation(conversation); err != nil {
			return 0, err
		}
	}
	if c.chatbot != chatbot {
		return 0, nil
	}
	return c.sequence + 1, nil
}

// readConversation reads a conversation that is not remembered. Its chatbot is 0 if there is none.
func (t *tx) readConversation(conversation bot9.ConversationID) (c cachedConversation, err error) {
	found, err := queryRow(t, `SELECT c.chatbot_id, `+t.store.db.lastSequence()+` FROM conversations c WHERE c.id = $1`,
		[]any{int64(conversation)}, (*int64)(&c.chatbot), &c.sequence)
	if err != nil || !found {
		return cachedConversation{}, err
	}
	c.sequence = max(c.sequence, t.store.memory.tail.sequence(conversation))
	t.store.memory.conversations.set(conversation, c)
	return c, nil
}

var eventsTable = newTable("events", "id", "chatbot_id", "conversation_id?", "sequence?", "type*", "data*")

// appendEvent writes an event and its deliveries, or a note that they are to be made.
func (t *tx) appendEvent(chatbot bot9.ChatbotID, event bot9.NewEvent, sequence int64) (bot9.EventID, error) {
	return t.appendPrefiltered(chatbot, event, sequence, nil)
}

func (t *tx) appendPrefiltered(chatbot bot9.ChatbotID, event bot9.NewEvent, sequence int64, f *prefiltered) (bot9.EventID, error) {
	e := &bot9.Event{
		ID: bot9.EventID(t.nextID()), ChatbotID: chatbot, ConversationID: event.ConversationID,
		Sequence: sequence, Type: event.Type, Data: event.Data, Hops: event.Hops,
	}
	if e.ID.Time()-t.now > clockSlack {
		e.At = t.now
	}
	if err := t.deliver(e, f); err != nil {
		return 0, err
	}
	if err := t.store.db.insertEvent(t, e); err != nil {
		return 0, err
	}
	if _, ok := t.store.memory.conversations.get(e.ConversationID); ok {
		t.store.memory.conversations.set(e.ConversationID, cachedConversation{chatbot, sequence, e.ID, true})
	}
	t.events++
	t.appended[chatbot] = struct{}{}
	return e.ID, nil
}

func eventRow(e *bot9.Event) []any {
	return []any{int64(e.ID), int64(e.ChatbotID), nullable(int64(e.ConversationID)), nullable(e.Sequence), e.Type, storedData(e)}
}

// clockSlack is how far an ID may be ahead of the time at which it was made, as it is for a moment when many are made
// at once. Beyond it the clock was set back, and the event's own time is kept with it.
const clockSlack = bot9.Time(1000)

// storedData is an event's data with what few events have before it, so that it costs the many nothing: a space for
// every webhook through which it came, and its time, where that isn't its ID's.
func storedData(e *bot9.Event) text {
	if e.Hops == 0 && e.At == 0 {
		return text(e.Data)
	}
	var stored text
	if e.At != 0 {
		stored = append(strconv.AppendInt(append(stored, '@'), int64(e.At), 10), ';')
	}
	stored = append(stored, strings.Repeat(" ", e.Hops)...)
	return append(stored, e.Data...)
}

// takeStored tells an event that was read what storedData has put before its data.
func takeStored(e *bot9.Event) {
	if len(e.Data) > 0 && e.Data[0] == '@' {
		at, data, _ := bytes.Cut(e.Data[1:], []byte{';'})
		moment, _ := strconv.ParseInt(string(at), 10, 64) // as it was written
		e.At, e.Data = bot9.Time(moment), data
	}
	for len(e.Data) > 0 && e.Data[0] == ' ' {
		e.Data = e.Data[1:]
		e.Hops++
	}
}

// emit appends an event outside any conversation.
func (t *tx) emit(chatbot bot9.ChatbotID, event bot9.NewEvent) error {
	_, err := t.appendEvent(chatbot, event, 0)
	return err
}

// Event returns one event of the chatbot.
func (s *Store) Event(ctx context.Context, chatbot bot9.ChatbotID, id bot9.EventID) (*bot9.Event, error) {
	var event *bot9.Event
	err := s.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) (err error) {
			event, err = scanEvent(scan)
			return err
		}, `SELECT `+eventColumns+` FROM events e WHERE e.id = $1 AND e.chatbot_id = $2`, int64(id), int64(chatbot))
	})
	if err != nil {
		return nil, err
	}
	if event == nil {
		return nil, notFound("event")
	}
	return event, nil
}

// Events lists events of the chatbot, newest first; with filter.After those that were committed
// after it, oldest first, without a gap.
func (s *Store) Events(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.EventFilter, page bot9.Page) (bot9.List[*bot9.Event], error) {
	forward, wanted := filter.After != 0, wantedOf(filter, page)
	conversations := slices.Compact(slices.Sorted(slices.Values(filter.Conversation)))
	newest := s.memory.tail.newest() // before the tail is asked for each of several conversations, while it grows
	if len(conversations) == 0 {
		conversations = []bot9.ConversationID{0}
	}
	var parts []listQuery
	for _, conversation := range conversations {
		q, id := s.queryEvents(chatbot, conversation, wanted)
		q.andType(`e.type`, filter.Type...)
		q.andTimes(id, filter.Since, filter.Until)
		if forward {
			q.and(id+` > %s`, int64(filter.After))
		}
		if forward && len(conversations) > 1 && s.peers == nil {
			q.and(id+` <= %s`, int64(newest))
		}
		parts = append(parts, listQuery{q, id})
	}
	reading := s.read
	if len(filter.Type) > 0 {
		reading = s.scan
	}
	read := func() (bot9.List[*bot9.Event], error) {
		return listParts(ctx, reading, s.db, parts, forward, page, scanEvent, func(e *bot9.Event) int64 { return int64(e.ID) })
	}
	if forward && s.peers != nil && s.peers.db.ownTime {
		return s.withoutGaps(ctx, chatbot, read)
	}
	return read()
}

// idRange is a part of a list by its IDs. The zero value is all of it. Only who has read nothing yet in its
// transaction may ask for a number of them: in an older state the newest ones are not there.
type idRange struct {
	after, before int64 // 0 = no bound
	forward       bool  // the first ones are asked for, else the last
	most          int   // 0 = all
}

// wantedOf is what a page of a list of events needs at most: all, where a type or a time is asked for.
func wantedOf(filter bot9.EventFilter, page bot9.Page) idRange {
	limit, cursor, err := readPage(page)
	if err != nil || len(filter.Type) > 0 || filter.Since != 0 || filter.Until != 0 {
		return idRange{}
	}
	if filter.After != 0 {
		return idRange{after: max(int64(filter.After), cursor), forward: true, most: limit + 1}
	}
	return idRange{before: cursor, most: limit + 1}
}

// queryEvents begins a SELECT of events of the chatbot, or of one of its conversations. It returns the column of
// their IDs too, by which to bound and to sort them. The caller bounds them: wanted is only what it needs at most.
func (s *Store) queryEvents(chatbot bot9.ChatbotID, conversation bot9.ConversationID, wanted idRange) (q *query, id string) {
	if conversation == 0 {
		return newQuery(`SELECT `+eventColumns+` FROM events e WHERE e.chatbot_id = %s`, int64(chatbot)), `e.id`
	}
	id, from, args := s.db.eventsOf(s, conversation, wanted)
	q = newQuery(`SELECT `+id+eventsRest+from, args...)
	q.and(`+e.chatbot_id = %s`, int64(chatbot)) // the conversation has the better index
	return q, id
}

// withoutGaps leaves out events before which another process may still commit others with smaller IDs,
// and makes readers that wait for events look again soon.
func (s *Store) withoutGaps(ctx context.Context, chatbot bot9.ChatbotID, read func() (bot9.List[*bot9.Event], error)) (bot9.List[*bot9.Event], error) {
	horizon, err := s.peers.db.horizon(ctx) // before reading: what comes in between is behind it
	if err != nil {
		return bot9.List[*bot9.Event]{}, s.storeError(err)
	}
	found, err := read()
	if err != nil {
		return found, err
	}
	for i, e := range found.Data {
		if int64(e.ID) >= horizon {
			time.AfterFunc(lookAgain, func() { s.changes.notify(map[bot9.ChatbotID]struct{}{chatbot: {}}) })
			return bot9.List[*bot9.Event]{Data: found.Data[:i]}, nil
		}
	}
	return found, nil
}

// lookAgain is how long it usually takes until all events with smaller IDs are committed.
const lookAgain = 3 * time.Millisecond

const eventColumns = `e.id` + eventsRest

const eventsRest = `, e.chatbot_id, e.conversation_id, e.sequence, e.type, e.data`

// eventHead is an event without its data, which may be large.
const eventHead = `e.id, e.chatbot_id, e.conversation_id, e.sequence, e.type, CAST('' AS TEXT)`

func scanEvent(scan scanFunc) (*bot9.Event, error) {
	e := &bot9.Event{}
	err := scan((*int64)(&e.ID), (*int64)(&e.ChatbotID), (*int64)(&e.ConversationID), &e.Sequence, &e.Type, (*[]byte)(&e.Data))
	takeStored(e)
	return e, err
}

// query is a SELECT that grows by conditions.
type query struct {
	sql  string
	args []any
}

func newQuery(sql string, args ...any) *query {
	q := &query{}
	q.add(sql, args...)
	return q
}

// add appends sql. Each %s in it stands for one of args.
func (q *query) add(sql string, args ...any) {
	places := make([]any, len(args))
	for i := range args {
		places[i] = "$" + strconv.Itoa(len(q.args)+i+1)
	}
	q.sql += fmt.Sprintf(sql, places...)
	q.args = append(q.args, args...)
}

func (q *query) and(condition string, args ...any) { q.add(" AND "+condition, args...) }

// oneOf restricts a column to these values, if there are any.
func oneOf[T ~string](q *query, column string, values []T) {
	switch len(values) {
	case 0:
	case 1:
		q.and(column+` = %s`, string(values[0]))
	default:
		args := make([]any, len(values))
		for i, value := range values {
			args[i] = string(value)
		}
		q.and(column+` IN (%s`+strings.Repeat(`, %s`, len(args)-1)+`)`, args...)
	}
}

// andType restricts event types to these. Custom types, which catalog.AllCustom stands for, begin with "custom.".
func (q *query) andType(column string, types ...string) {
	if !slices.Contains(types, catalog.AllCustom) {
		oneOf(q, column, types)
		return
	}
	const prefix = `(substr(%s, 1, 7) = 'custom.'`
	q.sql += ` AND ` + fmt.Sprintf(prefix, column)
	for _, one := range types {
		if one != catalog.AllCustom {
			q.add(` OR `+column+` = %s`, one)
		}
	}
	q.sql += `)`
}

// andTimes restricts IDs to those made in [since, until).
func (q *query) andTimes(column string, since, until bot9.Time) {
	if since != 0 {
		q.and(column+` >= %s`, bot9.FirstIDAt(since))
	}
	if until != 0 {
		q.and(column+` < %s`, bot9.FirstIDAt(until))
	}
}

// list runs q as one page ordered by the ID column, and makes the cursor of the next.
func list[T any](ctx context.Context, s *Store, q *query, column string, forward bool, page bot9.Page,
	scanRow func(scanFunc) (T, error), idOf func(T) int64,
) (bot9.List[T], error) {
	return listParts(ctx, s.read, s.db, []listQuery{{q, column}}, forward, page, scanRow, idOf)
}

// reading is how a list is read: as everything is, or apart from it.
type reading = func(context.Context, func(session) error) error

// listQuery is a SELECT of a list, and the column of IDs by which to bound and to sort it.
type listQuery struct {
	*query
	column string
}

// listParts is list for what several queries find together, in one state of the database. No two of them find the same.
func listParts[T any](ctx context.Context, read reading, db database, parts []listQuery, forward bool, page bot9.Page,
	scanRow func(scanFunc) (T, error), idOf func(T) int64,
) (bot9.List[T], error) {
	limit, cursor, err := readPage(page)
	if err != nil {
		return bot9.List[T]{}, err
	}
	direction, comparison, sign := " DESC", ` < %s`, -1
	if forward {
		direction, comparison, sign = "", ` > %s`, 1
	}
	for _, q := range parts {
		if cursor != 0 {
			q.and(q.column+comparison, cursor)
		}
		q.add(` ORDER BY `+q.column+direction+` LIMIT %s`, limit+1)
	}
	rows := make([]T, 0, min(limit+1, 64))
	err = read(ctx, func(r session) error {
		rows = rows[:0]
		if err := db.replan(r); err != nil {
			return err
		}
		for _, q := range parts {
			err := r.query(func(scan scanFunc) error {
				row, err := scanRow(scan)
				rows = append(rows, row)
				return err
			}, q.sql, q.args...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return bot9.List[T]{}, err
	}
	if len(parts) > 1 {
		slices.SortFunc(rows, func(a, b T) int { return sign * cmp.Compare(idOf(a), idOf(b)) })
	}
	return cutPage(rows, limit, idOf), nil
}

// readPage returns a page's limit and the ID that it begins after, 0 for the first page.
func readPage(page bot9.Page) (limit int, cursor int64, err error) {
	limit = page.Limit
	if limit == 0 {
		limit = bot9.DefaultPage
	}
	if limit < 1 || limit > bot9.MaxPage {
		return 0, 0, bot9.InvalidField("invalidLimit", "query.limit", "The limit must be 1 to %d.", bot9.MaxPage)
	}
	if page.Cursor == "" {
		return limit, 0, nil
	}
	cursor, ok := bot9.CursorID(page.Cursor)
	if !ok || cursor <= 0 {
		return 0, 0, bot9.InvalidField("invalidCursor", "query.cursor", "The cursor must be a nextCursor of the same list.")
	}
	return limit, cursor, nil
}

// cutPage makes a page of rows; there may be one row more than asked for.
func cutPage[T any](rows []T, limit int, idOf func(T) int64) bot9.List[T] {
	page := bot9.List[T]{Data: rows}
	if len(rows) > limit {
		page.Data = rows[:limit]
		next := bot9.CursorAfter(idOf(rows[limit-1]))
		page.NextCursor = &next
	}
	return page
}
