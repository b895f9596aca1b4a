// Package bigtables fills a database with events and deliveries of the past, as years of running
// would, but in minutes: for measuring what the size of tables costs.
package bigtables

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/ncruces/go-sqlite3"

	"github.com/bot9/bot9/internal/bot9"
)

// Contents say what to fill in. Every event has one delivery.
type Contents struct {
	Rows           int
	Chatbot        bot9.ChatbotID
	Conversations  []bot9.ConversationID // get the events in turn
	Webhook, Other bot9.WebhookID        // Other gets every thousandth delivery
	End            bot9.Time             // of the past
}

const (
	// Past is the time over which the rows are spread.
	Past = 60 * 24 * time.Hour
	// RareType is the type of one event in a million.
	RareType = "custom.rare"

	pastPartition = 5 * 24 * time.Hour
	slice         = 100_000 // rows in one transaction
)

// database is what the statements run on.
type database interface {
	exec(ctx context.Context, sql string) error
	// series is a FROM item that counts n from first to last.
	series(first, last int) string
	// besides fills what the database has besides the tables of all databases.
	besides(c Contents, series string) []string
	// settle does now what the database would do while it is measured.
	settle(ctx context.Context) error
	close() error
}

// Fill fills the tables of the database at the URL.
func Fill(ctx context.Context, url string, c Contents) (err error) {
	db, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if err := c.prepare(ctx, db); err != nil {
		return err
	}
	for first := 0; first < c.Rows; first += slice {
		series := db.series(first, min(first+slice, c.Rows)-1)
		for _, sql := range append(c.statements(series), db.besides(c, series)...) {
			if err := db.exec(ctx, sql); err != nil {
				return err
			}
		}
	}
	return errors.Join(db.exec(ctx, `DROP TABLE fill_conversations`), db.settle(ctx))
}

// prepare numbers the conversations, and tells them where their sequence will be.
func (c Contents) prepare(ctx context.Context, db database) error {
	if err := db.exec(ctx, `CREATE TABLE fill_conversations (n BIGINT PRIMARY KEY, id BIGINT NOT NULL)`); err != nil {
		return err
	}
	values := make([]string, len(c.Conversations))
	for i, id := range c.Conversations {
		values[i] = fmt.Sprintf("(%d, %d)", i, id)
	}
	if err := db.exec(ctx, `INSERT INTO fill_conversations VALUES `+strings.Join(values, ", ")); err != nil {
		return err
	}
	return db.exec(ctx, fmt.Sprintf(`UPDATE conversations SET last_sequence = %d`, 2+(c.Rows-1)/len(c.Conversations)))
}

// event is the ID of the event that the series counts, as it would have been made: so many milliseconds apart.
func (c Contents) event() string {
	begin := int64(c.End) - Past.Milliseconds()
	return fmt.Sprintf(`(((%d + s.n * %d / %d) << 21) | (s.n %% 4096))`, begin, Past.Milliseconds(), c.Rows)
}

// sequence is that of the event. The first one of each conversation told that it began.
func (c Contents) sequence() string { return fmt.Sprintf(`2 + s.n / %d`, len(c.Conversations)) }

func (c Contents) from(series string) string {
	return fmt.Sprintf(` FROM %s JOIN fill_conversations c ON c.n = s.n %% %d`, series, len(c.Conversations))
}

// statements fill in the rows that the series counts.
func (c Contents) statements(series string) []string {
	event, sequence, from := c.event(), c.sequence(), c.from(series)
	eventType := `CASE WHEN s.n % 1000000 = 7 THEN '` + RareType + `' WHEN s.n % 5 = 0 THEN 'messageSent' ELSE 'messageReceived' END`
	return []string{
		fmt.Sprintf(`INSERT INTO events (id, chatbot_id, conversation_id, sequence, type, data) SELECT %s, %d, c.id, %s, %s,
			'{"message":"' || s.n || ' Hello, I would like to know when my order will arrive.","sender":"user123","messageId":"msg_0000000000001","senderType":"user","source":"website-widget","externalSessionId":null}'`,
			event, int64(c.Chatbot), sequence, eventType) + from,
		fmt.Sprintf(`INSERT INTO deliveries (id, chatbot_id, webhook_id, event_id, conversation_id, sequence, event_type, replay_id, status, attempts, response_status, error, finished_at)
			SELECT %[1]s | 4096, %[2]d, CASE WHEN s.n %% 1000 = 3 THEN %[3]d ELSE %[4]d END, %[1]s, c.id, %[5]s, %[6]s, 0,
			CASE WHEN s.n %% 50 = 1 THEN 'failed' ELSE 'succeeded' END, 1, CASE WHEN s.n %% 50 = 1 THEN 500 ELSE 204 END, '', %[1]s >> 21`,
			event, int64(c.Chatbot), int64(c.Other), int64(c.Webhook), sequence, eventType) + from,
	}
}

