// Package store keeps everything that must outlive the process. All SQL is here, written once for
// every database; what differs between them is the small interface database.
//
// Rows are the truth: a change of a conversation, the events that tell of it and one delivery for
// every matching webhook are committed in one transaction, and callers get their answer after it.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store/group"
)

// Sealer keeps secrets unreadable in the database. The context binds a sealed value to its row.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	// Fingerprints name the master keys, the one that seals first; Prefix is what all that it seals begins with.
	Fingerprints() []string
	Prefix() []byte
	Unseal(sealed []byte, context string) ([]byte, error)
}

// Filters decides whether events pass webhooks' filters.
type Filters interface {
	// Of returns what evaluates filters on the event, which it decodes once at most.
	Of(e *bot9.Event) bot9.Matcher
	// ReadsLate tells whether a filter reads what is known only once the event is committed: its ID, its
	// time or its sequence.
	ReadsLate(filter string) bool
}

// Announcer decides which events tell of changes that the store makes outside conversations. It is called inside
// transactions, and must be pure.
type Announcer interface {
	WebhookDisabled(*bot9.Webhook) bot9.NewEvent
	KeyRotated(*bot9.Key) bot9.NewEvent
	KnowledgeChanged(d *bot9.Document, change bot9.DocumentChange) bot9.NewEvent
	// AuditRecorded is appended only where one of the chatbot's webhooks chose it: without one, the event log
	// doesn't repeat the audit log.
	AuditRecorded(chatbot bot9.ChatbotID, r *bot9.AuditRecord) bot9.NewEvent
	// NoteAdded is likewise for webhooks that chose it: a private note is for nobody else.
	NoteAdded(chatbot bot9.ChatbotID, n *bot9.Note) bot9.NewEvent
}

// Dispatcher is told of deliveries as soon as they are committed.
type Dispatcher interface {
	// Admit tells whether a ready delivery of the webhook can be taken without being read back.
	// It is called inside transactions and must not block.
	Admit(bot9.WebhookID) bool
	// Committed hands over deliveries that Admit let in, and names webhooks that have ready
	// deliveries in the backlog. It returns those of them that another process sends to. It must not
	// block.
	Committed(admitted []*bot9.Delivery, ready []bot9.WebhookID) (elsewhere []bot9.WebhookID)
	// MembershipChanged tells where this process stands among those on the database, whenever that changes. It is
	// not called where there can be no others, and must not block.
	MembershipChanged(policy.Membership)
	// WebhookChanged tells that a webhook was made, changed or deleted, or that another process saw
	// its endpoint fail or recover.
	WebhookChanged(bot9.WebhookID)
	// Resync tells that changes may have been missed, and that deliveries that were handed over may
	// belong to another process by now.
	Resync()
}

// Options are the store's settings and what it needs from outside.
type Options struct {
	URL         string               // sqlite:PATH or postgres://…
	Synchronous string               // SQLite's pragma; "" = FULL. Anything less loses accepted events in a power cut
	VFS         string               // SQLite's file system by name; "" = the operating system's
	Tail        int                  // SQLite: the log's tail is indexed in parts of this many events; 0 = 65,536
	Reserve     int64                // SQLite: bytes kept on the disk, so that deliveries can end when it is full; 0 = none
	Node        int                  // SQLite: 0 to 511. On PostgreSQL the database gives the number
	Clock       func() bot9.Time     // nil: the system's, or on PostgreSQL the database's, which all processes share
	Elapsed     func() time.Duration // the time since any moment by a clock that nobody sets; nil: the system's, or Clock
	AcceptClock bot9.Time            // a clock up to this time is believed however far it has jumped
	Lease       time.Duration        // PostgreSQL: a process that is silent for this long is taken for dead; 0 = 15 s
	Patience    time.Duration        // PostgreSQL: how long it may take for a group of writes or a read; 0 = 8 s
	Retention   time.Duration        // events, deliveries and attempts are removed at this age; 0 = never
	CommitDelay time.Duration        // how long a commit waits so that more writes join it; 0 = not at all
	Sealer      Sealer
	Filters     Filters
	Announcer   Announcer // nil: such changes make no events
	Quotas      bot9.Quotas
	Passages    func(bot9.Document) int // into how many a document is cut, for the quota; nil: one
	Log         *slog.Logger
	Statements  func(sql string) // told of every statement that a connection prepares, for tests; nil: nobody is

	AuditRetention time.Duration // records of the audit log are removed at this age; 0 = never
}

