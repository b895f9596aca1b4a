package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	sqliteReaders = 4
	// A WAL of 8,000 pages before it is copied back gave a quarter more throughput than SQLite's 1,000.
	sqliteCheckpointPages = 8000
)

// sqliteDB is the embedded database: one connection writes, a pool of others reads.
type sqliteDB struct {
	path    string
	locked  *os.File
	writer  *sqliteConn
	readers *pool[*sqliteConn]
	opened  int // how many readers there are

	checkpointPages int                // the write-ahead log is copied back each time it has this many pages
	searchers       *pool[*sqliteConn] // readers that only searches use
	searching       int                // how many of them there are

	clock func() bot9.Time
}

// sqliteFile says where an embedded database is, and names SQLite's file system for it: the operating system's if vfs
// is empty.
type sqliteFile struct {
	path, vfs  string
	statements func(sql string) // called with each statement that is prepared, if not nil
}

// uri is the file as SQLite takes it (https://sqlite.org/uri.html).
func (f sqliteFile) uri(parameters ...string) string {
	uri := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(f.path)
	if f.vfs != "" {
		parameters = append(parameters, "vfs="+f.vfs)
	}
	if len(parameters) > 0 {
		uri += "?" + strings.Join(parameters, "&")
	}
	return uri
}

// keepPrivate makes the database's files readable by their owner only, also in a folder that others may
// read.
func keepPrivate(file sqliteFile) error {
	if file.vfs != "" {
		return nil // no file of the operating system's
	}
	made, err := os.OpenFile(file.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if err := made.Close(); err != nil {
		return err
	}
	for _, beside := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(file.path+beside, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("keep the database from others: %w", err)
		}
	}
	return nil
}

func openSQLite(file sqliteFile, synchronous string) (*sqliteDB, error) {
	path := file.path
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := lockDatabase(path)
	if err != nil {
		return nil, err
	}
	if err := keepPrivate(file); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	// WAL keeps readers and the writer out of each other's way; FULL syncs it at every commit, so
	// that what was answered survives a power cut (https://sqlite.org/pragma.html#pragma_synchronous).
	writer, err := openSQLiteConn(sqliteFile{path: path, vfs: gatherLog(file.vfs, synchronous), statements: file.statements},
		"PRAGMA journal_mode=WAL", "PRAGMA synchronous="+synchronous, "PRAGMA cache_size=-8192", "PRAGMA cache_spill=OFF",
		fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", sqliteCheckpointPages), "PRAGMA journal_size_limit=67108864")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), lock.Close())
	}
	db := &sqliteDB{
		path: path, locked: lock, writer: writer, readers: newPool[*sqliteConn](sqliteReaders),
		searchers: newPool[*sqliteConn](sqliteSearchers()), checkpointPages: sqliteCheckpointPages,
	}
	for range sqliteReaders {
		reader, err := openSQLiteConn(file, "PRAGMA query_only=ON", "PRAGMA cache_size=-4096")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.close())
		}
		db.readers.give(reader)
		db.opened++
	}
	for range sqliteSearchers() {
		searcher, err := openSQLiteConn(file, "PRAGMA query_only=ON", "PRAGMA cache_size=-4096")
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.close())
		}
		db.searchers.give(searcher)
		db.searching++
	}
	return db, nil
}

func (db *sqliteDB) write(work func(session) error) error {
	if _, err := db.writer.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := work(db.writer)
	if err == nil {
		_, err = db.writer.exec("COMMIT")
	}
	if err != nil && !db.writer.conn.GetAutocommit() {
		_, rollbackErr := db.writer.exec("ROLLBACK")
		err = errors.Join(err, rollbackErr)
	}
	return err
}

// sqliteSearchers is how many searches run at once: they take a core each, and leave others some.
func sqliteSearchers() int { return max(1, runtime.GOMAXPROCS(0)/2) }

func (db *sqliteDB) read(ctx context.Context, work func(session) error) error {
	return db.readFrom(ctx, db.readers, work)
}

