package phrase

import (
	"regexp"
	"strings"
)

// Consent is what an end user says to "Shall I?".
type Consent int

// The kinds of consent.
const (
	Unclear Consent = iota
	Yes
	No
)

var (
	yes = regexp.MustCompile(`^(?:` +
		`(?:yes|yep|yeah|yup|sure|ok|okay|confirm|confirmed|go ahead|do it|please do|please|correct|right|ja|jo|klar|gerne|natürlich|genau|mach das|machen sie das|bitte|` +
		`oui|d'accord|bien sûr|vas y|allez y|je confirme|confirmer|sí|si|claro|vale|de acuerdo|adelante|confirmo|hazlo|` +
		`sì|certo|va bene|procedi|confermo|conferma|prego|graag|prima|zeker|doe maar|natuurlijk|akkoord|sim|com certeza|pode|pode sim|faça isso|confirma)` +
		`(?: (?:please|bitte|s'il vous plaît|por favor|per favore|alstublieft|graag|danke|thanks|thank you|merci|gracias|grazie|obrigad[oa]|do it|go ahead|ok|sure))*)$`)
	no = regexp.MustCompile(`^(?:no|nope|nah|don't|do not|cancel|stop|never mind|nein|nö|nicht|abbrechen|lieber nicht|non|annuler|surtout pas|` +
		`cancelar|mejor no|annulla|meglio no|nee|niet|annuleren|liever niet|não|nao|melhor não)\b`)
	japaneseYes = regexp.MustCompile(`^(?:はい|ええ|うん|お願いします|了解|それで(?:お願い)?|オーケー|OK|確定)(?:[、。,.!！]|お願いします|です)*$`)
	japaneseNo  = regexp.MustCompile(`^(?:いいえ|いや|やめ|キャンセル|結構です|不要)`)
	greeting    = regexp.MustCompile(`^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|thanks|thank you|thank you very much|thx|cheers|great|perfect|bye|goodbye|` +
		`hallo|guten (?:tag|morgen|abend)|moin|servus|danke|vielen dank|danke schön|super|tschüss|auf wiedersehen|` +
		`bonjour|bonsoir|salut|merci|merci beaucoup|parfait|au revoir|hola|buenos días|buenas tardes|buenas noches|buenas|gracias|muchas gracias|perfecto|adiós|` +
		`ciao|salve|buongiorno|buonasera|grazie|grazie mille|perfetto|arrivederci|hoi|goedemorgen|goedemiddag|goedenavond|goedendag|bedankt|dank je|dank u|dank je wel|dank u wel|tot ziens|doei|` +
		`olá|oi|bom dia|boa tarde|boa noite|obrigado|obrigada|muito obrigado|muito obrigada|perfeito|tchau|adeus|there|bot|alle|zusammen)(?: |$))+$`)
	japaneseGreeting = regexp.MustCompile(`^(?:こんにちは|こんばんは|おはよう(?:ございます)?|もしもし|はじめまして|ありがとう(?:ございます|ございました)?|どうも|さようなら)[。、!！]*$`)
)

// ConsentOf reads the answer to "Shall I?". Anything but a plain yes is none: what changes something is done on no less.
func ConsentOf(message string) Consent {
	words, trimmed := plainWords(message), strings.TrimSpace(message)
	switch {
	case no.MatchString(words), japaneseNo.MatchString(trimmed):
		return No
	case yes.MatchString(words), japaneseYes.MatchString(trimmed):
		return Yes
	}
	return Unclear
}

// IsGreeting tells whether a message only greets, thanks or says good-bye.
func IsGreeting(message string) bool {
	return greeting.MatchString(plainWords(message)) || japaneseGreeting.MatchString(strings.TrimSpace(message))
}
