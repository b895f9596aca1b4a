package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/bot9/bot9/internal/bot9"
)

// index is one chatbot's passages, searchable. It is not safe for concurrent use.
type index struct {
	documents map[bot9.DocumentID]held
	passages  map[int]bot9.Passage // by row
	last      int                  // the highest row ever given
	removed   int                  // rows removed since the database was last made compact
	bytes     int64                // of the passages

	db        *sqlite3.Conn // nil without passages
	inserting *sqlite3.Stmt
	removing  *sqlite3.Stmt
	matching  *sqlite3.Stmt // rows that have a word
	ranking   *sqlite3.Stmt // rows with their BM25
}

// held is a document in the index: when it was changed last, and its rows, from first to before end.
type held struct {
	changed    bot9.Time
	first, end int
}

// BM25 decides between passages of the same score. There a heading weighs most, as it says what
// its passage is about; the title, which all passages of a document share, weighs least.
const (
	createTable = `CREATE VIRTUAL TABLE passages USING fts5(title, heading, text, content='',
		tokenize="porter unicode61 remove_diacritics 2")`
	insertRow = `INSERT INTO passages(rowid, title, heading, text) VALUES (?, ?, ?, ?)`
	// A table without content forgets a row when it is told again what the row had.
	deleteRow  = `INSERT INTO passages(passages, rowid, title, heading, text) VALUES ('delete', ?, ?, ?, ?)`
	compact    = `INSERT INTO passages(passages) VALUES ('optimize')`
	selectRows = `SELECT rowid FROM passages WHERE passages MATCH ?`
	selectRank = `SELECT rowid, bm25(passages, 0.5, 3.0, 1.0) FROM passages WHERE passages MATCH ?`
)

func newIndex() *index {
	return &index{documents: map[bot9.DocumentID]held{}, passages: map[int]bot9.Passage{}}
}

// differences compares the index with the chatbot's documents: which it has that are gone, and which have to be read.
func (x *index) differences(documents []bot9.Document) (gone, changed []bot9.DocumentID) {
	exists := make(map[bot9.DocumentID]struct{}, len(documents))
	for _, document := range documents {
		exists[document.ID] = struct{}{}
		if place, ok := x.documents[document.ID]; !ok || place.changed != document.UpdatedAt {
			changed = append(changed, document.ID)
		}
	}
	for id := range x.documents {
		if _, ok := exists[id]; !ok {
			gone = append(gone, id)
		}
	}
	return gone, changed
}

// replace takes out what the index has of these IDs and puts in the documents, which are some of them: all of it, or
// nothing if ctx ends before. After any other error the index is empty.
func (x *index) replace(ctx context.Context, ids []bot9.DocumentID, documents []bot9.Document) error {
	fresh := make(map[int]bot9.Passage)
	places := make(map[bot9.DocumentID]held, len(documents))
	next := x.last + 1
	for _, document := range documents {
		if err := ctx.Err(); err != nil {
			return err
		}
		place := held{changed: document.UpdatedAt, first: next}
		for _, passage := range split(document) {
			fresh[next] = passage
			next++
		}
		place.end = next
		places[document.ID] = place
	}
	var old []int
	for _, id := range ids {
		for row := x.documents[id].first; row < x.documents[id].end; row++ {
			old = append(old, row)
		}
	}
	if err := x.write(ctx, old, fresh, next); err != nil {
		if ctx.Err() == nil {
			x.close()
		}
		return fmt.Errorf("indexing the knowledge: %w", err)
	}
	for _, row := range old {
		x.bytes -= sizeOf(x.passages[row])
		delete(x.passages, row)
	}
	for row, passage := range fresh {
		x.bytes += sizeOf(passage)
		x.passages[row] = passage
	}
	for _, id := range ids {
		delete(x.documents, id)
	}
	maps.Copy(x.documents, places)
	x.last = next - 1
	if len(x.passages) == 0 {
		x.closeDatabase()
	}
	return nil
}

// sizeOf estimates the bytes that a passage takes: its text, and about as much again in the full-text index.
func sizeOf(passage bot9.Passage) int64 {
	return int64(2*(len(passage.Text)+len(passage.Heading)) + 200)
}

// write removes the old rows and inserts the fresh ones, those before end, in one transaction. It looks at ctx between
// rows instead of having statements interrupted, so that a transaction ends in order; a row is small.
func (x *index) write(ctx context.Context, old []int, fresh map[int]bot9.Passage, end int) (err error) {
	if x.db == nil && len(fresh) == 0 {
		return nil
	}
	if err = x.open(); err != nil {
		return err
	}
	txn := x.db.Begin()
	defer txn.End(&err)
	for _, row := range old {
		if err = putRow(ctx, x.removing, row, x.passages[row]); err != nil {
			return err
		}
	}
	for row := x.last + 1; row < end; row++ {
		if err = putRow(ctx, x.inserting, row, fresh[row]); err != nil {
			return err
		}
	}
	// Removed rows leave marks behind; going over them once as many as there are rows costs little each time.
	if x.removed += len(old); x.removed > len(x.passages)+len(fresh) {
		x.removed = 0
		err = x.db.Exec(compact)
	}
	return err
}

