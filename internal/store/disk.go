package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	codeDiskFull  = "diskFull"
	stateDiskFull = "53100" // PostgreSQL's SQLSTATE disk_full

	diskInterval  = 2 * time.Second  // between looks for room, while there is none
	probeInterval = 10 * time.Second // between writes that only try whether writing works
	logInterval   = 10 * time.Second // between log lines of the same fault

	sqlitePage = 4096 // bytes, SQLite's default
)

// disk is what is known of the place where the database is.
//
// On an embedded database some room is kept by a file (reserve.go). When the disk is full that file goes, and so
// deliveries that are under way can end and be recorded. Nothing new is accepted until there is room for the file
// again.
type disk struct {
	path        string // of the embedded database, else ""
	file        os.FileInfo
	reserve     *reserve // nil: none is kept
	full        atomic.Bool
	failed      atomic.Pointer[error] // how the newest group of writes failed, nil if it was committed
	written     atomic.Int64          // when a group was committed last, in Unix nanoseconds
	logs        throttle
	savingSpace bool // only the writing goroutine's
}

// isFull tells whether a database's error is for want of room.
func isFull(err error) bool {
	return err != nil && (errors.Is(err, sqlite3.FULL) || sqlState(err) == stateDiskFull)
}

// noteCommit notes how a group of writes ended.
func (d *disk) noteCommit(err error) {
	if err != nil {
		d.failed.Store(&err)
		if isFull(err) {
			d.full.Store(true)
		}
		return
	}
	d.written.Store(time.Now().UnixNano())
	if d.failed.Load() != nil {
		d.failed.Store(nil)
	}
	if d.reserve == nil && d.full.Load() { // where one is kept it is full until that is there again
		d.full.Store(false)
	}
}

// refuses tells whether nothing new is accepted.
func (d *disk) refuses() bool { return d.reserve != nil && d.full.Load() }

// useReserve gives up the reserve, and tells whether there was one.
func (s *Store) useReserve() bool {
	d := &s.disk
	if d.reserve == nil || !d.reserve.release() {
		return false
	}
	d.full.Store(true)
	s.saveSpace(true)
	s.log.Error("the disk is full: new events are refused, deliveries go on", "path", d.path)
	return true
}

// saveSpace is called by the writing goroutine.
func (s *Store) saveSpace(on bool) {
	if s.disk.savingSpace == on {
		return
	}
	s.disk.savingSpace = on
	if err := s.db.saveSpace(on); err != nil {
		s.disk.logs.log(s.log, "copy the log back", "error", err)
	}
}

func errDiskFull() *bot9.Error {
	err := bot9.Errorf(bot9.Unavailable, codeDiskFull, "The server's disk is full, so nothing new is stored. Try again once its operator has made room.")
	err.RetryAfter = diskRetryAfter
	return err
}

const diskRetryAfter = 10 * time.Second

// keepHealth looks for room while the disk is full, and now and then writes, so that readiness tells the truth though
// nobody else writes.
func (s *Store) keepHealth() {
	tick := time.NewTicker(diskInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.closing:
			return
		}
		d := &s.disk
		if d.refuses() && d.reserve.make() == nil {
			d.full.Store(false)
			s.log.Info("there is room on the disk again", "path", d.path)
		}
		if time.Since(time.Unix(0, d.written.Load())) >= probeInterval {
			_ = s.writeUnnamed(context.Background(), needs{evenIfFull: true}, s.db.testWrite) // wrote notes what comes of it
		}
	}
}

// Full tells whether the database's disk is full.
func (s *Store) Full() bool { return s.disk.full.Load() }

// Ready tells whether the database can be read and written, and why it can't. Its words are for operators: they name
// the file.
func (s *Store) Ready(ctx context.Context) error {
	d := &s.disk
	if d.full.Load() {
		if d.path == "" {
			return errors.New("the database's disk is full")
		}
		return fmt.Errorf("the disk is full: %s", d.path)
	}
	if failed := d.failed.Load(); failed != nil {
		return fmt.Errorf("the database can't be written: %w", *failed)
	}
	if err := d.present(); err != nil {
		return err
	}
	if err := s.db.connectAll(ctx); err != nil {
		return fmt.Errorf("the database gives too few connections: %w", err)
	}
	err := s.db.read(ctx, func(r session) error {
		var id int64
		_, err := queryRow(r, "SELECT id FROM accounts WHERE id = $1", []any{0}, &id) // the table's root at least
		return err
	})
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}

// present tells whether the embedded database's file is still the one that was opened, and can be read.
func (d *disk) present() error {
	if d.file == nil {
		return nil
	}
	now, err := os.Stat(d.path)
	switch {
	case err != nil:
		return fmt.Errorf("the database's file is gone: %w", err)
	case !os.SameFile(now, d.file):
		return fmt.Errorf("the database's file %s was replaced while it was in use: restart", d.path)
	}
	head, err := readHead(d.path)
	if err == nil && !bytes.HasPrefix(head, []byte(sqliteMagic)) {
		err = fmt.Errorf("%s is no database any more", d.path)
	}
	return err
}

// throttle lets a log have one line of each fault in a while, which says how many it stands for.
type throttle struct {
	mu   sync.Mutex
	last map[string]time.Time // few: the kinds of faults
	more map[string]int
}

// log writes the line if it is time for one.
func (t *throttle) log(log *slog.Logger, kind string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last, t.more = map[string]time.Time{}, map[string]int{}
	}
	now := time.Now()
	if last, ok := t.last[kind]; ok && now.Sub(last) < logInterval {
		t.more[kind]++
		return
	}
	if more := t.more[kind]; more > 0 {
		args = append(args, "before", more)
	}
	t.last[kind], t.more[kind] = now, 0
	log.Error(kind, args...)
}

// keepReserve begins to keep room beside the embedded database.
func (s *Store) keepReserve(db *sqliteDB, path string, size int64) (err error) {
	s.disk.path = path
	if s.disk.file, err = os.Stat(path); err != nil || size == 0 {
		return err
	}
	if s.disk.reserve, err = newReserve(path, size); s.disk.reserve != nil {
		if pragmaErr := db.keepLogBelow(s.disk.reserve.size); pragmaErr != nil {
			return pragmaErr
		}
	}
	if err != nil {
		s.disk.full.Store(true)
		s.log.Error("the disk is full: nothing new is accepted until there is room", "path", path, "needed", 2*s.disk.reserve.size, "error", err)
	}
	return nil
}
