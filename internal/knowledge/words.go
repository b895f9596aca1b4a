package knowledge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxWords bounds how many different words of a question are looked at, and so what a search can cost.
	maxWords = 48
	// maxWord is how many bytes of a word count; a longer one is a key or a picture, which nobody asks for.
	maxWord = 64
)

// script tells how a character takes part in words.
type script int

const (
	noScript script = iota // no part of a word
	spaced                 // words have spaces between them
	unspaced               // pairs of characters stand for words
)

// scriptOf tells the script of a character. Chinese, Japanese and Thai put no spaces between words; Korean attaches so much to
// its words that pairs of characters find more.
func scriptOf(r rune) script {
	switch {
	case r < 0x80:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return spaced
		}
		return noScript
	case r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return unspaced
	case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
		return spaced
	}
	return noScript
}

// eachWord calls do with each word of the text in lower case: runs of letters and digits; where a script puts no spaces, pairs
// of neighbouring characters. Compatible characters are alike (NFKC).
func eachWord(text string, do func(word string, pair bool)) {
	if !isPlain(text) {
		text = norm.NFKC.String(text)
	}
	start, kind := 0, noScript
	flush := func(end int) {
		if run := text[start:end]; kind == spaced && len(run) <= maxWord {
			do(strings.ToLower(run), false)
		} else if kind == unspaced {
			eachPair(run, do)
		}
	}
	for at, r := range text {
		now := scriptOf(r)
		if kind != noScript && unicode.Is(unicode.Mn, r) {
			now = kind
		}
		if now != kind {
			flush(at)
			start, kind = at, now
		}
	}
	flush(len(text))
}

func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// eachPair calls do with the pairs of a run of characters, or with the only one.
func eachPair(run string, do func(string, bool)) {
	_, size := utf8.DecodeRuneInString(run)
	if size == len(run) {
		do(run, true)
		return
	}
	for at := 0; at+size < len(run); {
		_, next := utf8.DecodeRuneInString(run[at+size:])
		do(run[at:at+size+next], true)
		at, size = at+size, next
	}
}

// fold takes accents off letters, so that café is found by cafe.
func fold(word string) string {
	if isPlain(word) {
		return word
	}
	word = strings.ReplaceAll(word, "ß", "ss")
	var out strings.Builder
	for _, r := range norm.NFD.String(word) {
		if !unicode.Is(unicode.Mn, r) || scriptOf(r) == unspaced {
			out.WriteRune(r)
		}
	}
	return norm.NFC.String(out.String())
}

// lower is a word as eachWord gives it.
func lower(word string) string {
	if !isPlain(word) {
		word = norm.NFKC.String(word)
	}
	return strings.ToLower(word)
}
