package store

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/bot9/bot9/internal/bot9"
)

// What searches find is decided here, in Go, so that it is the same on every database. A text is folded (composed, in
// one case) and split into words at spaces. A word of the query with three characters and more is found anywhere in the
// text; of Chinese, Japanese and Korean, two are enough. A shorter one is found where a word begins, or where letters,
// digits and signs meet within one.

// searchWord is a word of a query.
type searchWord struct {
	text   string
	runes  []rune
	prefix bool // it is found at beginnings only
}

// searchWords splits a query.
func searchWords(query string) (words []searchWord) {
	for field := range strings.FieldsSeq(fold(query)) {
		w := searchWord{text: field, runes: []rune(field)}
		w.prefix = len(w.runes) < 3 && (len(w.runes) < 2 || !dense(w.runes[0]) || !dense(w.runes[1]))
		words = append(words, w)
	}
	return words
}

// fold composes a text's characters and takes their case away.
func fold(text string) string {
	return strings.Map(func(r rune) rune { return unicode.ToLower(unicode.ToUpper(r)) }, norm.NFC.String(text))
}

// dense tells whether a character is of a script that is written without spaces, and says much in few characters.
func dense(r rune) bool {
	return r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// found tells whether all words are in a text.
func found(words []searchWord, text string) bool {
	text = fold(text)
	for _, w := range words {
		if !w.in(text) {
			return false
		}
	}
	return true
}

func (w *searchWord) in(text string) bool {
	if !w.prefix {
		return strings.Contains(text, w.text)
	}
	for from := 0; ; {
		i := strings.Index(text[from:], w.text)
		if i < 0 {
			return false
		}
		if from += i; beginsAt(text, from) {
			return true
		}
		from += len(w.text)
	}
}

// beginsAt tells whether something begins at the byte i of the text.
func beginsAt(text string, i int) bool {
	before := ' '
	for _, r := range text[max(0, i-4):i] {
		before = r
	}
	for _, r := range text[i:] {
		return kindOf(before) != kindOf(r)
	}
	return false
}

func kindOf(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return 0
	case unicode.IsLetter(r), unicode.IsMark(r):
		return 1
	case unicode.IsNumber(r):
		return 2
	}
	return 3
}

// Pieces are what the index knows of a text: every three characters of a word in a row, every two of a dense script,
// and the one and two with which something begins. Each is a number that depends on the chatbot too, so that one
// chatbot's texts don't make another's searches slow. Two pieces may have the same number: what the index finds is
// looked at again.

// piecesOf returns the pieces of a text, each once.
func piecesOf(chatbot bot9.ChatbotID, text string) (pieces []int64) {
	h := newPieceHash(chatbot)
	var word []rune
	flush := func() {
		before := ' '
		for i, r := range word {
			if i+2 < len(word) {
				pieces = append(pieces, h.of('3', word[i:i+3]))
			}
			if i+1 < len(word) && dense(r) && dense(word[i+1]) {
				pieces = append(pieces, h.of('2', word[i:i+2]))
			}
			if kindOf(before) != kindOf(r) {
				pieces = append(pieces, h.of('^', word[i:i+1]))
				if i+1 < len(word) {
					pieces = append(pieces, h.of('^', word[i:i+2]))
				}
			}
			before = r
		}
		word = word[:0]
	}
	for _, r := range fold(text) {
		if unicode.IsSpace(r) {
			flush()
		} else {
			word = append(word, r)
		}
	}
	flush()
	slices.Sort(pieces)
	return slices.Compact(pieces)
}

// piecesWanted returns the pieces that any text with these words contains.
func piecesWanted(chatbot bot9.ChatbotID, words []searchWord) (pieces []int64) {
	h := newPieceHash(chatbot)
	for _, w := range words {
		switch {
		case w.prefix:
			pieces = append(pieces, h.of('^', w.runes))
		case len(w.runes) == 2:
			pieces = append(pieces, h.of('2', w.runes))
		default:
			for i := range len(w.runes) - 2 {
				pieces = append(pieces, h.of('3', w.runes[i:i+3]))
			}
		}
	}
	slices.Sort(pieces)
	return slices.Compact(pieces)
}

// pieceHash makes numbers of 32 bits, which both databases keep in little room.
type pieceHash struct{ chatbot [8]byte }

func newPieceHash(chatbot bot9.ChatbotID) pieceHash {
	var h pieceHash
	binary.BigEndian.PutUint64(h.chatbot[:], uint64(chatbot))
	return h
}

func (h pieceHash) of(kind byte, runes []rune) int64 {
	hash := fnv.New32a()
	_, _ = hash.Write(h.chatbot[:]) // a hash takes everything
	_, _ = hash.Write([]byte{kind})
	_, _ = hash.Write([]byte(string(runes)))
	return int64(int32(hash.Sum32()))
}
