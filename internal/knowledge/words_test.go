package knowledge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWordsOf(t *testing.T) {
	for question, want := range map[string][]string{
		"How long does DELIVERY take, and what's the delivery cost?": {"long", "delivery", "take", "cost"},

		"can you help me please":           nil,
		`NEAR("a b", 3) OR title:x*`:       {"near", "b", "3", "title", "x"},
		"Öffnungszeiten im Cafe\u0301 😀":   {"öffnungszeiten", "im", "cafe\u0301"},
		strings.Repeat("a1 b2 c3 ", 1_000): {"a1", "b2", "c3"},
	} {
		if diff := cmp.Diff(want, wordsOf(question)); diff != "" {
			t.Errorf("%.40q: %s", question, diff)
		}
	}
	var many strings.Builder
	for r := 'ä'; r < 'ä'+500; r++ {
		many.WriteString(string(r) + "1 ")
	}
	if n := len(wordsOf(many.String())); n != maxWords {
		t.Errorf("%d words, want %d", n, maxWords)
	}
}

func TestQuotedWordsAreNoSyntax(t *testing.T) {
	for word, want := range map[string]string{`word`: `"word"`, `a"b`: `"a""b"`, `"`: `""""`, `OR`: `"OR"`} {
		if got := quoted(word); got != want {
			t.Errorf("quoted(%q) = %s, want %s", word, got, want)
		}
	}
}
