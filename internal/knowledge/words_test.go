package knowledge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWordsAreLowerCaseAndPairsWhereThereAreNoSpaces(t *testing.T) {
	for text, want := range map[string][]string{
		"How LONG, 50 €?":       {"how", "long", "50"},
		"Öffnungszeiten: don't": {"öffnungszeiten", "don", "t"},
		"返品できますか？":              {"返品", "品で", "でき", "きま", "ます", "すか"},
		"税":                     {"税"},
		"wifi密码":                {"wifi", "密码"},
		"ｗｉｆｉ":                  {"wifi"},
		"배송 기간":                 {"배송", "기간"},
		"e\u0301te\u0301":       {"été"},
		strings.Repeat("x", 65): nil,
		"":                      nil,
	} {
		var got []string
		eachWord(text, func(word string, _ bool) { got = append(got, word) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestLanguagesAreTold(t *testing.T) {
	for text, want := range map[string]language{
		"How long does it take?":             enLanguage,
		"Wie lange dauert es?":               deLanguage,
		"Combien de temps faut-il ?":         frLanguage,
		"Hoe lang duurt het?":                nlLanguage,
		"¿Cuánto cuesta el envío?":           esLanguage,
		"Quanto costa la spedizione?":        itLanguage,
		"Quanto custa o envio para você?":    ptLanguage,
		"Czy mogę oddać buty?":               plLanguage,
		"Сколько стоит доставка?":            ruLanguage,
		"Доставка":                           ruLanguage,
		"هل يمكنني الإلغاء؟":                 arLanguage,
		"unsubcribe newsleter":               noLanguage,
		"返品できますか？":                           noLanguage,
		"Iade edebilir miyim ve nasıl olur?": trLanguage,
	} {
		if got := languageOf(text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestStemsAreOfTheLanguage(t *testing.T) {
	for _, c := range []struct {
		l            language
		first, other string
	}{
		{enLanguage, "returns", "returned"},
		{deLanguage, "schuhe", "schuhen"},
		{frLanguage, "réserver", "réservation"},
		{nlLanguage, "kamers", "kamer"},
		{esLanguage, "niños", "niño"},
		{ruLanguage, "доставка", "доставку"},
		{noLanguage, "café", "cafe"},
	} {
		if a, b := stem(c.first, c.l), stem(c.other, c.l); a != b {
			t.Errorf("%s: %s, %s: %s", c.first, a, c.other, b)
		}
	}
}

func TestDistanceCountsTypingErrors(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"return", "return"}: 0, {"retrun", "return"}: 1, {"recieve", "receive"}: 1, {"pasword", "password"}: 1, {"hello", "help"}: 2,
		{"a", "bcdef"}: 5, {"", "ab"}: 2, {"kitten", "sitting"}: 3,
	} {
		if got := distance([]rune(pair[0]), []rune(pair[1]), 5); got != want && !(want > 5 && got > 5) {
			t.Errorf("%v: %d, want %d", pair, got, want)
		}
	}
	if got := distance([]rune("abcdef"), []rune("uvwxyz"), 2); got <= 2 {
		t.Errorf("more than the limit is %d", got)
	}
}

func TestTypingErrorsAreCorrectedWithinALanguageOnly(t *testing.T) {
	x := newLexicon()
	x.add(0, enLanguage, "Shipping to Belgium costs six euro for the whole parcel")
	x.add(1, deLanguage, "Die Lieferung ist kostenlos")
	for question, want := range map[string]string{
		"how much is shiping to belguim": "how much is shipping to belgium",
		"shiping":                        "shipping",
		"Hoeveel kost verzenden naar Belgie, en voor wie?": "Hoeveel kost verzenden naar Belgie, en voor wie?",
		"Was kostet die Liferung?":                         "Was kostet die lieferung?",
		"Was kostet der parcl?":                            "Was kostet der parcl?", // an English word is no correction of a German one
		"is it costy":                                      "is it costs",
		"ship":                                             "ship",
	} {
		if _, got := x.understand(question, 2, nil); got != want {
			t.Errorf("%q became %q, want %q", question, got, want)
		}
	}
}

func TestWhatIsRemovedIsForgotten(t *testing.T) {
	x := newLexicon()
	x.add(0, enLanguage, "Zebras and giraffes")
	x.add(1, enLanguage, "giraffes")
	x.remove(enLanguage, "Zebras and giraffes")
	if words, _ := x.understand("zebra", 1, nil); len(words) != 1 || len(words[0].terms) != 0 {
		t.Errorf("zebra: %+v", words)
	}
	if words, _ := x.understand("giraffe", 1, nil); len(words) != 1 || len(words[0].terms) != 1 || words[0].terms[0].live != 1 {
		t.Errorf("giraffe: %+v", words)
	}
	if x.vocab["zebras"] != nil || x.vocab["giraffes"] == nil || x.langs[enLanguage] != 1 {
		t.Errorf("vocabulary %v, languages %v", x.vocab, x.langs)
	}
}
