package phrase

import "regexp"

// wish recognises, in one language, that somebody asks for a person.
type wish struct {
	only    *regexp.Regexp // the whole message is the wish: "agent please"
	toHuman *regexp.Regexp // the wish somewhere in a message: "can I talk to a real person about my bill?"
	refusal *regexp.Regexp // before the wish: somebody says not to
	vague   *regexp.Regexp // words for people that are no wish when they stand alone
}

const englishHuman = `(?:(?:an?|the|your|some|any|one of your|real|live|actual|human|support|customer|service|sales) )*` +
	`(?:humans?|agents?|persons?|people|representatives?|rep|operators?|someone|somebody|advisors?|staff|employees?|team|colleagues?)`

var englishWish = wish{
	only: regexp.MustCompile(`^(?:(?:please|hi|hello|ok|okay) )*(?:(?:get me|give me|i want|i need|i would like|i'd like|can i have|could i have|need|want) )?` +
		englishHuman + `(?: (?:please|now|instead))*$`),
	toHuman: regexp.MustCompile(`\b(?:talk|talking|speak|speaking|chat|connect|connected|transfer|transferred|put|pass|hand|forward|escalate)\b` +
		`(?: (?:me|us|this|it|through|over|on|directly)){0,3} (?:to|with) ` + englishHuman + `\b`),
	refusal: regexp.MustCompile(`\b(?:don't|do not|doesn't|didn't|did not|never|no need|rather not|without)\b(?: \S+){0,4} $`),
	vague:   regexp.MustCompile(`^(?:the |your |some |any )*(?:people|someone|somebody|staff|team|colleagues?|employees?|sales team)$`),
}

const (
	germanHuman = `(?:(?:einen?|einem|einer|der|die|den|dem|das|ihre[nmr]?|eure[nmr]?|deine[nmr]?|echte[nmrs]?|richtige[nmr]?|menschliche[nmr]?|wirkliche[nmr]?|lebende[nmr]?) )*` +
		`(?:mensch(?:en)?|mitarbeiter(?:in|n)?|person|berater(?:in|n)?|kundenberater(?:in|n)?|kundendienst|kundenservice|support|agent(?:en|in)?|jemand(?:em|en)?|kolleg(?:e|en|in)|ansprechpartner(?:in)?)`
	germanTalk = `(?:sprechen|reden|verbinden|verbunden|verbinde|chatten|schreiben|telefonieren|unterhalten)`

	frenchHuman = `(?:(?:un|une|le|la|l'|votre|vos|de|du|vrai|vraie|véritable|autre) )*(?:d'|l'|qu'|à )?` +
		`(?:humain|humaine|être humain|personne|vraie personne|conseiller|conseillère|agent|opérateur|opératrice|quelqu'un|employée?|responsable|collègue|service client)(?: (?:humain|humaine|réel|réelle))?`
	spanishHuman = `(?:(?:un|una|el|la|su|tu|algún|alguna|ser|verdadero|verdadera) )*` +
		`(?:humano|humana|persona|agente|operador|operadora|alguien|asesor|asesora|representante|empleado|empleada|compañero|compañera)(?: (?:real|humano|humana|de verdad))?`
	italianHuman = `(?:(?:un|una|uno|il|la|lo|vostro|vostra|essere|vero|vera) )*(?:un'|l'|all'|dell')?` +
		`(?:umano|umana|persona|operatore|operatrice|agente|qualcuno|consulente|addetto|addetta|collega|assistente)(?: (?:reale|vera|vero|umano|umana|in carne e ossa))?`
	dutchHuman = `(?:(?:een|de|het|uw|jullie|echte?|menselijke?|levende?) )*` +
		`(?:mens|persoon|medewerker|medewerkster|iemand|agent|collega|klantenservice|operator|adviseur)`
	portugueseHuman = `(?:(?:um|uma|o|a|seu|sua|algum|alguma|ser) )*` +
		`(?:humano|humana|pessoa|atendente|agente|alguém|operador|operadora|funcionário|funcionária|assistente|colega|representante)(?: (?:real|humano|humana|de verdade))?`
)

