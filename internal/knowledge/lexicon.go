package knowledge

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

// lexicon finds rows by the stems of their words. A row is a passage, or what all passages of a document share: its title, and
// what it is also asked as. It is not safe for concurrent use.
type lexicon struct {
	terms   map[string]*term
	vocab   map[string]*spelling // by the folded word
	initial map[rune][]string    // the words of vocab by their first letter; nil until typing errors are looked for
	stems   [languages + 1]map[string]string
	langs   [languages]int // how many rows are in each language
	bytes   int64          // estimated
}

// term is a stem, and where it is.
type term struct {
	rows []posting
	live int // rows that haven't been removed
}

// posting is a row and how often it has the term.
type posting struct {
	row   int32
	times int32
}

// spelling is a word as documents have it.
type spelling struct {
	live int    // rows
	in   uint32 // languages of the rows that had it, a bit each
}

func newLexicon() *lexicon {
	return &lexicon{terms: map[string]*term{}, vocab: map[string]*spelling{}}
}

// stem is the stem of a word. Few words differ, so each is cut once.
func (x *lexicon) stem(word string, l language) string {
	known := x.stems[l+1]
	if known == nil {
		known = map[string]string{}
		x.stems[l+1] = known
	}
	root, ok := known[word]
	if !ok {
		root = stem(word, l)
		known[word] = root
		x.bytes += int64(len(word)+len(root)) + 64
	}
	return root
}

// counted are the words of a row, and its stems with how often it has them.
type counted struct {
	words map[string]bool // true for pairs of characters
	stems map[string]int32
	total int
}

func (x *lexicon) count(l language, texts ...string) counted {
	c := counted{words: map[string]bool{}, stems: map[string]int32{}}
	for _, text := range texts {
		eachWord(text, func(word string, pair bool) {
			c.words[word] = pair
			c.total++
			if !pair {
				word = x.stem(word, l)
			}
			c.stems[word]++
		})
	}
	return c
}

// add adds a row in a language and returns how many words it has.
func (x *lexicon) add(row int32, l language, texts ...string) int {
	c := x.count(l, texts...)
	for root, times := range c.stems {
		t := x.terms[root]
		if t == nil {
			t = &term{}
			x.terms[root] = t
			x.bytes += int64(len(root)) + 80
		}
		t.rows = append(t.rows, posting{row, times})
		t.live++
		x.bytes += 10 // a slice that grows has some room to spare
	}
	for word, pair := range c.words {
		if pair {
			continue
		}
		word = fold(word)
		s := x.vocab[word]
		if s == nil {
			s = &spelling{}
			x.vocab[word] = s
			x.bytes += int64(len(word)) + 80
			x.initial = nil
		}
		s.live++
		if l >= 0 {
			s.in |= 1 << l
		}
	}
	if l >= 0 {
		x.langs[l]++
	}
	return c.total
}

// remove takes a row out that was added with the same texts. Its postings stay until all is made anew; whoever reads them
// knows which rows live.
func (x *lexicon) remove(l language, texts ...string) {
	c := x.count(l, texts...)
	for root := range c.stems {
		if t := x.terms[root]; t != nil {
			if t.live--; t.live == 0 {
				delete(x.terms, root)
			}
		}
	}
	for word, pair := range c.words {
		if pair {
			continue
		}
		word = fold(word)
		if s := x.vocab[word]; s != nil {
			if s.live--; s.live == 0 {
				delete(x.vocab, word)
				x.initial = nil
			}
		}
	}
	if l >= 0 {
		x.langs[l]--
	}
}

// asked is a word of a question.
type asked struct {
	word   string
	terms  []*term
	weight float64 // its share of what the question says
	factor float64 // 1, or less where a typing error was corrected
}

// understand looks a question's words up in all languages of the documents. Words that say nothing of what it is about are left
// out; those that no row has stay, with their weight.
func (x *lexicon) understand(question string, rows int, rarity func(string) float64) (words []asked, corrected string) {
	spoken := languageOf(question)
	seen := map[string]bool{}
	corrected = question
	eachWord(question, func(word string, pair bool) {
		if commonIn[word] != 0 || seen[word] || len(words) == maxWords {
			return
		}
		seen[word] = true
		a := asked{word: word, terms: x.termsOf(word, pair), factor: 1}
		if len(a.terms) == 0 && !pair {
			if meant, ok := x.correct(word, spoken, rarity); ok {
				a.terms, a.factor = x.termsOf(meant, false), correctedFactor
				corrected = replaceWord(corrected, word, meant)
			}
		}
		a.weight = x.weigh(&a, rows, rarity)
		words = append(words, a)
	})
	return words, corrected
}

