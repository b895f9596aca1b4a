package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	postgresReaders   = 8
	postgresSearchers = 2
	connectLimit      = 5 * time.Second
	defaultPatience   = 8 * time.Second
	groupRetries      = 20
)

// postgresDB is a database that several processes work on. One connection of this process commits
// its groups, a pool of others reads.
type postgresDB struct {
	config  *pgconn.Config
	store   *Store
	ownTime bool // the database's clock is the store's

	patience time.Duration // how long the database may take for a group or a read, connecting included

	statements func(sql string) // called with each statement that is prepared, if not nil

	writer         *pgConn        // used by the writing goroutine alone; nil after it broke
	outcomeUnknown bool           // the connection broke while a group was committed: it may be, or may not
	readers        *pool[*pgConn] // nil for one that is not connected
	searchers      *pool[*pgConn] // likewise; only searches use them
	closed         sync.Once
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// parsePostgres reads the URL. Its errors never repeat it, since it may hold a password.
func parsePostgres(url string) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, bot9.Errorf(bot9.Invalid, "invalidDatabaseUrl", "The database URL must be like postgres://user@host/database.")
	}
	if config.ConnectTimeout == 0 || config.ConnectTimeout > connectLimit {
		config.ConnectTimeout = connectLimit
	}
	if config.ValidateConnect == nil {
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite // of several hosts the one that is not a replica
	}
	for name, value := range map[string]string{
		"application_name": "bot9", "default_transaction_isolation": "read committed", "timezone": "UTC",
		"statement_timeout": "30s",
		// A process that is no more, or that the network has swallowed, must not hold its locks for longer than this: others
		// wait for them. Nothing here waits for anybody within a transaction.
		"idle_in_transaction_session_timeout": "2s", "tcp_user_timeout": "5000",
		"tcp_keepalives_idle": "3", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "3",
		// Every statement that repeats is to go by an index, row by row. The planner thinks otherwise
		// while tables are small, and would remember that when they no longer are; and of partitioned
		// tables it never knows how large they are.
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
		"max_parallel_workers_per_gather": "0", "jit": "off",
	} {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	return config, nil
}

