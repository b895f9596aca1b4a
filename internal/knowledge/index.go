package knowledge

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// index is one chatbot's knowledge, searchable by words and, as far as there are vectors, by meaning. It is not safe for
// concurrent use.
type index struct {
	entries map[bot9.DocumentID]*entry
	lexicon *lexicon
	rows    []row // of the lexicon
	dead    int   // rows that were removed since all was made anew
	live    int   // passages
	words   int   // of all passages, for their mean length
	vectors vectors
	exact   map[string]named // what is called by a name: a title, a question or a heading, as normalized writes it
	ceded   bool             // whether names were given up that others may have too
	bytes   int64            // of texts
}

// entry is a document in the index.
type entry struct {
	id        bot9.DocumentID
	changed   bot9.Time // when it was changed last
	kind      bot9.DocumentKind
	title     string
	url       string
	questions []string
	language  language
	passages  []passage
	row       int32 // what all passages share

	vectors         []int32 // rows of vectors, in the order of Texts; nil without
	titleVector     int32   // one of them
	questionVectors []int32 // the last of them
}

// named is what has a name: a document, or one passage of it.
type named struct {
	entry   *entry
	passage int32 // -1: any
}

// passage is a part of a document.
type passage struct {
	heading string
	text    string
	words   int
	row     int32

	vector, headingVector int32 // rows of vectors; -1 without
}

// row is what a row of the lexicon belongs to.
type row struct {
	entry   *entry // nil if it was removed
	passage int32  // -1: all passages of the entry
}

func newIndex() *index {
	return &index{entries: map[bot9.DocumentID]*entry{}, lexicon: newLexicon(), exact: map[string]named{}}
}

// differences compares the index with the chatbot's documents: which it has that are gone, which have to be read, and which
// have vectors that it lacks.
func (x *index) differences(documents []bot9.DocumentVersion) (gone, changed, encoded []bot9.DocumentID) {
	exists := make(map[bot9.DocumentID]struct{}, len(documents))
	for _, document := range documents {
		exists[document.ID] = struct{}{}
		switch e, ok := x.entries[document.ID]; {
		case !ok || e.changed != document.UpdatedAt:
			changed = append(changed, document.ID)
			if document.Encoded {
				encoded = append(encoded, document.ID)
			}
		case document.Encoded && e.vectors == nil:
			encoded = append(encoded, document.ID)
		}
	}
	for id := range x.entries {
		if _, ok := exists[id]; !ok {
			gone = append(gone, id)
		}
	}
	return gone, changed, encoded
}

// replace takes out what the index has of these IDs and puts in the documents, which are some of them. If ctx ends before,
// the documents that were put in stay.
func (x *index) replace(ctx context.Context, ids []bot9.DocumentID, documents []bot9.Document) error {
	for _, id := range ids {
		x.remove(id)
	}
	for i := range documents {
		if err := ctx.Err(); err != nil {
			return err
		}
		x.put(&documents[i])
	}
	if x.ceded {
		x.ceded = false
		for _, e := range x.entries {
			x.claim(e)
		}
	}
	if x.dead > 1000 && x.dead > x.live {
		x.rebuild()
	}
	return nil
}

func (x *index) put(d *bot9.Document) {
	e := &entry{id: d.ID, changed: d.UpdatedAt, kind: d.Kind, title: d.Title, url: d.URL, questions: d.Questions}
	var g guess
	for _, p := range passagesOf(d) {
		e.passages = append(e.passages, passage{heading: p.Heading, text: p.Text})
		if g.words < 2_000 {
			g.read(p.Text)
		}
	}
	if e.language = g.language(); e.language == noLanguage {
		e.language = languageOf(strings.Join(append([]string{e.title}, e.questions...), " "))
	}
	x.entries[e.id] = e
	x.place(e)
	x.bytes += e.bytes()
	x.claim(e)
}

// claim gives the entry its names, those apart that another has a better right to.
func (x *index) claim(e *entry) {
	for name, passage := range e.names() {
		if first, taken := x.exact[name]; name != "" && (!taken || e.preferred(first.entry)) {
			x.exact[name] = named{e, passage}
		}
	}
}

