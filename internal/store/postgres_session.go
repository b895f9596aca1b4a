package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// roundTripLimit is how long the database may take for one batch of statements.
const roundTripLimit = 30 * time.Second

// pgConn is a connection with its prepared statements.
type pgConn struct {
	conn       *pgconn.PgConn
	statements map[string]*pgconn.StatementDescription
	prepared   func(sql string) // told of each, if not nil
	heard      []string         // payloads of notifications
}

func (c *pgConn) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // it may be broken, and is not needed any more
}

// wait returns the payloads of the next notifications.
func (c *pgConn) wait(ctx context.Context) (payloads []string, err error) {
	err = c.conn.WaitForNotification(ctx)
	payloads, c.heard = c.heard, nil
	return payloads, err
}

func (c *pgConn) prepare(ctx context.Context, sql string) (*pgconn.StatementDescription, error) {
	if statement, ok := c.statements[sql]; ok {
		return statement, nil
	}
	statement, err := c.conn.Prepare(ctx, "s"+strconv.Itoa(len(c.statements)), sql, nil)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, firstLine(sql))
	}
	c.statements[sql] = statement
	if c.prepared != nil {
		c.prepared(sql)
	}
	return statement, nil
}

// pgCall is a statement on its way to the database.
type pgCall struct {
	sql     string
	args    []any
	each    func(scanFunc) error // for every row, if not nil
	changed *int64               // receives the number of changed rows, if not nil
	rows    *pgRows              // gathered for one INSERT; args is empty then
}

// pgSession gathers statements whose results nobody waits for, and sends them with the next one
// that somebody waits for: a round trip costs more than most statements. Once a statement has
// failed the session does nothing any more, as PostgreSQL wants it.
type pgSession struct {
	ctx     context.Context
	conn    *pgConn
	pending []pgCall
	gather  map[*table]*pgRows
	failed  error
}

func (s *pgSession) exec(sql string, args ...any) (changed int64, err error) {
	s.pending = append(s.pending, pgCall{sql: sql, args: args, changed: &changed})
	err = s.send()
	return changed, err
}

func (s *pgSession) query(each func(scan scanFunc) error, sql string, args ...any) error {
	s.pending = append(s.pending, pgCall{sql: sql, args: args, each: each})
	return s.send()
}

func (s *pgSession) ask(each func(scan scanFunc) error, sql string, args ...any) error {
	s.pending = append(s.pending, pgCall{sql: sql, args: args, each: each})
	return nil
}

func (s *pgSession) answers() error { return s.send() }

func (s *pgSession) queue(sql string, args ...any) error {
	s.pending = append(s.pending, pgCall{sql: sql, args: args})
	return nil
}

// insert gathers rows of a table, so that they go as one statement.
func (s *pgSession) insert(into *table, args ...any) error {
	return s.gatherRow(into, nil, args)
}

// gatherRow adds a row to those of its table; each sees what the statement returns for them.
func (s *pgSession) gatherRow(into *table, each func(scanFunc) error, args []any) error {
	rows, ok := s.gather[into]
	if !ok {
		rows = newRows(into)
		if s.gather == nil {
			s.gather = map[*table]*pgRows{}
		}
		s.gather[into] = rows
		s.pending = append(s.pending, pgCall{rows: rows, each: each})
	}
	return rows.add(args)
}

// send sends what is pending in one batch, and reads what comes back.
func (s *pgSession) send() error {
	if s.failed != nil {
		return s.failed
	}
	ctx, cancel := context.WithTimeout(s.ctx, roundTripLimit)
	defer cancel()
	calls := s.pending
	s.pending, s.gather = nil, nil
	if s.failed = s.sendCalls(ctx, calls); s.failed != nil && s.ctx.Err() != nil {
		s.failed = s.ctx.Err()
	}
	return s.failed
}

func (s *pgSession) sendCalls(ctx context.Context, calls []pgCall) error {
	batch := &pgconn.Batch{}
	statements := make([]*pgconn.StatementDescription, len(calls))
	for i := range calls {
		call := &calls[i]
		if call.rows != nil {
			call.sql, call.args = call.rows.statement()
		}
		statement, err := s.conn.prepare(ctx, call.sql)
		if err != nil {
			return err
		}
		if len(call.args) != len(statement.ParamOIDs) {
			return fmt.Errorf("store: %d arguments for %s", len(call.args), firstLine(call.sql))
		}
		values := make([][]byte, len(call.args))
		for n, arg := range call.args {
			if values[n], err = encodePostgres(statement.ParamOIDs[n], arg); err != nil {
				return fmt.Errorf("%w in %s", err, firstLine(call.sql))
			}
		}
		statements[i] = statement
		batch.ExecStatement(statement, values, binaryFormat, binaryFormat)
	}
	results := s.conn.conn.ExecBatch(ctx, batch)
	var failed error
	n := 0
	for ; results.NextResult(); n++ {
		if err := readResult(results.ResultReader(), statements[n], &calls[n]); err != nil && failed == nil {
			failed = fmt.Errorf("%w in %s", err, firstLine(calls[n].sql))
		}
	}
	if err := results.Close(); err != nil && failed == nil {
		failed = err
		if n < len(calls) {
			failed = fmt.Errorf("%w in %s", err, firstLine(calls[n].sql))
		}
	}
	return failed
}

var binaryFormat = []int16{1}

func readResult(r *pgconn.ResultReader, statement *pgconn.StatementDescription, call *pgCall) error {
	var values [][]byte
	scan := func(dest ...any) error {
		if len(dest) != len(values) {
			return fmt.Errorf("store: %d destinations for %d columns", len(dest), len(values))
		}
		for i, d := range dest {
			if err := decodePostgres(statement.Fields[i].DataTypeOID, values[i], d); err != nil {
				return err
			}
		}
		return nil
	}
	var failed error
	for r.NextRow() {
		if call.each != nil && failed == nil {
			values = r.Values()
			failed = call.each(scan)
		}
	}
	tag, err := r.Close()
	if call.changed != nil {
		*call.changed = tag.RowsAffected()
	}
	return errors.Join(failed, err)
}