func (db *sqliteDB) readFrom(ctx context.Context, readers *pool[*sqliteConn], work func(session) error) error {
	reader, err := readers.take(ctx)
	if err != nil {
		return err
	}
	defer readers.give(reader)
	reader.conn.SetInterrupt(ctx)
	defer reader.conn.SetInterrupt(context.Background())
	if _, err := reader.exec("BEGIN"); err != nil {
		return err
	}
	err = work(reader)
	reader.conn.SetInterrupt(context.Background()) // so that ending the transaction can't fail
	if !reader.conn.GetAutocommit() {
		_, endErr := reader.exec("ROLLBACK")
		err = errors.Join(err, endErr)
	}
	return err
}

// The one writer excludes all others, so there is nothing to lock.

func (db *sqliteDB) lock(string) string                                 { return "" }
func (db *sqliteDB) skipLocked(string) string                           { return "" }
func (db *sqliteDB) ownerIsGone(column string) string                   { return column + " = -1" } // ownerGone
func (db *sqliteDB) lockConversations(*tx, []bot9.ConversationID) error { return nil }
func (db *sqliteDB) lockReplay(*tx, bot9.ReplayID) error                { return nil }
func (db *sqliteDB) connectAll(context.Context) error                   { return nil } // it has them since it was opened
func (db *sqliteDB) separable(error) bool                               { return false }
func (db *sqliteDB) replan(session) error                               { return nil }

// saveSpace copies the log back at once and after every few pages, so that its place is used again and again.
func (db *sqliteDB) saveSpace(on bool) error {
	if on {
		return db.pragmas("PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA wal_autocheckpoint=64")
	}
	return db.pragmas(fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", db.checkpointPages))
}

// keepLogBelow bounds the write-ahead log's size, as far as transactions are small: copied back, it must fit into the
// reserve.
func (db *sqliteDB) keepLogBelow(size int64) error {
	db.checkpointPages = min(sqliteCheckpointPages, int(size/(2*sqlitePage)))
	return db.pragmas(fmt.Sprintf("PRAGMA wal_autocheckpoint=%d", db.checkpointPages), fmt.Sprintf("PRAGMA journal_size_limit=%d", 2*size))
}

func (db *sqliteDB) pragmas(statements ...string) error {
	var errs []error
	for _, statement := range statements {
		errs = append(errs, db.writer.conn.Exec(statement))
	}
	return errors.Join(errs...)
}

func (db *sqliteDB) testWrite(t *tx) error {
	_, err := t.exec(`UPDATE tail SET after = after`)
	return err
}

func (db *sqliteDB) time(session) (bot9.Time, error) { return db.clock(), nil }

func backupSQLite(ctx context.Context, path, target string) (err error) {
	if _, err := os.Stat(path); err != nil {
		return bot9.Errorf(bot9.NotFound, "noDatabase", "There is no database at %s.", path)
	}
	if _, err := os.Stat(target); err == nil {
		return bot9.Errorf(bot9.Conflict, "fileExists", "%s exists. Choose another name.", target)
	}
	conn, err := openSQLiteConn(sqliteFile{path: path})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	conn.conn.SetInterrupt(ctx)
	if _, err = conn.exec("VACUUM INTO $1", target); err != nil {
		return err
	}
	return os.Chmod(target, 0o600)
}

func (db *sqliteDB) close() error {
	var errs []error
	for _, reader := range db.readers.drain(db.opened) { // those in use come back when their read is over
		errs = append(errs, reader.close())
	}
	for _, searcher := range db.searchers.drain(db.searching) {
		errs = append(errs, searcher.close())
	}
	return errors.Join(append(errs, db.writer.close(), db.locked.Close())...)
}

// sqliteConn is a connection with its prepared statements.
type sqliteConn struct {
	conn       *sqlite3.Conn
	statements map[string]*sqlite3.Stmt
	prepared   func(sql string) // told of each, if not nil
}

func openSQLiteConn(file sqliteFile, pragmas ...string) (*sqliteConn, error) {
	conn, err := sqlite3.Open(file.uri())
	if err != nil {
		return nil, err
	}
	c := &sqliteConn{conn: conn, statements: map[string]*sqlite3.Stmt{}, prepared: file.statements}
	if err := conn.BusyTimeout(10 * time.Second); err != nil {
		return nil, errors.Join(err, c.close())
	}
	if err := fts5.Register(conn); err != nil {
		return nil, errors.Join(err, c.close())
	}
	for _, pragma := range pragmas {
		if err := conn.Exec(pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", pragma, err), c.close())
		}
	}
	return c, nil
}

func (c *sqliteConn) close() error {
	for _, statement := range c.statements {
		_ = statement.Close() // what a statement returns here is the error of its last run
	}
	return c.conn.Close()
}

func (c *sqliteConn) exec(sql string, args ...any) (int64, error) {
	statement, err := c.prepare(sql, args)
	if err != nil {
		return 0, err
	}
	if err := statement.Exec(); err != nil {
		return 0, fmt.Errorf("%w in %s", err, firstLine(sql))
	}
	return c.conn.Changes(), nil
}

func (c *sqliteConn) ask(each func(scan scanFunc) error, sql string, args ...any) error {
	return c.query(each, sql, args...)
}

func (c *sqliteConn) answers() error { return nil }

func (c *sqliteConn) queue(sql string, args ...any) error {
	_, err := c.exec(sql, args...)
	return err
}

func (c *sqliteConn) insert(into *table, args ...any) error {
	_, err := c.exec(into.single, args...)
	return err
}

func (c *sqliteConn) query(each func(scan scanFunc) error, sql string, args ...any) (err error) {
	statement, err := c.prepare(sql, args)
	if err != nil {
		return err
	}
	defer func() {
		if resetErr := statement.Reset(); err == nil {
			err = resetErr
		}
	}()
	scan := func(dest ...any) error { return scanSQLite(statement, dest) }
	for statement.Step() {
		if err := each(scan); err != nil {
			return err
		}
	}
	if err := statement.Err(); err != nil {
		return fmt.Errorf("%w in %s", err, firstLine(sql))
	}
	return nil
}

func (c *sqliteConn) prepare(sql string, args []any) (*sqlite3.Stmt, error) {
	statement, ok := c.statements[sql]
	if !ok {
		var err error
		statement, _, err = c.conn.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, firstLine(sql))
		}
		c.statements[sql] = statement
		if c.prepared != nil {
			c.prepared(sql)
		}
	}
	if statement.Busy() {
		return nil, fmt.Errorf("store: query inside its own loop: %s", firstLine(sql))
	}
	for i, arg := range args {
		if err := bindSQLite(statement, i+1, arg); err != nil {
			return nil, err
		}
	}
	return statement, nil
}