// names are what the document and, in one of many passages, its sections are called, as normalized questions.
func (e *entry) names() map[string]int32 {
	names := map[string]int32{}
	if len(e.passages) > 1 {
		for i := len(e.passages) - 1; i >= 0; i-- {
			names[normalized(lastHeading(e.passages[i].heading))] = int32(i)
		}
	}
	for _, text := range e.shared() {
		names[normalized(text)] = -1
	}
	return names
}

// preferred tells which of two documents of the same name answers: a curated answer, else the newer one.
func (e *entry) preferred(other *entry) bool {
	if (e.kind == bot9.KindAnswer) != (other.kind == bot9.KindAnswer) {
		return e.kind == bot9.KindAnswer
	}
	return e.id > other.id
}

func (e *entry) bytes() int64 {
	n := 300 + len(e.title) + len(e.url)
	for _, question := range e.questions {
		n += 16 + len(question)
	}
	for _, p := range e.passages {
		n += 100 + len(p.heading) + len(p.text)
	}
	return int64(n)
}

// shared are the texts that count for all passages of the document.
func (e *entry) shared() []string { return append([]string{e.title}, e.questions...) }

// place adds the entry's rows.
func (x *index) place(e *entry) {
	next := func(number int) int32 {
		x.rows = append(x.rows, row{e, int32(number)})
		return int32(len(x.rows) - 1)
	}
	e.row = next(-1)
	x.lexicon.add(e.row, e.language, e.shared()...)
	for i := range e.passages {
		p := &e.passages[i]
		p.row = next(i)
		p.words = x.lexicon.add(p.row, e.language, p.heading, p.text)
		x.words += p.words
	}
	x.live += len(e.passages)
}

func (x *index) remove(id bot9.DocumentID) {
	e := x.entries[id]
	if e == nil {
		return
	}
	delete(x.entries, id)
	x.lexicon.remove(e.language, e.shared()...)
	x.rows[e.row] = row{}
	for _, p := range e.passages {
		x.lexicon.remove(e.language, p.heading, p.text)
		x.rows[p.row] = row{}
		x.words -= p.words
	}
	x.dead += 1 + len(e.passages)
	x.live -= len(e.passages)
	x.bytes -= e.bytes()
	x.forget(e)
	for name := range e.names() {
		if x.exact[name].entry == e {
			delete(x.exact, name)
			x.ceded = true // perhaps to another of the same name
		}
	}
}

// forget takes the entry's vectors out.
func (x *index) forget(e *entry) {
	for _, at := range e.vectors {
		if at >= 0 {
			x.vectors.remove(at)
		}
	}
	e.vectors, e.questionVectors = nil, nil
}

// rebuild makes the lexicon anew, without what was removed.
func (x *index) rebuild() {
	x.lexicon, x.rows, x.dead, x.live, x.words = newLexicon(), nil, 0, 0, 0
	for _, id := range slices.Sorted(maps.Keys(x.entries)) {
		x.place(x.entries[id])
	}
}

// encode gives a document its vectors, those of its Texts one after the other. Vectors of another state of it are left out.
func (x *index) encode(v *bot9.DocumentVectors) {
	e := x.entries[v.DocumentID]
	if e == nil || e.changed != v.UpdatedAt || v.Dimensions <= 0 {
		return
	}
	x.forget(e)
	places := e.places()
	if len(v.Vectors) != len(places)*v.Dimensions {
		return
	}
	e.vectors = make([]int32, len(places))
	small := make([]int8, v.Dimensions)
	for i, of := range places {
		for j, b := range v.Vectors[i*v.Dimensions:][:v.Dimensions] {
			small[j] = int8(b)
		}
		row := x.vectors.add(small, of)
		e.vectors[i] = row
		switch of.role {
		case ofPassage:
			e.passages[of.passage].vector, e.passages[of.passage].headingVector = row, -1
		case ofHeading:
			e.passages[of.passage].headingVector = row
		case ofTitle:
			e.titleVector = row
		case ofQuestion:
			e.questionVectors = append(e.questionVectors, row)
		}
	}
}

