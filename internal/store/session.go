package store

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
)

// session runs statements on one connection. The SQL is the same for every database: parameters
// are $1, $2 … in the order of their first use. Arguments are int64, int, string, []byte, bool,
// float64, text or nil; destinations are pointers to the same, where NULL reads as zero.
type session interface {
	exec(sql string, args ...any) (changed int64, err error)
	query(each func(scan scanFunc) error, sql string, args ...any) error
	// ask is query for one of several questions that don't depend on each other: each may see its rows only when
	// answers, or another query, returns. It saves a round trip for each of them.
	ask(each func(scan scanFunc) error, sql string, args ...any) error
	answers() error
	// queue runs a statement whose result isn't needed, before the next exec or query, or the commit. It may fail
	// only then.
	queue(sql string, args ...any) error
	// insert queues a row.
	insert(into *table, args ...any) error
}

// text is a string argument that is at hand as bytes.
type text []byte

type scanFunc func(dest ...any) error

// database is what differs between SQLite and PostgreSQL, in five parts. Each database implements a part in the file
// named beside it; everything else in this package is written once, for both.
type database interface {
	connections // sqlite.go, postgres.go
	lanes       // sqlite_lanes.go, postgres_group.go
	eventLog    // sqlite_lanes.go, postgres_group.go; purgeBefore in retention.go, partitions.go
	locks       // sqlite.go, postgres.go
	searchIndex // sqlite_search.go, postgres_search.go
}

// connections run transactions.
type connections interface {
	// write runs work in one transaction and commits it, durably. It may run work again if the database asks for that.
	write(work func(session) error) error
	// separable tells whether a group that failed with err may be retried write by write: an unknown one of its writes
	// is at fault, not the connection.
	separable(err error) bool
	// read runs work on a connection that sees one committed state.
	read(ctx context.Context, work func(session) error) error
	// replan makes the database plan the rest of this read with the actual arguments (PostgreSQL's custom plans): the
	// right index depends on how many rows have a value.
	replan(r session) error
	// time returns the time that everybody on the database goes by.
	time(r session) (bot9.Time, error)
	// testWrite writes something that changes nothing, to find out whether writing works.
	testWrite(t *tx) error
	// saveSpace makes the database use little disk space from now on, or ends that. Only the writing goroutine calls
	// it, between transactions.
	saveSpace(bool) error
	// connectAll opens the connections that are still missing.
	connectAll(ctx context.Context) error
	close() error
}

// lanes keep the order of deliveries, for a group of writes: prepare, then for each of them insertDelivery, then
// beforeCommit.
type lanes interface {
	// prepare locks and reads what the writes of a group need, before any of them runs.
	prepare(t *tx, writes []*write) error
	// insertDelivery inserts a delivery into the backlog at the end of its lane. The conversation is locked.
	insertDelivery(t *tx, d *bot9.Delivery) error
	// beforeCommit runs last in a transaction.
	beforeCommit(t *tx) error
}

// eventLog stores events, finds those of a conversation, and removes them.
type eventLog interface {
	// insertEvent inserts an event whose deliveries are enqueued.
	insertEvent(t *tx, e *bot9.Event) error
	// eventsOf returns FROM and WHERE that find the conversation's events as e, at least those asked for, and
	// the column of their IDs to bound and to sort them by.
	eventsOf(s *Store, conversation bot9.ConversationID, wanted idRange) (id, from string, args []any)
	// lastSequence is the sequence of conversation c's newest event, as SQL; the tail may have a newer one.
	lastSequence() string
	// purgeBefore removes some of the events, deliveries and attempts with IDs below edge, and sets s.floor to the
	// smallest ID that is kept. It tells whether there is more to remove.
	purgeBefore(ctx context.Context, s *Store, now bot9.Time, edge int64) (more bool, err error)
	// purgeEventsOf removes everything but the rows of a chatbot's oldest events: at least the ones that the slice
	// removes next. It tells whether their rows may be removed yet.
	purgeEventsOf(p *purge, chatbot int64) (ready bool, err error)
}

// locks keep processes on the same database out of each other's way. SQLite, with its one process, needs none.
type locks interface {
	// lock ends a SELECT inside write whose rows of the table must not change until it commits;
	// skipLocked leaves out those that another transaction has locked.
	lock(table string) string
	skipLocked(table string) string
	// lockConversations keeps everybody else from adding to, or finishing in, lanes of these conversations.
	lockConversations(t *tx, ids []bot9.ConversationID) error
	// lockReplay keeps everybody else from advancing or canceling the replay.
	lockReplay(t *tx, id bot9.ReplayID) error
	// lockAccounts keeps everybody else from making the first account.
	lockAccounts(t *tx) error
	// ownerIsGone is a condition: the node whose number is in the column has ended.
	ownerIsGone(column string) string
}

// searchIndex finds texts by the pieces of words in them.
type searchIndex interface {
	// search is read, on connections that only searches use.
	search(ctx context.Context, work func(session) error) error
	// inIDs returns a condition, after a column, that it is one of the IDs; %s stands for the argument.
	inIDs(ids []int64) (sql string, arg any)
	// textsWith returns the IDs of messages and end users whose index has all pieces, most of them at most.
	textsWith(r session, pieces []int64, most int) ([]int64, error)
	// indexText writes the index entries of a message or an end user.
	indexText(t *tx, id int64, pieces []int64) error
	// deleteIndexed begins a DELETE from the index; a condition follows.
	deleteIndexed() string
}

// queryRow reads the first row into dest and tells whether there was one.
func queryRow(s session, sql string, args []any, dest ...any) (found bool, err error) {
	err = s.query(func(scan scanFunc) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	}, sql, args...)
	return found, err
}

func notFound(what string) *bot9.Error {
	return bot9.Errorf(bot9.NotFound, "notFound", "There is no such %s.", what)
}

// nullable turns zero into NULL, as for the conversation and sequence of an event outside a conversation.
func nullable(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}