func open(ctx context.Context, url string) (database, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		conn, err := sqlite3.Open("file:" + path)
		if err != nil {
			return nil, err
		}
		// Others write beside it, now and then; nothing of this needs to outlive a power cut.
		err = errors.Join(conn.BusyTimeout(time.Minute), conn.Exec("PRAGMA synchronous=OFF; PRAGMA cache_size=-64000"))
		return embedded{conn}, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	db := server{conn}
	return db, errors.Join(db.exec(ctx, `SET synchronous_commit = off; SET enable_nestloop = off`), db.makePast(ctx))
}

type embedded struct{ conn *sqlite3.Conn }

func (e embedded) exec(_ context.Context, sql string) error { return e.conn.Exec(sql) }
func (e embedded) close() error                             { return e.conn.Close() }

func (e embedded) besides(c Contents, series string) []string {
	return []string{`INSERT OR IGNORE INTO conversation_events (conversation_id, event_id, sequence) SELECT c.id, ` + c.event() + `, ` + c.sequence() + c.from(series)}
}

func (e embedded) settle(context.Context) error {
	return e.conn.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
}

func (e embedded) series(first, last int) string {
	return fmt.Sprintf(`(WITH RECURSIVE s(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n FROM s) s`, first, last)
}

type server struct{ conn *pgx.Conn }

func (s server) close() error                      { return s.conn.Close(context.Background()) }
func (s server) besides(Contents, string) []string { return nil }
func (s server) exec(ctx context.Context, sql string) error {
	_, err := s.conn.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// settle leaves autovacuum nothing to do. Like autovacuum it does not look at the tables as a whole.
func (s server) settle(ctx context.Context) error {
	rows, err := s.conn.Query(ctx, `SELECT i.inhrelid::regclass::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'`)
	if err != nil {
		return err
	}
	partitions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, partition := range append(partitions, "conversations") {
		err = errors.Join(err, s.exec(ctx, `VACUUM (ANALYZE) `+partition))
	}
	return errors.Join(err, s.exec(ctx, `CHECKPOINT`))
}

func (s server) series(first, last int) string {
	return fmt.Sprintf(`generate_series(%d::bigint, %d) AS s(n)`, first, last)
}

// makePast makes partitions for the past, back from the first that there is.
func (s server) makePast(ctx context.Context) error {
	var bounds string
	err := s.conn.QueryRow(ctx, `SELECT pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'events'::regclass ORDER BY c.relname LIMIT 1`).Scan(&bounds)
	if err != nil {
		return err
	}
	var from, to int64
	if _, err := fmt.Sscanf(bounds, "FOR VALUES FROM ('%d') TO ('%d')", &from, &to); err != nil {
		return err
	}
	end := bot9.EventID(from).Time()
	for begin := end.Add(-Past - pastPartition); end > begin; end = end.Add(-pastPartition) {
		for _, table := range []string{"events", "deliveries", "attempts"} {
			first := end.Add(-pastPartition)
			err := s.exec(ctx, fmt.Sprintf(`CREATE TABLE %[1]s_%[2]s PARTITION OF %[1]s FOR VALUES FROM (%[3]d) TO (%[4]d)`,
				table, first.Std().Format("2006010215"), bot9.FirstIDAt(first), bot9.FirstIDAt(end)))
			if err != nil {
				return err
			}
		}
	}
	return nil
}