var wishes = map[Language]wish{
	English: englishWish,
	German: {
		only: regexp.MustCompile(`^(?:(?:bitte|hallo|hi|ok) )*(?:(?:ich (?:möchte|will|brauche|hätte gerne?)|gib mir|geben sie mir|kann ich) )?(?:bitte |mit )*` + germanHuman + `(?: (?:bitte|jetzt|haben|` + germanTalk + `))*$`),
		toHuman: regexp.MustCompile(`\bmit ` + germanHuman + ` (?:\S+ ){0,4}?` + germanTalk + `\b` +
			`|\b(?:verbinden|verbinde|leiten|leite|` + germanTalk + `)\b(?: (?:sie|mich|uns|bitte|gerne?|direkt|lieber|weiter)){0,4} (?:mit|an|zu) ` + germanHuman + `\b`),
		refusal: regexp.MustCompile(`\b(?:nicht|nie|niemals|ohne|keinesfalls)\b(?: \S+){0,4} $`),
		vague:   regexp.MustCompile(`^(?:die |der |das )?(?:support|kundendienst|kundenservice|jemand|person|kolleg(?:e|en|in))$`),
	},
	French: {
		only: regexp.MustCompile(`^(?:(?:bonjour|salut|svp|ok) )*(?:(?:je (?:veux|voudrais|souhaite|cherche)|donnez moi|passez moi|il me faut) )?` + frenchHuman + `(?: (?:s'il vous plaît|s'il te plaît|svp|merci|maintenant))*$`),
		toHuman: regexp.MustCompile(`\b(?:parler|discuter|échanger|chatter|joindre|contacter|passez|passer|transférer|transférez|mettre en (?:relation|contact)|mettez moi en (?:relation|contact)|mis en (?:relation|contact))\b` +
			`(?: (?:moi|me|directement|plutôt|s'il vous plaît)){0,3}(?: (?:à|avec|vers|au))? ` + frenchHuman + `(?: |$)`),
		refusal: regexp.MustCompile(`\b(?:pas|sans|jamais|inutile de)\b(?: \S+){0,4} $`),
		vague:   regexp.MustCompile(`^(?:une |la |le )?(?:personne|quelqu'un|service client|responsable)$`),
	},
	Spanish: {
		only: regexp.MustCompile(`^(?:(?:hola|por favor|ok) )*(?:(?:quiero|quisiera|necesito|deseo|dame|deme|páseme|pásame)(?: con| a)? )?` + spanishHuman + `(?: (?:por favor|ahora|ya))*$`),
		toHuman: regexp.MustCompile(`\b(?:hablar|hable|conversar|chatear|comunicarme|comunicar|comunícame|comuníqueme|contactar|pasar|pásame|páseme|pasarme|transferir|transfiérame|transfiéreme|conectar|conéctame|conécteme|atienda)\b` +
			`(?: (?:me|directamente|mejor)){0,2}(?: (?:con|a|por))? ` + spanishHuman + `(?: |$)`),
		refusal: regexp.MustCompile(`(?:^| )(?:no|sin|nunca)(?: \S+){0,4} $`),
		vague:   regexp.MustCompile(`^(?:una |la )?(?:persona|alguien|compañer[oa]|emplead[oa])$`),
	},
	Italian: {
		only: regexp.MustCompile(`^(?:(?:ciao|salve|per favore|ok) )*(?:(?:voglio|vorrei|ho bisogno di|desidero|passami|passatemi|mi passi) )?` + italianHuman + `(?: (?:per favore|grazie|adesso|ora))*$`),
		toHuman: regexp.MustCompile(`\b(?:parlare|parlo|chattare|conversare|passare|passarmi|passami|passatemi|passi|trasferire|trasferirmi|contattare|mettermi in contatto|mettetemi in contatto|essere messo in contatto)\b` +
			`(?: (?:direttamente|invece)){0,2}(?: (?:con|a|ad))? ` + italianHuman + `(?: |$)`),
		refusal: regexp.MustCompile(`(?:^| )(?:non|senza|mai)(?: \S+){0,4} $`),
		vague:   regexp.MustCompile(`^(?:una |la )?(?:persona|qualcuno|collega|assistente)$`),
	},
	Dutch: {
		only: regexp.MustCompile(`^(?:(?:hallo|hoi|graag|alstublieft|ok) )*(?:(?:ik (?:wil|zou graag|heb)|geef me|mag ik|graag) )?(?:met )?` + dutchHuman + `(?: (?:alstublieft|graag|nodig|nu|spreken|aub))*$`),
		toHuman: regexp.MustCompile(`\bmet ` + dutchHuman + ` (?:\S+ ){0,3}?(?:spreken|praten|chatten|bellen|verbinden|verbonden|doorverbinden|doorverbonden)\b` +
			`|\b(?:spreken|praten|chatten|doorverbinden|doorverbonden|verbinden|verbonden|verbind|contact)\b(?: (?:me|mij|worden|graag|direct|door)){0,3} met ` + dutchHuman + `\b` +
			`|\b` + dutchHuman + ` (?:spreken|aan de lijn)\b`),
		refusal: regexp.MustCompile(`\b(?:niet|nooit|zonder|geen)\b(?: \S+){0,4} $`),
		vague:   regexp.MustCompile(`^(?:de |een )?(?:persoon|iemand|collega|klantenservice)$`),
	},
	Portuguese: {
		only: regexp.MustCompile(`^(?:(?:olá|oi|por favor|ok) )*(?:(?:quero|queria|gostaria de|preciso de|desejo|me passe para|passe me a) )?` + portugueseHuman + `(?: (?:por favor|agora|já))*$`),
		toHuman: regexp.MustCompile(`\b(?:falar|conversar|chatear|comunicar|contactar|contatar|transferir|transfira|transfere|passar|passe|ligar|conectar|atendido)\b` +
			`(?: (?:me|diretamente|antes)){0,2}(?: (?:com|a|para|por))? ` + portugueseHuman + `(?: |$)`),
		refusal: regexp.MustCompile(`(?:^| )(?:não|sem|nunca)(?: \S+){0,4} $`),
		vague:   regexp.MustCompile(`^(?:uma |a )?(?:pessoa|alguém|colega|assistente)$`),
	},
}

