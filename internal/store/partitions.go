package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// On PostgreSQL the tables that grow without end are partitioned by ID, which is by time. Retention
// drops a partition as a whole, which costs no more than removing a few files; see ADR 12.

const (
	// A query may have to look into every partition, and data goes only with the last of its
	// partition: a twelfth of the retention is few of the ones and little of the other.
	partitionsInRetention = 12
	widestPartition       = 30 * 24 * time.Hour
	narrowestPartition    = time.Hour

	partitionLock = 0x626f7439_70617274 // lock key, "bot9part": the process that holds it may change partitions
	detachLimit   = 10 * time.Second    // for transactions that still look at a partition that is to be dropped

	stateNoPartition = "23514" // a row's ID lies in no partition; the schema has no other check
)

// partitioned are the tables. A partition of events goes first, so that its bound tells of all.
var partitioned = []string{"events", "deliveries", "attempts"}

// partition holds the rows of a table whose IDs are in [from, to).
type partition struct {
	table, name string
	from, to    int64
	leaving     bool // being detached is not through
}

// partitionWidth is how much time one partition holds.
func partitionWidth(retention time.Duration) time.Duration {
	if retention == 0 {
		return widestPartition
	}
	return min(max((retention/partitionsInRetention).Truncate(time.Hour), narrowestPartition), widestPartition)
}

// span is a range of time, [from, to).
type span struct{ from, to bot9.Time }

// missingPartitions returns the spans, in order, that partitions are still needed for, so that every row from now
// until one width later has a partition.
func missingPartitions(existing []span, now bot9.Time, width time.Duration) (missing []span) {
	step := bot9.Time(width.Milliseconds())
	for from := now / step * step; from <= now+step; {
		to := from + step
		for _, s := range existing {
			if s.from <= from && from < s.to {
				from, to = s.to, s.to+step
			} else if from < s.from {
				to = min(to, s.from)
			}
		}
		if from <= now+step {
			missing = append(missing, span{from, to})
		}
		from = to
	}
	return missing
}

func partitionName(table string, from bot9.Time) string {
	return table + "_" + from.Std().Format("2006010215")
}

// partitions lists all partitions, the oldest first, and notes where they begin.
func (db *postgresDB) partitions(s session) (found []partition, err error) {
	err = s.query(func(scan scanFunc) error {
		var p partition
		var bounds string
		if err := scan(&p.table, &p.name, &bounds, &p.leaving); err != nil {
			return err
		}
		_, err := fmt.Sscanf(bounds, "FOR VALUES FROM ('%d') TO ('%d')", &p.from, &p.to)
		found = append(found, p)
		return err
	}, `SELECT p.relname, c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending
		FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent IN ('events'::regclass, 'deliveries'::regclass, 'attempts'::regclass)`)
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	slices.SortFunc(found, func(a, b partition) int {
		return cmp.Or(cmp.Compare(slices.Index(partitioned, a.table), slices.Index(partitioned, b.table)), cmp.Compare(a.from, b.from))
	})
	for _, p := range found {
		if p.table == "events" && !p.leaving {
			db.store.floor.Store(p.from)
			break
		}
	}
	return found, nil
}

// spans returns the spans of one table's partitions. All tables have the same ones, except for partitions that are
// about to be dropped.
func spans(found []partition, table string) (there []span) {
	for _, p := range found {
		if p.table == table {
			there = append(there, span{bot9.EventID(p.from).Time(), bot9.EventID(p.to).Time()})
		}
	}
	return there
}

