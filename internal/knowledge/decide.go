package knowledge

import (
	"cmp"
	_ "embed"
	"math"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// Cuts say what becomes of a probability: from Answer on it is an answer, from Suggest on something to ask back about.
type Cuts struct {
	Answer  float64
	Suggest float64
}

const (
	mostByWords     = 200
	mostSuggestions = 3
	// worthSuggesting is the share of the best document's score that another must have to be suggested beside it.
	worthSuggesting = 0.6
)

// candidate is a passage that may answer, with what speaks for it.
type candidate struct {
	entry       *entry
	passage     int32
	near        [roles]float64 // of the passage and its heading; of the document's title and questions
	cover       float64
	rank        float64
	matched     []string
	score       float64 // orders the candidates
	probability float64 // that it answers
}

// name is how near the question is to what the document is called and asked as.
func (c *candidate) name() float64 {
	return max(c.near[ofTitle], c.near[ofQuestion], c.near[ofHeading])
}

func (c *candidate) meant() float64 { return max(c.name(), c.near[ofPassage]) }

// normalized writes a question so that it is the same however it is cased, spaced and ended.
func normalized(text string) string {
	return strings.Join(strings.FieldsFunc(fold(lower(text)), func(r rune) bool { return scriptOf(r) == noScript }), " ")
}

// question is what is asked, in the forms that it is looked up by.
type question struct {
	text     string
	words    []asked
	vector   []int8  // nil without an encoder
	offTopic float64 // how near it is to what no document is about
}

// candidates gathers the passages that have words of the question or are near it, the best first.
func (x *index) candidates(q *question) []*candidate {
	g := gathering{known: map[int32]*candidate{}}
	for _, h := range x.covered(q.words) {
		if len(g.all) == mostByWords {
			break
		}
		c := g.add(h.entry, h.passage)
		c.cover, c.rank, c.matched = h.cover, h.rank, h.matched
	}
	byMeaning := len(q.vector) > 0 && len(q.vector) == x.vectors.dims
	if byMeaning {
		x.bringNear(&g, q.vector)
	}
	for _, c := range g.all {
		c.score = c.cover
		if byMeaning && c.entry.vectors != nil {
			c.score = 0.5*c.meant() + 0.25*c.name() + 0.25*c.near[ofPassage] + 0.2*c.cover
		} else if byMeaning {
			c.score = 0.7 * c.cover // its vectors are still to be made
		}
	}
	slices.SortFunc(g.all, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.rank, a.rank), cmp.Compare(a.entry.id, b.entry.id), cmp.Compare(a.passage, b.passage))
	})
	all := g.all[:min(len(g.all), maxPassages)]
	x.judge(all, q, byMeaning)
	return all
}

// gathering is candidates by their rows.
type gathering struct {
	known map[int32]*candidate
	all   []*candidate
}

func (g *gathering) add(e *entry, passage int32) *candidate {
	row := e.passages[passage].row
	c := g.known[row]
	if c == nil {
		c = &candidate{entry: e, passage: passage}
		g.known[row] = c
		g.all = append(g.all, c)
	}
	return c
}

// bringNear adds the passages that are near the question, by themselves or as their document is called, and says of all
// candidates how near they are.
func (x *index) bringNear(g *gathering, vector []int8) {
	scale := inverseLength(vector)
	similar := func(row int32) float64 {
		if row < 0 {
			return 0
		}
		return x.vectors.similarity(row, vector, scale)
	}
	named := map[*entry]bool{}
	for _, row := range x.vectors.near(vector) {
		switch p := x.vectors.places[row]; p.role {
		case ofPassage, ofHeading:
			g.add(p.entry, p.passage)
		default:
			named[p.entry] = true
		}
	}
	for e := range named {
		if len(e.passages) > 0 {
			g.add(e, e.nearest(similar))
		}
	}
	shared := map[*entry][roles]float64{}
	for _, c := range g.all {
		if c.entry.vectors == nil {
			continue
		}
		near, ok := shared[c.entry]
		if !ok {
			near[ofTitle] = similar(c.entry.titleVector)
			for _, row := range c.entry.questionVectors {
				near[ofQuestion] = max(near[ofQuestion], similar(row))
			}
			shared[c.entry] = near
		}
		p := &c.entry.passages[c.passage]
		near[ofPassage], near[ofHeading] = similar(p.vector), similar(p.headingVector)
		c.near = near
	}
}

// nearest is the entry's passage that is nearest the question. Of a very long document only the beginning is looked at.
func (e *entry) nearest(similar func(row int32) float64) int32 {
	const most = 200
	best, highest := int32(0), -1.0
	for i := range e.passages[:min(len(e.passages), most)] {
		if near := max(similar(e.passages[i].vector), similar(e.passages[i].headingVector)); near > highest {
			best, highest = int32(i), near
		}
	}
	return best
}