// correctedFactor is what a word counts that was found only by correcting it.
const correctedFactor = 0.85

func (x *lexicon) termsOf(word string, pair bool) (terms []*term) {
	look := func(root string) {
		if t := x.terms[root]; t != nil && !slices.Contains(terms, t) {
			terms = append(terms, t)
		}
	}
	if pair {
		look(word)
		return terms
	}
	look(stem(word, noLanguage))
	for l, rows := range x.langs {
		if rows > 0 {
			look(stem(word, language(l)))
		}
	}
	return terms
}

// weigh is how much a word says: the rarer among the rows, and in the languages of the model if there is one, the more. A word
// that no row has says as much as one that a single row has.
func (x *lexicon) weigh(a *asked, rows int, rarity func(string) float64) float64 {
	found := 0
	for _, t := range a.terms {
		found += t.live
	}
	n, frequency := float64(max(rows, 1)), float64(min(max(found, 1), max(rows, 1)))
	inverse := math.Log(1 + (n-frequency+0.5)/(frequency+0.5))
	if rarity == nil {
		return inverse
	}
	weight := min(max(rarity(a.word)-6, 0.5), 10)
	if found > 0 {
		weight *= 0.3 + 0.7*math.Log(1+n/frequency)/math.Log(1+n)
	}
	return weight
}

// correct finds the word of the documents that was probably meant. A typing error is looked for only where the question is in a
// language of documents, or in none that can be told: a word of another language is no typing error. Words that the model
// knows are none either.
func (x *lexicon) correct(word string, spoken language, rarity func(string) float64) (meant string, ok bool) {
	const rare, short, long = 9.9, 4, 6
	letters := []rune(fold(word))
	if len(letters) < short || rarity != nil && rarity(word) < rare {
		return "", false
	}
	if spoken != noLanguage && x.langs[spoken] == 0 {
		return "", false
	}
	if x.initial == nil {
		x.initial = map[rune][]string{}
		for word := range x.vocab {
			first, _ := utf8.DecodeRuneInString(word)
			x.initial[first] = append(x.initial[first], word)
		}
	}
	limit := 1
	if len(letters) >= long {
		limit = 2
	}
	best := limit + 1
	try := func(first rune) {
		for _, candidate := range x.initial[first] {
			if d := len(candidate) - len(word); len(candidate) < short || d > 2*limit || d < -2*limit {
				continue
			}
			s := x.vocab[candidate]
			if spoken != noLanguage && s.in != 0 && s.in&(1<<spoken) == 0 {
				continue
			}
			d := distance(letters, []rune(candidate), best)
			if d < best || d == best && d <= limit && better(s, x.vocab[meant], candidate, meant) {
				best, meant = d, candidate
			}
		}
	}
	try(letters[0])
	if letters[1] != letters[0] {
		try(letters[1]) // the first two exchanged, or one in front
	}
	return meant, best <= limit
}

// better prefers the word that more rows have, so that the choice never depends on the order of a map.
func better(a, b *spelling, first, second string) bool {
	if b == nil {
		return true
	}
	return cmp.Or(cmp.Compare(b.live, a.live), cmp.Compare(first, second)) < 0
}

// distance counts the letters that have to be put in, taken out, replaced, or exchanged with their neighbour to make b of a;
// it stops at limit, which then is the answer or less than it.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var rows [3][maxWord + 1]int
	before, last, now := rows[0][:], rows[1][:], rows[2][:]
	if len(b) > maxWord {
		return limit + 1
	}
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
			least = min(least, now[j])
		}
		if least > limit {
			return limit + 1
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}

// replaceWord puts one word of a text in another's place, whatever its case.
func replaceWord(text, word, by string) string {
	start := -1
	for at, r := range text + " " {
		if in := scriptOf(r) == spaced; in && start < 0 {
			start = at
		} else if !in && start >= 0 {
			if lower(text[start:at]) == word {
				return text[:start] + by + text[at:]
			}
			start = -1
		}
	}
	return text
}