// places are what the entry's vectors are of, in the order of Texts.
func (e *entry) places() []place {
	places := make([]place, 0, 2*len(e.passages)+1+len(e.questions))
	for i, p := range e.passages {
		places = append(places, place{e, ofPassage, int32(i)})
		if p.heading != "" {
			places = append(places, place{e, ofHeading, int32(i)})
		}
	}
	places = append(places, place{entry: e, role: ofTitle})
	for range e.questions {
		places = append(places, place{entry: e, role: ofQuestion})
	}
	return places
}

// TextsVersion changes when Texts does, since vectors are stored in its order.
const TextsVersion = 1

// Texts are the texts of a document whose vectors it is found by: its passages, each followed by its heading if it has one; its
// title; what it is also asked as.
func Texts(d *bot9.Document) []string {
	var texts []string
	for _, p := range passagesOf(d) {
		texts = append(texts, p.Text)
		if p.Heading != "" {
			texts = append(texts, lastHeading(p.Heading))
		}
	}
	texts = append(texts, d.Title)
	return append(texts, d.Questions...)
}

// lastHeading is the innermost heading of a path.
func lastHeading(path string) string {
	if at := strings.LastIndex(path, headingSeparator); at >= 0 {
		path = path[at+len(headingSeparator):]
	}
	return strings.TrimSpace(path)
}

// passagesOf cuts a document into passages; a curated answer is one.
func passagesOf(d *bot9.Document) []bot9.Passage {
	if d.Kind == bot9.KindAnswer {
		return []bot9.Passage{{DocumentID: d.ID, Title: d.Title, Text: strings.TrimSpace(d.Text)}}
	}
	return split(*d)
}

// size estimates the bytes that the index takes.
func (x *index) size() int64 {
	return x.bytes + x.lexicon.bytes + x.vectors.bytes() + int64(len(x.rows))*16
}

// close empties the index.
func (x *index) close() { *x = *newIndex() }

// hit is a passage that has words of the question.
type hit struct {
	entry   *entry
	passage int32
	cover   float64 // the share of the question that it and what its document shares cover
	rank    float64 // BM25
	matched []string
}

// covered finds the passages that have a word of the question. A word counts for a passage if it or what its document shares
// has it.
func (x *index) covered(words []asked) []hit {
	total := 0.0
	for _, a := range words {
		total += a.weight
	}
	if total == 0 {
		return nil
	}
	at := make([]int32, len(x.rows)) // by row: the number of its hit, from 1
	var hits []hit
	mean := float64(x.words)/float64(max(x.live, 1)) + 1
	add := func(e *entry, number int32, a *asked, rank float64) {
		row := e.passages[number].row
		if at[row] == 0 {
			hits = append(hits, hit{entry: e, passage: number})
			at[row] = int32(len(hits))
		}
		h := &hits[at[row]-1]
		h.rank += rank
		if n := len(h.matched); n > 0 && h.matched[n-1] == a.word {
			return
		}
		h.cover += a.weight * a.factor / total
		h.matched = append(h.matched, a.word)
	}
	for i := range words {
		a := &words[i]
		for _, t := range a.terms {
			inverse := math.Log(1 + (float64(max(x.live, t.live))-float64(t.live)+0.5)/(float64(t.live)+0.5))
			for _, p := range t.rows {
				r := x.rows[p.row]
				if r.entry == nil {
					continue
				}
				if r.passage < 0 {
					for number := range r.entry.passages {
						add(r.entry, int32(number), a, inverse)
					}
					continue
				}
				const k, b = 1.2, 0.75
				times, length := float64(p.times), float64(r.entry.passages[r.passage].words)
				add(r.entry, r.passage, a, inverse*times*(k+1)/(times+k*(1-b+b*length/mean)))
			}
		}
	}
	slices.SortFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.cover, a.cover), cmp.Compare(b.rank, a.rank), cmp.Compare(a.entry.id, b.entry.id), cmp.Compare(a.passage, b.passage))
	})
	return hits
}