func (s *Store) startPostgres(ctx context.Context, o Options) error {
	config, err := parsePostgres(o.URL)
	if err != nil {
		return err
	}
	if err := migratePostgres(ctx, o.URL); err != nil {
		return err
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	db := &postgresDB{config: config, patience: o.Patience, statements: o.Statements, store: s, ownTime: o.Clock == nil, readers: newPool[*pgConn](postgresReaders), searchers: newPool[*pgConn](postgresSearchers)}
	for range postgresReaders {
		db.readers.give(nil)
	}
	for range postgresSearchers {
		db.searchers.give(nil)
	}
	s.db = db
	s.peers, err = join(ctx, s, db, o.Lease)
	if err != nil {
		return errors.Join(err, db.close())
	}
	return nil
}

// migrationLock is the key of the lock that lets one process at a time migrate.
const migrationLock = 0x626f7439_6d696772 // "bot9migr"

func migratePostgres(ctx context.Context, url string) (err error) {
	if _, err := parsePostgres(url); err != nil {
		return err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return bot9.Errorf(bot9.Invalid, "invalidDatabaseUrl", "The database URL must be like postgres://user@host/database.")
	}
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	return migrateLocked(ctx, db)
}

func migrateLocked(ctx context.Context, db *sql.DB) (err error) {
	lock, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if _, err := lock.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	defer func() {
		_, unlockErr := lock.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		err = errors.Join(err, unlockErr)
	}()
	files, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return err
	}
	if err := migrateUp(ctx, provider); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// connect opens a connection with settings besides the usual ones.
func (db *postgresDB) connect(ctx context.Context, settings ...string) (*pgConn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	c := &pgConn{statements: map[string]*pgconn.StatementDescription{}, prepared: db.statements}
	config := db.config.Copy()
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) { c.heard = append(c.heard, n.Payload) }
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	c.conn = conn
	for _, setting := range settings {
		if _, err := conn.Exec(ctx, "SET "+setting).ReadAll(); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (db *postgresDB) write(work func(session) error) (err error) {
	for attempt := 0; ; attempt++ {
		if err = db.writeOnce(work); err == nil || attempt == groupRetries || !db.prepareRerun(err, attempt) {
			return err
		}
	}
}

var errLeaseLost = errors.New("the other processes have taken this one for dead")

// prepareRerun tells whether the same group may succeed when it is run again.
func (db *postgresDB) prepareRerun(err error, attempt int) bool {
	switch {
	case errors.Is(err, errLeaseLost):
		return db.store.peers.rejoin() == nil
	case sqlState(err) == stateBehind:
		newest, err := db.store.newestID(context.Background())
		db.store.ids.after(newest)
		return err == nil
	}
	switch sqlState(err) {
	case stateNoPartition: // the clock has jumped, or retention has ended what the group would have added to
		return db.makePartitions(context.Background()) == nil
	case "40001", "40P01", // serialization failure, deadlock
		"55P03": // lock not available
		return true
	case "23505": // unique: another process was quicker, and the next run will see what it wrote
		return attempt < 3
	}
	return false
}

func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// separable: an error that a statement caused is the fault of one write. When the database is gone, it
// is gone for all of them.
func (db *postgresDB) separable(err error) bool {
	switch class, _, _ := strings.Cut(sqlState(err)+"  ", " "); {
	case class == "", strings.HasPrefix(class, "08"), strings.HasPrefix(class, "57"), strings.HasPrefix(class, "53"), strings.HasPrefix(class, "25"):
		return false
	}
	return true
}

// errSilent is for what the database has not answered in time. Context errors are the callers' own.
var errSilent = errors.New("the database is silent")

func (db *postgresDB) writeOnce(work func(session) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), db.patience)
	defer cancel()
	if err = db.writeWithin(ctx, work); err != nil && ctx.Err() != nil {
		if errors.Is(err, errOutcomeUnknown) {
			return fmt.Errorf("%w: %w", errOutcomeUnknown, errSilent)
		}
		return errSilent
	}
	return err
}

func (db *postgresDB) writeWithin(ctx context.Context, work func(session) error) (err error) {
	if db.writer == nil {
		// Everything that the writer repeats has an index and few rows, so one plan is right for all.
		db.writer, err = db.connect(ctx, "plan_cache_mode = force_generic_plan")
		if err != nil {
			return err
		}
	}
	if db.outcomeUnknown { // what was taken by the group that nobody knows the end of must not stay taken
		if err := db.store.peers.rejoin(); err != nil {
			return err
		}
		db.outcomeUnknown = false
	}
	s := &pgSession{ctx: ctx, conn: db.writer}
	_ = s.queue("BEGIN") // it can't fail before it is sent
	err = work(s)
	if s.failed != nil {
		err = s.failed
	}
	if err == nil {
		err = s.queue("COMMIT")
	}
	if err == nil {
		err = s.send()
		if db.outcomeUnknown = err != nil && db.writer.conn.IsClosed(); db.outcomeUnknown {
			err = fmt.Errorf("%w: %w", errOutcomeUnknown, err)
		}
	}
	readOnly := sqlState(err) == "25006" // it was the primary, and is a replica now
	if err != nil && (readOnly || !db.rollBack()) {
		db.writer.close()
		db.writer = nil
	}
	return err
}

// rollBack undoes what the writer has begun, and tells whether its connection can go on.
func (db *postgresDB) rollBack() bool {
	if db.writer.conn.IsClosed() {
		return false
	}
	if db.writer.conn.TxStatus() == 'I' {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	_, err := db.writer.conn.Exec(ctx, "ROLLBACK").ReadAll()
	return err == nil
}

const oneState = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

func (db *postgresDB) read(ctx context.Context, work func(session) error) error {
	return db.readAs(ctx, oneState, work)
}

// readAs runs work in a transaction that begins like this, or, if begin is "", each statement by itself.
func (db *postgresDB) readAs(ctx context.Context, begin string, work func(session) error) error {
	limited, cancel := context.WithTimeout(ctx, db.patience)
	defer cancel()
	err := db.readFrom(limited, db.readers, begin, work)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return errSilent
	}
	return err
}