// makePartitions creates the partitions for rows that are written now and soon. It blocks nobody: each table is
// created by itself, and attaching it locks out neither readers nor
// writers (https://www.postgresql.org/docs/current/sql-altertable.html).
func (db *postgresDB) makePartitions(ctx context.Context) error {
	now, width := max(db.store.clock(), db.store.ids.time()), partitionWidth(db.store.retention)
	var missing []span
	look := func(s session) error {
		found, err := db.partitions(s)
		missing = missingPartitions(spans(found, "attempts"), now, width) // which are dropped last
		return err
	}
	if err := db.read(ctx, look); err != nil || len(missing) == 0 {
		return err
	}
	c, err := db.connect(ctx, "lock_timeout = '5s'")
	if err != nil {
		return err
	}
	defer c.close() // which also ends what failed midway
	s := &pgSession{ctx: ctx, conn: c}
	_ = s.queue("BEGIN")
	if _, err := s.exec(`SELECT pg_advisory_xact_lock($1)`, int64(partitionLock)); err != nil {
		return err
	}
	if err := look(s); err != nil { // another process may have made them meanwhile
		return err
	}
	for _, m := range missing {
		for _, table := range partitioned {
			name := partitionName(table, m.from)
			if _, err := s.exec(fmt.Sprintf(`CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING STORAGE)`, name, table)); err != nil {
				return err
			}
			if _, err := s.exec(fmt.Sprintf(`ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%d) TO (%d)`,
				table, name, bot9.FirstIDAt(m.from), bot9.FirstIDAt(m.to))); err != nil {
				return err
			}
		}
	}
	if _, err = s.exec("COMMIT"); err != nil {
		return err
	}
	return db.read(ctx, look)
}

// purgeBefore makes the partitions that will be needed, and drops those that end before edge.
func (db *postgresDB) purgeBefore(ctx context.Context, s *Store, _ bot9.Time, edge int64) (more bool, err error) {
	if err := db.makePartitions(ctx); err != nil {
		return false, s.storeError(err)
	}
	over := false
	look := func(r session) error {
		found, err := db.partitions(r)
		over = slices.ContainsFunc(found, func(p partition) bool { return p.leaving || p.to <= edge })
		return err
	}
	if err := db.read(ctx, look); err != nil || !over {
		return false, s.storeError(err)
	}
	return false, s.storeError(errors.Join(db.purgePartitions(ctx, edge), db.read(ctx, look)))
}

// purgePartitions drops the partitions that end before edge, unless another process is doing so. Detaching
// concurrently waits for transactions that still read the partition, and blocks no others. If a process died halfway,
// or a reader took too long, the next run goes on from there.
func (db *postgresDB) purgePartitions(ctx context.Context, edge int64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*detachLimit)
	defer cancel()
	limit := fmt.Sprintf("%dms", detachLimit.Milliseconds())
	c, err := db.connect(ctx, "statement_timeout = '"+limit+"'", "lock_timeout = '"+limit+"'")
	if err != nil {
		return err
	}
	defer c.close()
	// Whoever ends ctx waits for no partition: the database is told to give up, so that it keeps no lock either.
	defer context.AfterFunc(ctx, func() {
		cancelCtx, cancel := context.WithTimeout(context.Background(), connectLimit)
		defer cancel()
		_ = c.conn.CancelRequest(cancelCtx) // it ends by its own limit, if this fails
	})()
	s := &pgSession{ctx: ctx, conn: c}
	locked := false
	if _, err := queryRow(s, `SELECT pg_try_advisory_lock($1)`, []any{int64(partitionLock)}, &locked); err != nil || !locked {
		return err
	}
	found, err := db.partitions(s)
	if err != nil {
		return err
	}
	// Not in a transaction, hence not by the session, which sends its statements as one.
	run := func(format string, args ...any) error {
		_, err := c.conn.Exec(ctx, fmt.Sprintf(format, args...)).ReadAll()
		return err
	}
	for _, p := range found {
		if p.to > edge && !p.leaving {
			continue
		}
		how := "CONCURRENTLY"
		if p.leaving {
			how = "FINALIZE"
		}
		if err := run(`ALTER TABLE %s DETACH PARTITION %s %s`, p.table, p.name, how); err != nil {
			return fmt.Errorf("detach %s: %w", p.name, err)
		}
		db.store.log.Info("retention has ended a partition", "partition", p.name)
	}
	var detached []string
	err = s.query(func(scan scanFunc) error {
		var name string
		err := scan(&name)
		detached = append(detached, name)
		return err
	}, `SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relname ~ '^(events|deliveries|attempts)_[0-9]{10}$'
		AND c.relnamespace = (SELECT p.relnamespace FROM pg_class p WHERE p.oid = 'events'::regclass)`)
	for _, name := range detached {
		err = errors.Join(err, run(`DROP TABLE %s`, name))
	}
	return err
}
