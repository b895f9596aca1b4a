package store

import (
	"strconv"

	"github.com/bot9/bot9/internal/lifecycle"
)

// The states of the backlog's rows as SQL. They are written out, not bound: partial indexes are chosen by
// the text of a statement.
var (
	sqlWaiting = strconv.FormatInt(lifecycle.RowWaiting, 10)
	sqlReady   = strconv.FormatInt(lifecycle.RowReady, 10)
	sqlTaken   = strconv.FormatInt(lifecycle.RowTaken, 10) // and beyond
)

// Statements of the hot path, put together once.
var (
	deleteTaken  = `DELETE FROM backlog WHERE id = $1 AND state = $2 AND attempts = $3`
	releaseTaken = `UPDATE backlog SET state = ` + sqlReady + `, due_at = $1 WHERE id = $2 AND state = $3 AND attempts = $4`
	retryTaken   = `UPDATE backlog SET state = ` + sqlReady + `, due_at = $1, attempts = $2, lane = $3, set_aside = $4, response_status = $5, error = $6
		WHERE id = $7 AND state = $8 AND attempts = $9`
	nextDue = `SELECT due_at FROM backlog WHERE state = ` + sqlReady + ` AND webhook_id = $1 AND low = $2 ORDER BY due_at LIMIT 1`
)
