package meaning

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// IDs of pieces that stand for no text.
const (
	unknownPiece = 0
	beginPiece   = 1
	endPiece     = 2
)

// tokenizer cuts texts as SentencePiece does (Kudo 2018): it normalizes them, and finds the most probable pieces.
type tokenizer struct {
	pieces  []byte   // sorted, one after the other
	ends    []uint32 // where each ends
	ids     []uint32
	scores  []float32
	unknown float32 // the score of a character that is in no piece
	longest int     // bytes of the longest piece

	trie     []uint32 // a double array of what is normalized
	replaced []byte
}

func newTokenizer(pieces, ends, ids, scores, trie, replaced []byte) (*tokenizer, error) {
	t := &tokenizer{pieces: pieces, ends: uint32s(ends), ids: uint32s(ids), scores: float32s(scores), trie: uint32s(trie), replaced: replaced}
	if len(t.ends) == 0 || len(t.ids) != len(t.ends) || len(t.scores) != len(t.ends) || int(t.ends[len(t.ends)-1]) != len(pieces) {
		return nil, errNotAModel
	}
	lowest, start := float32(0), uint32(0)
	for i, end := range t.ends {
		if end < start {
			return nil, errNotAModel
		}
		t.longest = max(t.longest, int(end-start))
		lowest = min(lowest, t.scores[i])
		start = end
	}
	const unknownPenalty = 10 // as SentencePiece has it
	t.unknown = lowest - unknownPenalty
	return t, nil
}

func (t *tokenizer) piece(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.pieces[start:t.ends[i]]
}

// prefix returns what the longest key at the start of text is replaced by, and that key's length; a character of its own if
// there is none. The double array is darts-clone's: a unit holds its label, whether a value follows, and the offset to its children.
func (t *tokenizer) prefix(text []byte) (replacement []byte, length int) {
	const label, hasValue = 0x800000FF, 0x100
	offset := func(unit uint32) uint32 { return (unit >> 10) << ((unit & 0x200) >> 6) }
	value := uint32(0)
	if len(t.trie) > 0 {
		at := offset(t.trie[0])
		for i, b := range text {
			at ^= uint32(b)
			if int(at) >= len(t.trie) {
				break
			}
			unit := t.trie[at]
			if unit&label != uint32(b) {
				break
			}
			if at ^= offset(unit); unit&hasValue != 0 && int(at) < len(t.trie) {
				length, value = i+1, t.trie[at]&0x7FFFFFFF
			}
		}
	}
	if length > 0 && int(value) < len(t.replaced) {
		replacement = t.replaced[value:]
		if end := bytes.IndexByte(replacement, 0); end >= 0 {
			replacement = replacement[:end]
		}
		return replacement, length
	}
	_, length = utf8.DecodeRune(text)
	return text[:length], length
}

const space = "▁" // how a space is written in pieces

// normalize writes the text as the pieces are written: compatible characters alike, each run of spaces as one mark, and one
// in front.
func (t *tokenizer) normalize(text string) []byte {
	in := []byte(text)
	out := append(make([]byte, 0, len(in)+len(in)/4+8), space...)
	afterSpace := true
	for len(in) > 0 {
		piece, length := t.prefix(in)
		in = in[length:]
		for afterSpace && len(piece) > 0 && piece[0] == ' ' {
			piece = piece[1:]
		}
		if len(piece) == 0 {
			continue
		}
		for _, b := range piece {
			if b == ' ' {
				out = append(out, space...)
			} else {
				out = append(out, b)
			}
		}
		afterSpace = piece[len(piece)-1] == ' '
	}
	for bytes.HasSuffix(out, []byte(space)) {
		out = out[:len(out)-len(space)]
	}
	return out
}

// tokens returns the IDs of the text's pieces, between those of begin and end, at most limit of them in all.
func (t *tokenizer) tokens(text string, limit int) []uint32 {
	ids := []uint32{beginPiece}
	if normal := t.normalize(text); len(normal) > 0 {
		found, _ := t.segment(normal)
		ids = append(ids, found[:min(len(found), limit-2)]...)
	} else {
		ids = append(ids, unknownPiece)
	}
	return append(ids, endPiece)
}

// segment finds the most probable pieces (Viterbi), and their log probability.
func (t *tokenizer) segment(text []byte) (ids []uint32, score float32) {
	type step struct {
		score float32
		from  int32
		id    uint32
	}
	best := make([]step, len(text)+1)
	for i := 1; i < len(best); i++ {
		best[i].score = -1e38
	}
	for at := 0; at < len(text); {
		_, size := utf8.DecodeRune(text[at:])
		known := false // whether the character alone is a piece
		t.piecesAt(text[at:], func(length, i int) {
			if score := best[at].score + t.scores[i]; score > best[at+length].score {
				best[at+length] = step{score, int32(at), t.ids[i]}
			}
			known = known || length == size
		})
		if score := best[at].score + t.unknown; !known && score > best[at+size].score {
			best[at+size] = step{score, int32(at), unknownPiece}
		}
		at += size
	}
	for at := len(text); at > 0; at = int(best[at].from) {
		ids = append(ids, best[at].id)
	}
	slices.Reverse(ids)
	return ids, best[len(text)].score
}

// piecesAt calls found with each piece that the text begins with: its length and its place. The sorted pieces that share the
// first bytes lie together, so that a byte more narrows them by two binary searches.
func (t *tokenizer) piecesAt(text []byte, found func(length, i int)) {
	low, high := 0, len(t.ends)
	for length := 1; length <= min(len(text), t.longest) && low < high; length++ {
		want := int(text[length-1])
		byteAt := func(i int) int { // -1 past the end
			if piece := t.piece(i); len(piece) >= length {
				return int(piece[length-1])
			}
			return -1
		}
		low += search(high-low, func(i int) bool { return byteAt(low+i) >= want })
		high = low + search(high-low, func(i int) bool { return byteAt(low+i) > want })
		if low < high && len(t.piece(low)) == length {
			found(length, low)
		}
	}
}

// search is sort.Search, which isn't inlined.
func search(n int, is func(int) bool) int {
	i, j := 0, n
	for i < j {
		if middle := int(uint(i+j) >> 1); is(middle) {
			j = middle
		} else {
			i = middle + 1
		}
	}
	return i
}
