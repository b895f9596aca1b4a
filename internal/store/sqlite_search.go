package store

import (
	"context"
	"strconv"
	"strings"
)

// search reads on connections of its own: lists and pages don't wait for searches.
func (db *sqliteDB) search(ctx context.Context, work func(session) error) error {
	return db.readFrom(ctx, db.searchers, work)
}

func (db *sqliteDB) inIDs(ids []int64) (sql string, arg any) {
	return `IN (SELECT CAST(j.value AS INTEGER) FROM json_each(%s) j)`, jsonArray(ids)
}

func (db *sqliteDB) textsWith(r session, pieces []int64, most int) (ids []int64, err error) {
	quoted := make([]string, len(pieces))
	for i, p := range pieces {
		quoted[i] = `"` + strconv.FormatInt(p, 10) + `"`
	}
	err = r.query(func(scan scanFunc) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT rowid FROM search_pieces WHERE search_pieces MATCH $1 LIMIT $2`, strings.Join(quoted, " AND "), most)
	return ids, err
}

func (db *sqliteDB) indexText(t *tx, id int64, pieces []int64) error {
	if _, err := t.exec(`DELETE FROM search_pieces WHERE rowid = $1`, id); err != nil {
		return err
	}
	var tokens text
	for _, p := range pieces {
		tokens = append(strconv.AppendInt(tokens, p, 10), ' ')
	}
	_, err := t.exec(`INSERT INTO search_pieces (rowid, pieces) VALUES ($1, $2)`, id, tokens)
	return err
}

func (db *sqliteDB) deleteIndexed() string { return `DELETE FROM search_pieces WHERE rowid` }
