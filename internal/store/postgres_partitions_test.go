package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// aging is a database on which several stores go by a clock of the test's.
type aging struct {
	t       *testing.T
	url     string
	now     atomic.Int64
	chatbot bot9.ChatbotID
}

const agingRetention = 2 * 24 * time.Hour // in partitions of four hours

func newAging(t *testing.T) *aging {
	a := &aging{t: t, url: server.Database(t)}
	a.now.Store(1_900_000_000_000)
	return a
}

func (a *aging) open() *store.Store {
	a.t.Helper()
	s, err := store.Open(a.t.Context(), store.Options{
		URL: a.url, Sealer: plain{}, Retention: agingRetention,
		Clock: func() bot9.Time { return bot9.Time(a.now.Load()) },
	})
	a.check(err)
	a.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			a.t.Error(err)
		}
	})
	if a.chatbot == 0 {
		owner, err := s.CreateAccount(a.t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
		a.check(err)
		chatbot, _, err := s.CreateChatbot(a.t.Context(), owner.AccountID, "Helper", bot9.NewKey{})
		a.check(err)
		a.chatbot = chatbot.ID
	}
	return s
}

func (a *aging) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *aging) write(s *store.Store) error {
	_, err := s.AppendEvents(context.Background(), a.chatbot, []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`)}})
	return err
}

// query returns the rows of a query of one text column.
func (a *aging) query(sql string) []string {
	a.t.Helper()
	conn, err := pgx.Connect(a.t.Context(), a.url)
	a.check(err)
	rows, err := conn.Query(a.t.Context(), sql)
	a.check(err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	a.check(errors.Join(err, conn.Close(a.t.Context())))
	return found
}

func (a *aging) partitions() []string {
	return a.query(`SELECT relname FROM pg_class WHERE relname ~ '^(events|deliveries|attempts)_[0-9]+$' AND relkind = 'r' ORDER BY 1`)
}

// TestPartitionsAreMadeAhead writes while time goes on, hour by hour: with the cleaning that a server
// does, no write may meet a missing partition.
func TestPartitionsAreMadeAhead(t *testing.T) {
	a := newAging(t)
	s := a.open()
	hours := []string{}
	for range 12 {
		_, err := s.Purge(t.Context())
		a.check(err)
		a.now.Add(time.Hour.Milliseconds())
		before := a.partitions()
		a.check(a.write(s))
		if after := a.partitions(); !slices.Equal(before, after) {
			t.Fatalf("a write had to make partitions: %v, before %v", after, before)
		}
		hours = append(hours, bot9.Time(a.now.Load()).String())
	}
	used := a.query(`SELECT DISTINCT tableoid::regclass::text FROM events`)
	if len(used) < 3 || len(used) > 4 {
		t.Errorf("the events of %v are in %v", hours, used)
	}
}

// TestWritesMakeWhatIsMissing has a clock that jumps, and nobody who has made partitions ahead.
func TestWritesMakeWhatIsMissing(t *testing.T) {
	a := newAging(t)
	stores := []*store.Store{a.open(), a.open(), a.open()}
	a.now.Add((100 * 24 * time.Hour).Milliseconds())
	var writes sync.WaitGroup
	for _, s := range stores {
		for range 3 {
			writes.Go(func() {
				if err := a.write(s); err != nil {
					t.Error(err)
				}
			})
		}
	}
	writes.Wait()
	if got := a.query(`SELECT count(*)::text FROM events`); got[0] != "9" {
		t.Errorf("%s of 9 events are there", got)
	}
}

// TestSeveralNodesRetire lets three nodes clean at once, while they write, and while somebody reads
// in a transaction that stays open for a while. Writers and readers must not wait for that.
func TestSeveralNodesRetire(t *testing.T) {
	a := newAging(t)
	stores := []*store.Store{a.open(), a.open(), a.open()}
	for range 6 {
		a.check(a.write(stores[0]))
		_, err := stores[0].Purge(t.Context())
		a.check(err)
		a.now.Add((4 * time.Hour).Milliseconds())
	}
	doomed := a.query(`SELECT DISTINCT tableoid::regclass::text FROM events`)
	a.now.Add(agingRetention.Milliseconds())
	a.check(a.write(stores[0])) // makes the partitions of now

	reader, err := pgx.Connect(t.Context(), a.url)
	a.check(err)
	defer func() { a.check(reader.Close(context.Background())) }()
	looking, err := reader.Begin(t.Context())
	a.check(err)
	_, err = looking.Exec(t.Context(), `SELECT count(*) FROM events`)
	a.check(err)

	cleaned := make(chan error, len(stores))
	for _, s := range stores {
		go func() {
			_, err := s.Purge(context.Background())
			cleaned <- err
		}()
	}
	// Those that don't detach are through; the one that does waits for the reader.
	for range len(stores) - 1 {
		a.check(<-cleaned)
	}
	for _, s := range stores {
		a.check(a.write(s))
		_, err := s.Events(t.Context(), a.chatbot, bot9.EventFilter{}, bot9.Page{})
		a.check(err)
	}
	select {
	case err := <-cleaned:
		t.Fatalf("a partition was dropped while somebody looked: %v", err)
	default:
	}
	a.check(looking.Rollback(t.Context()))
	a.check(<-cleaned)
	left := a.partitions()
	for _, name := range doomed {
		if slices.Contains(left, name) {
			t.Errorf("%s is still there: %v", name, left)
		}
	}
	if got := a.query(`SELECT count(*)::text FROM events`); got[0] != "4" {
		t.Errorf("%s events are left, want the 4 of now", got)
	}
}

// TestRetiringGoesOnAfterACrash finds a partition of which a process that died has left the detaching
// half done, and one that was detached and not dropped.
func TestRetiringGoesOnAfterACrash(t *testing.T) {
	a := newAging(t)
	s := a.open()
	for range 4 {
		a.check(a.write(s))
		_, err := s.Purge(t.Context())
		a.check(err)
		a.now.Add((4 * time.Hour).Milliseconds())
	}
	doomed := a.query(`SELECT DISTINCT tableoid::regclass::text FROM events ORDER BY 1`)
	a.check(server.Exec(name(a.url), fmt.Sprintf(`ALTER TABLE events DETACH PARTITION %s`, doomed[0])))

	reader, err := pgx.Connect(t.Context(), a.url)
	a.check(err)
	looking, err := reader.Begin(t.Context())
	a.check(err)
	_, err = looking.Exec(t.Context(), `SELECT count(*) FROM events`)
	a.check(err)
	// It waits for the reader until its time is over, which leaves it half done.
	impatient, err := pgx.Connect(t.Context(), a.url)
	a.check(err)
	_, err = impatient.Exec(t.Context(), `SET statement_timeout = '200ms'`)
	a.check(err)
	if _, err = impatient.Exec(t.Context(), fmt.Sprintf(`ALTER TABLE events DETACH PARTITION %s CONCURRENTLY`, doomed[1])); err == nil {
		t.Fatal("detaching did not wait for a reader")
	}
	a.check(errors.Join(looking.Rollback(t.Context()), reader.Close(t.Context()), impatient.Close(t.Context())))
	if got := a.query(`SELECT count(*)::text FROM pg_inherits WHERE inhdetachpending`); got[0] != "1" {
		t.Fatalf("%s partitions are half detached", got)
	}

	a.check(a.write(s))
	_, err = s.Purge(t.Context())
	a.check(err)
	left := a.partitions()
	for _, name := range doomed[:2] {
		if slices.Contains(left, name) {
			t.Errorf("%s is still there: %v", name, left)
		}
	}
	_, err = s.Events(t.Context(), a.chatbot, bot9.EventFilter{}, bot9.Page{})
	a.check(err)
}

// TestPurgingEndsWithItsContext has a process stop while it waits for somebody who looks at a partition that is to go:
// it waits no longer, and keeps no lock that would keep other processes from purging.
func TestPurgingEndsWithItsContext(t *testing.T) {
	a := newAging(t)
	s := a.open()
	a.check(a.write(s))
	_, err := s.Purge(t.Context())
	a.check(err)
	a.now.Add(2 * agingRetention.Milliseconds())
	reader, err := pgx.Connect(t.Context(), a.url)
	a.check(err)
	defer func() { a.check(reader.Close(context.Background())) }()
	looking, err := reader.Begin(t.Context())
	a.check(err)
	_, err = looking.Exec(t.Context(), `SELECT count(*) FROM events`)
	a.check(err)

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.Purge(ctx)
		ended <- err
	}()
	for a.query(`SELECT count(*)::text FROM pg_stat_activity WHERE wait_event IS NOT NULL AND query LIKE 'ALTER TABLE%DETACH%'`)[0] == "0" {
		select {
		case err := <-ended:
			t.Fatalf("purging did not wait: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	stop()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Fatal("purging went on although its context had ended")
	}
	// The database is told to give up, and gives the lock back by itself.
	for a.query(`SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 1885434484`)[0] != "0" {
		if t.Context().Err() != nil {
			t.Fatal("the lock is still held")
		}
	}
	a.check(looking.Rollback(t.Context()))
	_, err = s.Purge(t.Context())
	a.check(err)
}
