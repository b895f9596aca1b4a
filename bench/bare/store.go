package bare

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"
)

// database is what the bare path commits to.
type database interface {
	commit(transaction) error
}

// transaction is what goes into one transaction: new events, and attempts that were made.
type transaction struct{ events, attempts []*event }

func (t transaction) size() int { return len(t.events) + len(t.attempts) }

const tables = `CREATE TABLE events (id BIGINT PRIMARY KEY, conversation TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL);
	CREATE TABLE backlog (id BIGINT PRIMARY KEY, event BIGINT NOT NULL);
	CREATE TABLE attempts (id BIGINT PRIMARY KEY, event BIGINT NOT NULL, attempt TEXT NOT NULL)`

func open(url string) (database, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return openSQLite(path)
	}
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		return nil, err
	}
	_, err = conn.Exec(context.Background(), tables)
	return server{conn}, err
}

// embedded has one connection and prepared statements of a row each.
type embedded struct {
	begin, end, event, wait, attempt, finish *sqlite3.Stmt
}

func openSQLite(path string) (*embedded, error) {
	conn, err := sqlite3.Open("file:" + path)
	if err != nil {
		return nil, err
	}
	err = conn.Exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=8000;" +
		strings.ReplaceAll(tables, "BIGINT PRIMARY", "INTEGER PRIMARY"))
	prepare := func(sql string) *sqlite3.Stmt {
		var statement *sqlite3.Stmt
		if err == nil {
			statement, _, err = conn.Prepare(sql)
		}
		return statement
	}
	return &embedded{
		prepare("BEGIN IMMEDIATE"), prepare("COMMIT"), prepare("INSERT INTO events VALUES (?, ?, ?, ?)"),
		prepare("INSERT INTO backlog VALUES (?, ?)"), prepare("INSERT INTO attempts VALUES (?, ?, ?)"), prepare("DELETE FROM backlog WHERE id = ?"),
	}, err
}

func (b *embedded) commit(t transaction) error {
	var err error
	run := func(statement *sqlite3.Stmt, values ...any) {
		for i, value := range values {
			if err != nil {
				return
			}
			switch v := value.(type) {
			case int64:
				err = statement.BindInt64(i+1, v)
			case string:
				err = statement.BindText(i+1, v)
			}
		}
		if err == nil {
			statement.Step()
			err = statement.Reset() // it has the error of the step
		}
	}
	run(b.begin)
	for _, e := range t.events {
		run(b.event, e.id, e.conversation, e.kind, string(e.body))
		run(b.wait, e.id, e.id)
	}
	for _, e := range t.attempts {
		run(b.attempt, e.id, e.id, string(e.attempt))
		run(b.finish, e.id)
	}
	run(b.end)
	return err
}

// server sends a transaction at once, a statement for all rows of a table.
type server struct{ conn *pgx.Conn }

func (b server) commit(t transaction) error {
	var ids, attempted []int64
	var conversations, kinds, data, attempts []string
	for _, e := range t.events {
		ids, conversations, kinds, data = append(ids, e.id), append(conversations, e.conversation), append(kinds, e.kind), append(data, string(e.body))
	}
	for _, e := range t.attempts {
		attempted, attempts = append(attempted, e.id), append(attempts, string(e.attempt))
	}
	batch := &pgx.Batch{}
	if len(ids) > 0 {
		batch.Queue("INSERT INTO events SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])", ids, conversations, kinds, data)
		batch.Queue("INSERT INTO backlog SELECT id, id FROM unnest($1::bigint[]) id", ids)
	}
	if len(attempted) > 0 {
		batch.Queue("INSERT INTO attempts SELECT id, id, attempt FROM unnest($1::bigint[], $2::text[]) a(id, attempt)", attempted, attempts)
		batch.Queue("DELETE FROM backlog WHERE id = ANY($1)", attempted)
	}
	return b.conn.SendBatch(context.Background(), batch).Close()
}