func (db *postgresDB) readFrom(ctx context.Context, readers *pool[*pgConn], begin string, work func(session) error) error {
	reader, err := readers.take(ctx)
	if err != nil {
		return err
	}
	defer func() { readers.give(reader) }() // which may be another by then
	for attempt := 0; ; attempt++ {
		rested := reader != nil // the connection may have broken since it was used last
		received := false
		err := db.readOnce(ctx, &reader, begin, func(s session) error { return work(noting{s, &received}) })
		if reader != nil || !rested || received || attempt > 0 || ctx.Err() != nil {
			return err
		}
	}
}

// noting is a session that notes that something has come back.
type noting struct {
	session
	received *bool
}

func (n noting) query(each func(scanFunc) error, sql string, args ...any) error {
	return n.session.query(n.note(each), sql, args...)
}

func (n noting) ask(each func(scanFunc) error, sql string, args ...any) error {
	return n.session.ask(n.note(each), sql, args...)
}

func (n noting) note(each func(scanFunc) error) func(scanFunc) error {
	return func(scan scanFunc) error {
		*n.received = true
		return each(scan)
	}
}

func (db *postgresDB) readOnce(ctx context.Context, reader **pgConn, begin string, work func(session) error) (err error) {
	if *reader == nil {
		if *reader, err = db.connect(ctx); err != nil {
			return err
		}
	}
	c := *reader
	s := &pgSession{ctx: ctx, conn: c}
	if begin != "" {
		_ = s.queue(begin)
	}
	err = work(s)
	if !c.conn.IsClosed() && c.conn.TxStatus() != 'I' {
		end, cancel := context.WithTimeout(context.Background(), connectLimit)
		defer cancel()
		_, endErr := c.conn.Exec(end, "ROLLBACK").ReadAll()
		err = errors.Join(err, endErr)
	}
	if c.conn.IsClosed() {
		c.close()
		*reader = nil
	}
	return err
}

func (db *postgresDB) replan(r session) error {
	return r.queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
}

// The row keeps it, so that none of the partitions need be asked.
func (db *postgresDB) lastSequence() string { return "c.last_sequence" }

func (db *postgresDB) lock(table string) string { return " FOR UPDATE OF " + table }
func (db *postgresDB) skipLocked(table string) string {
	return " FOR UPDATE OF " + table + " SKIP LOCKED"
}

func (db *postgresDB) ownerIsGone(column string) string {
	return "NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = " + column + ")"
}

func (db *postgresDB) lockReplay(t *tx, id bot9.ReplayID) error {
	// Not the row: groups that count what they finished of it update it after they have locked
	// conversations, and this is followed by locking conversations.
	return t.session.queue(`SELECT pg_advisory_xact_lock($1)`, int64(id))
}

func (db *postgresDB) saveSpace(bool) error { return nil } // the disk is its own affair

// testWrite has the transaction get a number, which is written when it commits.
func (db *postgresDB) testWrite(t *tx) error {
	var number int64
	_, err := queryRow(t, `SELECT pg_current_xact_id()::text::bigint`, nil, &number)
	return err
}

func (db *postgresDB) connectAll(ctx context.Context) error {
	return db.readers.renew(func(c *pgConn) bool { return c == nil }, func() (*pgConn, error) { return db.connect(ctx) })
}

func (db *postgresDB) close() error {
	db.closed.Do(func() {
		for _, reader := range db.readers.drain(postgresReaders) { // those in use come back when their read is over
			if reader != nil {
				reader.close()
			}
		}
		for _, searcher := range db.searchers.drain(postgresSearchers) {
			if searcher != nil {
				searcher.close()
			}
		}
		if db.writer != nil {
			db.writer.close()
		}
	})
	return nil
}
