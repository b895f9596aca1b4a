package phrase

import (
	"regexp"
	"strings"
	"unicode"
)

// commonWords are words that tell the languages apart. Those that several share count for each.
var commonWords = map[Language]string{
	English:    "the a an is are was do does did you your i my me we it can could how what when where why who which and or of for to in on with not have has please there this that will would",
	German:     "der die das ein eine einen einem einer ist sind war du ihr sie ich mein meine mir mich wir es kann könnte wie was wann wo warum wer welche und oder von für zu zum zur in im auf mit nicht habe hat haben bitte gibt dieser diese wird werden kein keine auch noch",
	French:     "le la les un une des du de est sont était vous votre vos je mon ma mes nous il elle peut puis comment que quoi quand où pourquoi qui quel quelle et ou pour à au aux dans sur avec ne pas avez ai a s'il plaît cette ce sera est-ce combien j'ai c'est",
	Spanish:    "el la los las un una es son era usted tu tus yo mi mis me nosotros puede puedo cómo como qué que cuándo dónde por porque quién cuál y o de del para a al en con no tengo tiene hay favor esta este será cuánto cuánta están",
	Italian:    "il lo la i gli le un una è sono era lei tuo tua io mio mia mi noi può posso come che cosa quando dove perché chi quale e o di del della per a al in nel con non ho ha hai c'è favore questo questa sarà quanto quanti",
	Dutch:      "de het een is zijn was je jij uw u ik mijn me wij we kan kunnen hoe wat wanneer waar waarom wie welke en of van voor naar te in op met niet heb heeft hebben alstublieft er deze dit zal worden geen ook nog",
	Portuguese: "o a os as um uma é são era você seu sua eu meu minha me nós pode posso como que quando onde por porque quem qual e ou de do da para ao à em no na com não tenho tem há favor este esta será quanto quantos vocês",
}

var wordsOfLanguage = func() map[string][]Language {
	byWord := map[string][]Language{}
	for _, language := range Languages {
		for word := range strings.FieldsSeq(commonWords[language]) {
			byWord[word] = append(byWord[word], language)
		}
	}
	return byWord
}()

// DetectLanguage tells which of the languages a text is in, fallback if it can't tell. Kana make a text Japanese; the other
// languages are told apart by their commonest words.
func DetectLanguage(text string, fallback Language) Language {
	for _, r := range text {
		if unicode.In(r, unicode.Hiragana, unicode.Katakana) {
			return Japanese
		}
	}
	scores := map[Language]int{}
	for word := range strings.FieldsSeq(plainWords(text)) {
		of := wordsOfLanguage[word]
		for _, language := range of {
			scores[language] += 12 / len(of) // a word of one language alone says most
		}
	}
	best, most := fallback, scores[fallback]
	for _, language := range Languages {
		if scores[language] > most {
			best, most = language, scores[language]
		}
	}
	return best
}

// LanguageOf returns the language that a BCP 47 tag stands for; ok is false for a language that is none of the widget's.
func LanguageOf(tag string) (language Language, ok bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	for _, known := range Languages {
		if string(known) == base {
			return known, true
		}
	}
	return English, false
}

// notWords keeps hyphens out, so that "passez-moi" is two words, and apostrophes in.
var notWords = regexp.MustCompile(`[^\p{L}\p{M}\p{N}']+`)

// plainWords is a text in small letters, its words separated by single spaces, without punctuation.
func plainWords(text string) string {
	lower := strings.NewReplacer("’", "'", "‘", "'").Replace(strings.ToLower(text))
	return strings.TrimSpace(notWords.ReplaceAllString(lower, " "))
}

// Contains tells whether a text has a word or phrase, as whole words in any case; in scripts without spaces, anywhere.
func Contains(text, wanted string) bool {
	wanted = plainWords(wanted)
	if wanted == "" {
		return false
	}
	plain := plainWords(text)
	for _, r := range wanted {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) {
			return strings.Contains(strings.ReplaceAll(plain, " ", ""), strings.ReplaceAll(wanted, " ", ""))
		}
	}
	return strings.Contains(" "+plain+" ", " "+wanted+" ")
}

// For returns the language that an end user is answered in: the one that the tag names or, if that is "auto" or none of
// the widget's, the one that the text is in.
func For(tag, text string) Language {
	if language, ok := LanguageOf(tag); ok {
		return language
	}
	return DetectLanguage(text, English)
}
