package store

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSearchWords(t *testing.T) {
	for _, c := range []struct {
		query, text string
		want        bool
	}{
		{"ello", "Hello there", true},
		{"lo", "Hello there", false}, // not where a word begins
		{"he", "Hello", true},
		{"TH", "Hello there", true},
		{"hello there", "there, hello!", true},
		{"hello nobody", "there, hello!", false},
		{"12", "order 4712", false},
		{"47", "order#4712", true}, // where signs and digits meet
		{"%", "100%", true},
		{"ÉCOLE", "e\u0301cole", true}, // composed or not
		{"σοφός", "ΣΟΦΌΣ", true},
		{"京都", "東京都に行く", true},
		{"京", "東京都に行く", false},
		{"東", "東京都に行く", true},
		{"한국", "대한국민", true},
		{"a", "", false},
	} {
		if got := found(searchWords(c.query), c.text); got != c.want {
			t.Errorf("%q in %q: %v", c.query, c.text, got)
		}
	}
}

// TestThePiecesOfWhatIsFound has the index find every text in which the words are.
func TestThePiecesOfWhatIsFound(t *testing.T) {
	characters := rapid.SliceOfN(rapid.SampledFrom([]rune("aAbBßéÉe\u0301ſKςσ 1%_-京都한국ーｱ😀\u00a0İı")), 0, 12)
	rapid.Check(t, func(t *rapid.T) {
		text, query := string(characters.Draw(t, "text")), string(characters.Draw(t, "query"))
		if rapid.Bool().Draw(t, "part") && len([]rune(text)) > 0 {
			runes := []rune(text)
			from := rapid.IntRange(0, len(runes)-1).Draw(t, "from")
			query = string(runes[from:rapid.IntRange(from+1, len(runes)).Draw(t, "to")])
		}
		words := searchWords(query)
		if !found(words, text) {
			return
		}
		pieces := piecesOf(7, text)
		for _, p := range piecesWanted(7, words) {
			if _, ok := slices.BinarySearch(pieces, p); !ok {
				t.Fatalf("%q is found in %q, and a piece of it isn't", query, text)
			}
		}
	})
}
