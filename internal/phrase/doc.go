// Package phrase is what the bot says by itself and what it understands without a model, in the languages of the widget:
// wishes for a person, yes and no, greetings, away messages. It is pure.
package phrase

// Language is one of the widget's languages, as a BCP 47 tag.
type Language string

// The languages.
const (
	English    Language = "en"
	German     Language = "de"
	French     Language = "fr"
	Spanish    Language = "es"
	Italian    Language = "it"
	Dutch      Language = "nl"
	Portuguese Language = "pt"
	Japanese   Language = "ja"
)

// Languages lists them all.
var Languages = []Language{English, German, French, Spanish, Italian, Dutch, Portuguese, Japanese}