// judge works out how likely each candidate answers. That of the best is calibrated: of a hundred questions with 0.7, some
// seventy are answered by it.
func (x *index) judge(all []*candidate, q *question, byMeaning bool) {
	name := normalized(q.text)
	for _, c := range all {
		r := rivalsOf(c, all)
		c.probability = byWords(c, r.cover)
		if byMeaning && c.entry.vectors != nil {
			c.probability = c.byMeaning(&r, q.offTopic)
		}
		if at, ok := x.exact[name]; ok && name != "" && at.entry == c.entry && (at.passage < 0 || at.passage == c.passage) {
			c.probability = 1 // it is asked for by its name
		}
		c.probability = math.Round(c.probability*1000) / 1000 // finer differences mean nothing
	}
}

// rivals are what a candidate is measured against: the best score and the best share of words of passages about something else,
// and how near the question is to such passages in general.
type rivals struct {
	score, cover, usual float64
}

// What rivals are where a chatbot has too few documents to tell: about what they are in the subjects that the numbers are from.
const (
	usualScore = 0.34
	usualNear  = 0.33
	rivalsLook = 5
)

// rivalsOf looks at the passages of other documents, and at other sections of the same one if it is long: the passages of a
// short document answer together.
func rivalsOf(c *candidate, all []*candidate) rivals {
	const short = 3 // passages
	r := rivals{}
	near := make([]float64, 0, len(all))
	for _, other := range all {
		if other == c || other.entry == c.entry && (len(c.entry.passages) <= short || other.heading() == c.heading()) {
			continue
		}
		r.score, r.cover = max(r.score, other.score), max(r.cover, other.cover)
		near = append(near, other.meant())
	}
	if len(near) < rivalsLook {
		r.score = max(r.score, usualScore)
	}
	for len(near) < rivalsLook {
		near = append(near, usualNear)
	}
	slices.SortFunc(near, func(a, b float64) int { return cmp.Compare(b, a) })
	for _, n := range near[:rivalsLook] {
		r.usual += n / rivalsLook
	}
	return r
}

func (c *candidate) heading() string { return c.entry.passages[c.passage].heading }

// byWords is the probability by the share of the question's words alone.
func byWords(c *candidate, others float64) float64 {
	high := max(0, c.cover-0.5) * float64(min(len(c.matched), 3))
	return logistic(-3.27 + 3.49*c.cover + 0.50*high + 2.63*(c.cover-others))
}

// features are what byMeaning weighs: how near the question is to what is the farther of name and passage, the share of its words
// and, counted more where there are several, what of it is above a half; by how much the candidate is ahead of its rivals, in all
// and in meaning; and by how much lines that no document is about are nearer.
func (c *candidate) features(r *rivals, offTopic float64) []float64 {
	return []float64{
		1,
		min(c.name(), c.near[ofPassage]),
		c.cover,
		max(0, c.cover-0.5) * float64(min(len(c.matched), 3)),
		min(c.score-r.score, 0.4),
		c.meant() - r.usual,
		max(0, offTopic-c.meant()),
	}
}

// weights are those of the features: go test ./internal/knowledge -run TestFit -fit finds them, on the subjects of bench/answers
// that it doesn't report on.
var weights = [...]float64{-2.39, 5.71, -2.00, 1.84, 7.05, 6.69, -2.59}

// byMeaning is the probability by meaning and words.
func (c *candidate) byMeaning(r *rivals, offTopic float64) float64 {
	sum := 0.0
	for i, feature := range c.features(r, offTopic) {
		sum += weights[i] * feature
	}
	p := logistic(sum)
	const certain = 0.75
	if c.cover >= 0.9 && len(c.matched) >= 2 && c.cover-r.cover >= 0.15 {
		p = max(p, certain) // all words of the question are the passage's, and of no other
	}
	return p
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

//go:embed offtopic.txt
var offTopicLines string

// offTopic are lines that people say to any chatbot and that hardly any document is about.
var offTopic = strings.Split(strings.TrimSpace(offTopicLines), "\n")

// choose decides what becomes of the candidates: which answers, nil if none does, and which may have been meant. A curated
// answer that is sure enough goes before any passage.
func choose(all []*candidate, cuts Cuts) (best *candidate, meant []*candidate) {
	for _, c := range all {
		if c.probability < cuts.Answer || c.probability <= 0 {
			continue
		}
		curated := c.entry.kind == bot9.KindAnswer
		if best == nil || curated && best.entry.kind != bot9.KindAnswer || curated == (best.entry.kind == bot9.KindAnswer) && c.probability > best.probability {
			best = c
		}
	}
	if best != nil || len(all) == 0 || all[0].probability < cuts.Suggest || all[0].probability <= 0 {
		return best, nil
	}
	for _, c := range all {
		if len(meant) == mostSuggestions || c.score < worthSuggesting*all[0].score {
			break
		}
		if !slices.ContainsFunc(meant, func(other *candidate) bool { return other.suggestion() == c.suggestion() }) {
			meant = append(meant, c)
		}
	}
	return nil, meant
}

// suggestion is what the candidate is suggested as: its document's title, or the heading of the section in a document of many.
func (c *candidate) suggestion() bot9.Suggestion {
	title := c.entry.title
	if heading := c.heading(); heading != "" && len(c.entry.passages) > 1 {
		title = lastHeading(heading)
	}
	return bot9.Suggestion{DocumentID: c.entry.id, Title: title}
}
