package knowledge

import (
	"strings"
	"unicode"
)

// maxWords bounds how many different words of a question are looked at, and so what a search can cost.
const maxWords = 32

// wordsOf returns the words of a question that carry information: lower case, each once, without
// English stop words, at most maxWords.
func wordsOf(question string) []string {
	var words []string
	seen := map[string]bool{}
	isBreak := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }
	for word := range strings.FieldsFuncSeq(question, isBreak) {
		word = strings.ToLower(word)
		if stopWords[word] || seen[word] {
			continue
		}
		seen[word] = true
		if words = append(words, word); len(words) == maxWords {
			break
		}
	}
	return words
}

// quoted makes an FTS5 string of a word, so that nothing in it is query syntax.
func quoted(word string) string {
	return `"` + strings.ReplaceAll(word, `"`, `""`) + `"`
}

// stopWords are the English words that say how something is asked rather than what about, and the
// ends that an apostrophe splits off.
var stopWords = setOf(`
	a about after again all also am an and any anybody anyone anything are aren as at be because been
	before being but by can cannot could couldn d did didn do does doesn doing don done each either
	else ever every explain few for from get give gets getting go goes going got had hadn has hasn have
	haven having he hello help her here hers hey hi him his how i if in into is isn it its itself just
	kindly know let like ll look m may maybe me might mine more most much must my need no nor not now of
	off oh ok okay on once one only onto or other our ours out over own perhaps please pls possible
	quite rather re really s same say shall she should shouldn show since so some somebody someone
	something such sure t tell than thank thanks that the their them then there these they thing things
	this those through to too under until up us ve very want wants was wasn we were weren what whatever
	when where whether which while who whom whose why will wish with within without won wonder would
	wouldn y yes you your yours`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}