// Store is the one store, on any database. It is safe for concurrent use.
type Store struct {
	db              database
	clock           func() bot9.Time
	ids             *idSource
	node            int          // number within the IDs that this process makes
	owner           atomic.Int64 // this process's node number in the rows that it claims
	peers           *peers       // nil where no other process can be on the database
	sealer          Sealer
	filters         Filters
	announcer       Announcer
	faults          filterFaults
	published       published
	sessions        *otter.Cache[sessionName, bot9.ConversationID] // by the integrator's names; what was committed only
	quotas          bot9.Quotas
	passages        func(bot9.Document) int
	expansionsAdded chan struct{} // has one while there are expansions that Expand has not seen
	expanding       sync.WaitGroup
	expandMu        sync.Mutex                        // of Expand
	lastTurns       map[bot9.AccountID]bot9.ChatbotID // Expand's: whose turn was the last of an account
	log             *slog.Logger
	dispatcher      Dispatcher
	changes         changes
	watchers        watchers
	hearSignal      atomic.Pointer[func(bot9.Signal)] // what other processes relay of presence
	retention       time.Duration
	disk            disk
	commitDelay     time.Duration // how long a commit waits so that more writes can join it
	floor           atomic.Int64  // events, deliveries and attempts with smaller IDs are gone
	purgedFloor     atomic.Int64  // every backlog row below this floor has been removed

	elapsed     func() time.Duration // by a clock that nobody sets
	acceptClock bot9.Time
	guard       purgeGuard

	auditRetention time.Duration

	queue   *group.Queue[*tx, needs]
	owners  owners // whose turn a write takes
	close   sync.Once
	closing chan struct{}
	done    chan struct{}

	indexing   chan struct{} // something is to be indexed for searches
	background sync.WaitGroup

	events, transactions, reruns atomic.Int64 // since Open

	memory *memory
}