func bindSQLite(statement *sqlite3.Stmt, index int, arg any) error {
	switch value := arg.(type) {
	case nil:
		return statement.BindNull(index)
	case int64:
		return statement.BindInt64(index, value)
	case int:
		return statement.BindInt64(index, int64(value))
	case bool:
		return statement.BindBool(index, value)
	case float64:
		return statement.BindFloat(index, value)
	case string:
		return statement.BindText(index, value)
	case []byte:
		return statement.BindBlob(index, value)
	case text:
		if len(value) == 0 { // nil bytes would become NULL
			return statement.BindText(index, "")
		}
		return statement.BindRawText(index, value)
	}
	return fmt.Errorf("store: can't bind a %T", arg)
}

func scanSQLite(statement *sqlite3.Stmt, dest []any) error {
	for i, d := range dest {
		switch value := d.(type) {
		case *int64:
			*value = statement.ColumnInt64(i)
		case *int:
			*value = statement.ColumnInt(i)
		case *bool:
			*value = statement.ColumnBool(i)
		case *float64:
			*value = statement.ColumnFloat(i)
		case *string:
			*value = statement.ColumnText(i)
		case *[]byte:
			*value = statement.ColumnBlob(i, nil)
		default:
			return fmt.Errorf("store: can't read into a %T", d)
		}
	}
	return nil
}

func firstLine(sql string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(sql), "\n")
	return line
}