var (
	japaneseWish = regexp.MustCompile(`(?:人間|担当者?|担当の(?:方|人)|オペレーター?|スタッフ|係の?(?:人|方|員)|サポートの(?:人|方)|有人|本物の人|生身の人)(?:の方)?` +
		`(?:と|に|へ|を|での?)?(?:直接)?(?:話|はなし|喋|しゃべ|つな|繋|代わ|替わ|変わ|相談|お願い|連絡|呼ん|対応|チャット)`)
	japaneseRefusal = regexp.MustCompile(`(?:たくない|がないで|しないで|さないで|不要|いりません|いらない|なくて(?:いい|も))`)
)

// WishesPerson tells whether a message asks for a person, in any of the languages: it is nothing but that wish, or says to
// talk to one, be connected with one, and the like, unless it says not to.
func WishesPerson(message string) bool {
	words := plainWords(message)
	for _, language := range Languages {
		if w, ok := wishes[language]; ok && w.in(words) {
			return true
		}
	}
	return japaneseWish.MatchString(message) && !japaneseRefusal.MatchString(message)
}

func (w *wish) in(words string) bool {
	if w.only.MatchString(words) {
		return !w.vague.MatchString(words)
	}
	at := w.toHuman.FindStringIndex(words)
	return at != nil && !w.refusal.MatchString(words[:at[0]])
}