// Open migrates the database, puts back what a process that died had taken from the backlog, and
// starts the writer. Deliveries go nowhere until Attach.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{
		clock: o.Clock, node: o.Node, sealer: o.Sealer, filters: o.Filters, announcer: o.Announcer, quotas: o.Quotas, passages: o.Passages, log: o.Log, retention: o.Retention, auditRetention: o.AuditRetention, acceptClock: o.AcceptClock, commitDelay: o.CommitDelay,
		queue:   group.NewQueue[*tx, needs](),
		closing: make(chan struct{}), done: make(chan struct{}), expansionsAdded: make(chan struct{}, 1), lastTurns: map[bot9.AccountID]bot9.ChatbotID{}, indexing: make(chan struct{}, 1), memory: newMemory(o.Tail),
		sessions: otter.Must(&otter.Options[sessionName, bot9.ConversationID]{MaximumSize: rememberedSessions}),
	}
	s.elapsed = elapsedSince(o)
	if s.clock == nil {
		s.clock = func() bot9.Time { return bot9.At(time.Now()) }
	}
	var err error
	if isPostgres(o.URL) {
		err = s.startPostgres(ctx, o)
	} else {
		err = s.startSQLite(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	if err := s.checkMasterKey(); err != nil {
		if s.peers != nil {
			err = errors.Join(err, s.peers.leave())
		}
		return nil, errors.Join(err, s.db.close())
	}
	if s.peers == nil {
		if err := s.returnTaken(); err != nil {
			return nil, errors.Join(err, s.db.close())
		}
	}
	newest, err := s.newestID(ctx)
	if err != nil {
		return nil, errors.Join(err, s.db.close())
	}
	s.ids = newIDSource(s.node, newest)
	if s.peers != nil {
		if err := s.peers.db.makePartitions(ctx); err != nil {
			return nil, errors.Join(err, s.peers.leave(), s.db.close())
		}
	}
	go s.commitGroups()
	return s, nil
}

func (s *Store) startSQLite(ctx context.Context, o Options) error {
	path, err := sqlitePath(o.URL)
	if err != nil {
		return err
	}
	if o.Synchronous == "" {
		o.Synchronous = "FULL"
	}
	if err := checkSQLite(path); err != nil {
		return err
	}
	file := sqliteFile{path: path, vfs: o.VFS, statements: o.Statements}
	db, err := openSQLite(file, o.Synchronous)
	if err != nil {
		return asDamaged(path, err)
	}
	if err := migrateSQLite(ctx, file); err != nil {
		return errors.Join(asDamaged(path, err), db.close())
	}
	db.clock = s.clock
	if err := keepPrivate(file); err != nil { // once more: the log and its index have been made meanwhile
		return errors.Join(err, db.close())
	}
	s.db = db
	return s.keepReserve(db, path, o.Reserve)
}

// Attach sets the dispatcher and starts the background work. It must be called before the first write.
func (s *Store) Attach(d Dispatcher) {
	s.dispatcher = d
	s.expanding.Add(1)
	go s.expandInBackground()
	if s.peers != nil {
		s.peers.start()
	}
	s.background.Go(s.keepIndexing)
	s.background.Go(s.keepHealth)
}

// Close commits the writes that are queued, waits for reads under way, and closes the database. Later calls
// fail with Unavailable "stopping".
func (s *Store) Close() (err error) {
	s.close.Do(func() {
		s.stopFaults()
		close(s.closing)
		s.queue.Close()
		<-s.done
		s.expanding.Wait()
		s.background.Wait()
		if s.peers != nil {
			err = s.peers.leave()
		}
		err = errors.Join(err, s.db.close())
	})
	return err
}

// NewID makes a unique ID from the time that rows written now get too: on a shared database, the database's.
func (s *Store) NewID(ctx context.Context) (int64, error) {
	var now bot9.Time
	err := s.read(ctx, func(r session) (err error) {
		now, err = s.db.time(r)
		return err
	})
	if err != nil {
		return 0, err
	}
	return s.ids.next(now), nil
}

// NewestTime is the time of the newest ID.
func (s *Store) NewestTime() bot9.Time { return s.ids.time() }

// NextID makes a unique ID from this process's time.
func (s *Store) NextID() int64 { return s.ids.next(s.clock()) }

// Counts are numbers of commits since the store was opened.
type Counts struct {
	Events, Transactions int64
	Reruns               int64 // groups run again because a write was refused after it had changed something
}

// Counts returns the store's counts.
func (s *Store) Counts() Counts {
	return Counts{Events: s.events.Load(), Transactions: s.transactions.Load(), Reruns: s.reruns.Load()}
}

// Migrate brings the database's schema up to date, which Open does too.
func Migrate(ctx context.Context, url string) error {
	if isPostgres(url) {
		return migratePostgres(ctx, url)
	}
	path, err := sqlitePath(url)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return migrateSQLite(ctx, sqliteFile{path: path})
}

// Backup writes a consistent copy of the embedded database to target, which must not exist. Another
// process may be using the database.
func Backup(ctx context.Context, url, target string) error {
	if isPostgres(url) {
		return bot9.Errorf(bot9.Invalid, "notEmbedded", "This copies the embedded database. For PostgreSQL use its own tools, such as pg_basebackup or pg_dump.")
	}
	path, err := sqlitePath(url)
	if err != nil {
		return err
	}
	return backupSQLite(ctx, path, target)
}

func (s *Store) read(ctx context.Context, work func(session) error) error {
	select {
	case <-s.closing:
		return errClosed
	default:
	}
	err := s.db.read(ctx, work)
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // whatever the database calls being interrupted
	}
	return s.storeError(err)
}

var errClosed = bot9.Errorf(bot9.Unavailable, "stopping", "The server is stopping. Try again.")

func sqlitePath(url string) (string, error) {
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok || path == "" {
		return "", bot9.Errorf(bot9.Invalid, "invalidDatabaseUrl", "The database URL must be like sqlite:bot9-data/bot9.db or postgres://user@host/database.")
	}
	return path, nil
}

// newestID returns the largest ID in use, so that new ones sort after it whatever the clock says.
func (s *Store) newestID(ctx context.Context) (newest int64, err error) {
	tables := []string{
		"accounts", "members", "people", "sessions", "chatbots", "keys", "end_users", "conversations",
		"messages", "documents", "events", "webhooks", "backlog", "deliveries", "replays", "receivers", "received_requests", "audit",
	}
	err = s.db.read(ctx, func(r session) error {
		for _, table := range tables {
			var id int64
			if _, err := queryRow(r, "SELECT max(id) FROM "+table, nil, &id); err != nil {
				return fmt.Errorf("find the newest ID: %w", err)
			}
			newest = max(newest, id)
		}
		return nil
	})
	return newest, err
}