func putRow(ctx context.Context, statement *sqlite3.Stmt, row int, passage bot9.Passage) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for column, text := range []string{passage.Title, passage.Heading, passage.Text} {
		if err := statement.BindText(column+2, text); err != nil {
			return err
		}
	}
	if err := statement.BindInt(1, row); err != nil {
		return err
	}
	return statement.Exec()
}

// open opens the database if it isn't open.
func (x *index) open() (err error) {
	if x.db != nil {
		return nil
	}
	if x.db, err = sqlite3.Open(":memory:"); err != nil {
		x.db = nil
		return err
	}
	defer func() {
		if err != nil {
			x.closeDatabase()
		}
	}()
	if err = fts5.Register(x.db); err != nil {
		return err
	}
	if err = x.db.Exec(createTable); err != nil {
		return err
	}
	for sql, statement := range map[string]**sqlite3.Stmt{
		insertRow: &x.inserting, deleteRow: &x.removing, selectRows: &x.matching, selectRank: &x.ranking,
	} {
		if *statement, _, err = x.db.Prepare(sql); err != nil {
			return err
		}
	}
	return nil
}

// closeDatabase frees the database. One in memory has nothing to lose, so there is nothing to do about an error.
func (x *index) closeDatabase() {
	if x.db == nil {
		return
	}
	for _, statement := range []*sqlite3.Stmt{x.inserting, x.removing, x.matching, x.ranking} {
		_ = statement.Close()
	}
	_ = x.db.Close()
	x.db, x.inserting, x.removing, x.matching, x.ranking, x.removed = nil, nil, nil, nil, nil, 0
}

// close empties the index and frees what it took.
func (x *index) close() {
	x.closeDatabase()
	*x = *newIndex()
}

// search returns the passages that have a word of the question, best first, at most limit;
// never nil.
func (x *index) search(ctx context.Context, question string, limit int) ([]bot9.Passage, error) {
	words := wordsOf(question)
	if x.db == nil || len(words) == 0 {
		return []bot9.Passage{}, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	defer x.db.SetInterrupt(x.db.SetInterrupt(ctx)) // a long query ends with its caller's patience
	found, err := x.score(words)
	if err == nil {
		err = x.rank(words, found)
	}
	if err != nil {
		return nil, fmt.Errorf("searching the knowledge: %w", err)
	}
	hits := make([]*hit, 0, len(found))
	for row, hit := range found {
		hit.row, hit.document = row, x.passages[row].DocumentID
		hits = append(hits, hit)
	}
	slices.SortFunc(hits, func(a, b *hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.rank, a.rank),
			cmp.Compare(a.document, b.document), cmp.Compare(a.row, b.row)) // within a document, rows are in its order
	})
	hits = hits[:min(limit, len(hits))]
	passages := make([]bot9.Passage, len(hits))
	for i, hit := range hits {
		passages[i] = x.passages[hit.row]
		passages[i].Score, passages[i].Rank, passages[i].Matched = hit.score, hit.rank, hit.matched
	}
	return passages, nil
}

type hit struct {
	row         int
	document    bot9.DocumentID
	score, rank float64
	matched     []string
}

// score finds the rows that have any of the words, and for each the share of the question's
// information that it covers: the sum of the weights of its words by the sum of all. A word
// weighs its inverse document frequency as in BM25 (Robertson and Zaragoza, 2009); one that no
// passage has weighs as much as one that a single passage has.
func (x *index) score(words []string) (map[int]*hit, error) {
	found := map[int]*hit{}
	total := 0.0
	for _, word := range words {
		rows, err := x.rowsWith(word)
		if err != nil {
			return nil, err
		}
		frequency := float64(max(len(rows), 1))
		weight := math.Log(1 + (float64(len(x.passages))-frequency+0.5)/(frequency+0.5))
		total += weight
		for _, row := range rows {
			if found[row] == nil {
				found[row] = &hit{}
			}
			found[row].score += weight
			found[row].matched = append(found[row].matched, word)
		}
	}
	for _, hit := range found {
		hit.score = math.Round(hit.score/total*1000) / 1000 // finer differences mean nothing
	}
	return found, nil
}

func (x *index) rowsWith(word string) ([]int, error) {
	if err := x.matching.BindText(1, quoted(word)); err != nil {
		return nil, err
	}
	var rows []int
	for x.matching.Step() {
		rows = append(rows, x.matching.ColumnInt(0))
	}
	return rows, x.matching.Reset()
}

// rank fills in BM25 for what was found. FTS5 counts downwards, the better the lower; we upwards.
func (x *index) rank(words []string, found map[int]*hit) error {
	terms := make([]string, len(words))
	for i, word := range words {
		terms[i] = quoted(word)
	}
	if err := x.ranking.BindText(1, strings.Join(terms, " OR ")); err != nil {
		return err
	}
	for x.ranking.Step() {
		if hit := found[x.ranking.ColumnInt(0)]; hit != nil {
			hit.rank = -x.ranking.ColumnFloat(1)
		}
	}
	return x.ranking.Reset()
}
