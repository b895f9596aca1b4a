package phrase

// Texts is what the bot says by itself in one language. {action} stands for what an action is called, {arguments} for what
// it is called with, {back} for when somebody is back.
type Texts struct {
	NoAnswer      string // there is no answer
	OfferPerson   string // behind NoAnswer and Trouble, where a person can be had
	HandedOver    string // to somebody who asked for a person
	NotFoundTwice string // before HandedOver, where questions stayed without an answer
	Away          string // in place of HandedOver, outside the hours
	LeaveAddress  string // behind Away
	Trouble       string // the engine failed
	Confirm       string // before an action that changes something
	Declined      string // the user said no to it
	ActionFailed  string // the action's server failed

	Weekdays [7]string // as they stand after {back}'s preposition; Sunday first
	Today    string    // "at {time}"
	Tomorrow string
	OnDay    string // "on {day} at {time}"
	Later    string // nobody knows when
}

// In returns the texts of a language, English if there are none.
func In(language Language) Texts {
	if texts, ok := all[language]; ok {
		return texts
	}
	return all[English]
}

var all = map[Language]Texts{
	English: {
		NoAnswer:      "Sorry, I have no answer to that.",
		OfferPerson:   `If you would like a person to help, just say "talk to a human".`,
		HandedOver:    "I am passing you on to a human, who will answer here as soon as possible.",
		NotFoundTwice: "Sorry, I can't answer that either.",
		Away:          "Nobody is here at the moment. We are back {back}.",
		LeaveAddress:  "Leave your contact details, and we will get in touch.",
		Trouble:       "Sorry, I can't answer at the moment.",
		Confirm:       "Shall I do this: {action}{arguments}? Please answer yes or no.",
		Declined:      "All right, I won't do it.",
		ActionFailed:  "Sorry, that did not work.",
		Weekdays:      [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		Today:         "today at {time}", Tomorrow: "tomorrow at {time}", OnDay: "on {day} at {time}", Later: "soon",
	},
	German: {
		NoAnswer:      "Darauf habe ich leider keine Antwort.",
		OfferPerson:   "Wenn ein Mensch helfen soll, schreiben Sie „mit einem Menschen sprechen“.",
		HandedOver:    "Ich gebe an einen Menschen weiter, der so bald wie möglich hier antwortet.",
		NotFoundTwice: "Auch das kann ich leider nicht beantworten.",
		Away:          "Im Moment ist niemand da. Wir sind {back} wieder erreichbar.",
		LeaveAddress:  "Hinterlassen Sie Ihre Kontaktdaten, dann melden wir uns.",
		Trouble:       "Im Moment kann ich leider nicht antworten.",
		Confirm:       "Soll ich das tun: {action}{arguments}? Bitte antworten Sie mit Ja oder Nein.",
		Declined:      "Gut, ich lasse es.",
		ActionFailed:  "Das hat leider nicht geklappt.",
		Weekdays:      [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		Today:         "heute um {time} Uhr", Tomorrow: "morgen um {time} Uhr", OnDay: "am {day} um {time} Uhr", Later: "bald",
	},
	French: {
		NoAnswer:      "Désolé, je n'ai pas de réponse à cette question.",
		OfferPerson:   "Si vous préférez l'aide d'une personne, écrivez « parler à un humain ».",
		HandedOver:    "Je vous mets en relation avec une personne, qui répondra ici dès que possible.",
		NotFoundTwice: "Désolé, je ne peux pas non plus répondre à cela.",
		Away:          "Il n'y a personne pour le moment. Nous serons de retour {back}.",
		LeaveAddress:  "Laissez-nous vos coordonnées et nous vous recontacterons.",
		Trouble:       "Désolé, je ne peux pas répondre pour le moment.",
		Confirm:       "Dois-je faire ceci : {action}{arguments} ? Veuillez répondre oui ou non.",
		Declined:      "D'accord, je ne le fais pas.",
		ActionFailed:  "Désolé, cela n'a pas fonctionné.",
		Weekdays:      [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		Today:         "aujourd'hui à {time}", Tomorrow: "demain à {time}", OnDay: "{day} à {time}", Later: "bientôt",
	},
	Spanish: {
		NoAnswer:      "Lo siento, no tengo respuesta para eso.",
		OfferPerson:   "Si prefiere que le ayude una persona, escriba «hablar con una persona».",
		HandedOver:    "Le paso con una persona, que responderá aquí lo antes posible.",
		NotFoundTwice: "Lo siento, tampoco puedo responder a eso.",
		Away:          "Ahora no hay nadie. Volvemos {back}.",
		LeaveAddress:  "Déjenos sus datos de contacto y le escribiremos.",
		Trouble:       "Lo siento, ahora mismo no puedo responder.",
		Confirm:       "¿Hago esto: {action}{arguments}? Responda sí o no, por favor.",
		Declined:      "De acuerdo, no lo hago.",
		ActionFailed:  "Lo siento, no ha funcionado.",
		Weekdays:      [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		Today:         "hoy a las {time}", Tomorrow: "mañana a las {time}", OnDay: "el {day} a las {time}", Later: "pronto",
	},
	Italian: {
		NoAnswer:      "Mi dispiace, non ho una risposta a questo.",
		OfferPerson:   "Se preferisce l'aiuto di una persona, scriva «parlare con una persona».",
		HandedOver:    "La passo a una persona, che risponderà qui il prima possibile.",
		NotFoundTwice: "Mi dispiace, non so rispondere nemmeno a questo.",
		Away:          "Al momento non c'è nessuno. Torniamo {back}.",
		LeaveAddress:  "Ci lasci i Suoi recapiti e La contatteremo.",
		Trouble:       "Mi dispiace, al momento non posso rispondere.",
		Confirm:       "Procedo così: {action}{arguments}? Risponda sì o no, per favore.",
		Declined:      "Va bene, non lo faccio.",
		ActionFailed:  "Mi dispiace, non ha funzionato.",
		Weekdays:      [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		Today:         "oggi alle {time}", Tomorrow: "domani alle {time}", OnDay: "{day} alle {time}", Later: "presto",
	},
	Dutch: {
		NoAnswer:      "Sorry, daar heb ik geen antwoord op.",
		OfferPerson:   "Wilt u liever hulp van een mens? Schrijf dan ‘met een medewerker spreken’.",
		HandedOver:    "Ik verbind u door met een medewerker, die hier zo snel mogelijk antwoordt.",
		NotFoundTwice: "Sorry, ook dat kan ik niet beantwoorden.",
		Away:          "Er is nu niemand aanwezig. We zijn {back} weer bereikbaar.",
		LeaveAddress:  "Laat uw contactgegevens achter, dan nemen we contact op.",
		Trouble:       "Sorry, ik kan op dit moment niet antwoorden.",
		Confirm:       "Zal ik dit doen: {action}{arguments}? Antwoord alstublieft met ja of nee.",
		Declined:      "Goed, ik doe het niet.",
		ActionFailed:  "Sorry, dat is niet gelukt.",
		Weekdays:      [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		Today:         "vandaag om {time}", Tomorrow: "morgen om {time}", OnDay: "{day} om {time}", Later: "binnenkort",
	},
	Portuguese: {
		NoAnswer:      "Desculpe, não tenho resposta para isso.",
		OfferPerson:   "Se preferir a ajuda de uma pessoa, escreva «falar com uma pessoa».",
		HandedOver:    "Vou passar a uma pessoa, que responderá aqui assim que possível.",
		NotFoundTwice: "Desculpe, também não consigo responder a isso.",
		Away:          "Não está ninguém neste momento. Voltamos {back}.",
		LeaveAddress:  "Deixe os seus contactos e entraremos em contacto.",
		Trouble:       "Desculpe, não consigo responder neste momento.",
		Confirm:       "Posso fazer isto: {action}{arguments}? Responda sim ou não, por favor.",
		Declined:      "Está bem, não faço.",
		ActionFailed:  "Desculpe, não funcionou.",
		Weekdays:      [7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
		Today:         "hoje às {time}", Tomorrow: "amanhã às {time}", OnDay: "{day} às {time}", Later: "em breve",
	},
	Japanese: {
		NoAnswer:      "申し訳ありませんが、お答えできる情報がありません。",
		OfferPerson:   "担当者をご希望の場合は「担当者と話したい」とお書きください。",
		HandedOver:    "担当者におつなぎします。できるだけ早くこちらでお返事します。",
		NotFoundTwice: "申し訳ありませんが、そちらにもお答えできません。",
		Away:          "ただいま担当者は不在です。{back}に再開します。",
		LeaveAddress:  "ご連絡先をお残しください。追ってご連絡いたします。",
		Trouble:       "申し訳ありませんが、ただいまお答えできません。",
		Confirm:       "次の操作を行ってよろしいですか：{action}{arguments}。「はい」か「いいえ」でお答えください。",
		Declined:      "承知しました。実行しません。",
		ActionFailed:  "申し訳ありませんが、うまくいきませんでした。",
		Weekdays:      [7]string{"日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"},
		Today:         "本日{time}", Tomorrow: "明日{time}", OnDay: "{day}{time}", Later: "後ほど",
	},
}
