package store

import "context"

// search reads on connections of its own: lists and pages don't wait for searches.
func (db *postgresDB) search(ctx context.Context, work func(session) error) error {
	return db.readFrom(ctx, db.searchers, oneState, work)
}

func (db *postgresDB) inIDs(ids []int64) (sql string, arg any) { return `= ANY(%s)`, ids }

func (db *postgresDB) textsWith(r session, pieces []int64, most int) (ids []int64, err error) {
	err = r.query(func(scan scanFunc) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT s.id FROM search_pieces s WHERE s.pieces @> CAST($1::bigint[] AS integer[]) LIMIT $2`, pieces, most)
	return ids, err
}

func (db *postgresDB) indexText(t *tx, id int64, pieces []int64) error {
	_, err := t.exec(`INSERT INTO search_pieces (id, pieces) VALUES ($1, CAST($2::bigint[] AS integer[]))
		ON CONFLICT (id) DO UPDATE SET pieces = excluded.pieces`, id, pieces)
	return err
}

func (db *postgresDB) deleteIndexed() string { return `DELETE FROM search_pieces WHERE id` }
