package knowledge

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"

	"github.com/bot9/bot9/internal/bot9"
)

// index is one chatbot's passages, searchable. It is not safe for concurrent use.
type index struct {
	passages []bot9.Passage // the passage of row n stands at n-1
	db       *sqlite3.Conn  // nil without passages
	matching *sqlite3.Stmt  // rows that have a word
	ranking  *sqlite3.Stmt  // rows with their BM25
}

// BM25 decides between passages of the same score. There a heading weighs most, as it says what
// its passage is about; the title, which all passages of a document share, weighs least.
const (
	createTable = `CREATE VIRTUAL TABLE passages USING fts5(title, heading, text, content='',
		tokenize="porter unicode61 remove_diacritics 2")`
	insertRow  = `INSERT INTO passages(rowid, title, heading, text) VALUES (?, ?, ?, ?)`
	selectRows = `SELECT rowid FROM passages WHERE passages MATCH ?`
	selectRank = `SELECT rowid, bm25(passages, 0.5, 3.0, 1.0) FROM passages WHERE passages MATCH ?`
)

// build splits the documents and fills an in-memory database with their passages.
func build(ctx context.Context, documents []bot9.Document) (*index, error) {
	x := &index{}
	for _, document := range documents {
		x.passages = append(x.passages, split(document)...)
	}
	if len(x.passages) == 0 {
		return x, nil
	}
	if err := x.fill(ctx); err != nil {
		x.close()
		return nil, fmt.Errorf("indexing the knowledge: %w", err)
	}
	return x, nil
}

func (x *index) fill(ctx context.Context) (err error) {
	if x.db, err = sqlite3.OpenContext(ctx, ":memory:"); err != nil {
		return err
	}
	if err = fts5.Register(x.db); err != nil {
		return err
	}
	if err = x.db.Exec(createTable); err != nil {
		return err
	}
	insert, _, err := x.db.Prepare(insertRow)
	if err != nil {
		return err
	}
	defer insert.Close()
	txn := x.db.Begin()
	defer txn.End(&err)
	for i, passage := range x.passages {
		for column, text := range []string{passage.Title, passage.Heading, passage.Text} {
			if err = insert.BindText(column+2, text); err != nil {
				return err
			}
		}
		if err = insert.BindInt(1, i+1); err != nil {
			return err
		}
		if err = insert.Exec(); err != nil {
			return err
		}
	}
	if x.matching, _, err = x.db.Prepare(selectRows); err != nil {
		return err
	}
	x.ranking, _, err = x.db.Prepare(selectRank)
	return err
}

func (x *index) close() {
	if x.db == nil {
		return
	}
	// An in-memory database has nothing to lose, so there is nothing to do about an error.
	_ = x.matching.Close()
	_ = x.ranking.Close()
	_ = x.db.Close()
	x.db = nil
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
	hits := make([]bot9.Passage, 0, len(found))
	for row, hit := range found {
		passage := x.passages[row-1]
		passage.Score, passage.Rank, passage.Matched = hit.score, hit.rank, hit.matched
		hits = append(hits, passage)
	}
	slices.SortFunc(hits, func(a, b bot9.Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Rank, a.Rank),
			cmp.Compare(a.DocumentID, b.DocumentID), strings.Compare(a.Text, b.Text))
	})
	return hits[:min(limit, len(hits))], nil
}

type hit struct {
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
