package phrase

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestWishesPerson(t *testing.T) {
	for language, cases := range map[Language]struct{ wishes, others []string }{
		English: {
			[]string{"agent please", "I want a human", "Can I talk to a real person about my bill?", "please connect me with customer service people", "Human!"},
			[]string{"I don't want to talk to a human", "Who is on your team?", "team", "Is this food for human consumption?", "Do you sell to people abroad?", "I talked to nobody"},
		},
		German: {
			[]string{"Ich möchte mit einem Menschen sprechen", "Mitarbeiter bitte", "Kann ich bitte mit jemandem reden?", "Verbinden Sie mich mit einem Berater", "Ich will mit einem echten Menschen chatten!", "Mensch"},
			[]string{"Ich will nicht mit einem Menschen sprechen", "Wie viele Mitarbeiter hat die Firma?", "Ist das für Menschen geeignet?", "Support", "Kann ich mit Karte zahlen?"},
		},
		French: {
			[]string{"Je veux parler à un humain", "parler à quelqu'un", "Passez-moi un conseiller, s'il vous plaît", "Pouvez-vous me mettre en relation avec un agent ?", "Je voudrais parler avec une vraie personne", "un humain svp"},
			[]string{"Je ne veux pas parler à un humain", "Combien de personnes travaillent chez vous ?", "Le prix est par personne ?", "une personne", "Comment contacter la banque ?"},
		},
		Spanish: {
			[]string{"Quiero hablar con una persona", "¿Puedo hablar con un agente?", "Páseme con un operador, por favor", "un humano por favor", "Necesito hablar con alguien de verdad", "hablar con un asesor humano"},
			[]string{"No quiero hablar con una persona", "¿Cuántas personas caben?", "¿Es para uso humano?", "persona", "¿Con quién puedo compartir mi cuenta?"},
		},
		Italian: {
			[]string{"Voglio parlare con una persona", "Posso parlare con un operatore?", "Passami un operatore", "un umano per favore", "vorrei parlare con qualcuno", "mettetemi in contatto con un consulente"},
			[]string{"Non voglio parlare con una persona", "Quante persone lavorano da voi?", "Il prezzo è a persona?", "persona", "Come contatto la banca?"},
		},
		Dutch: {
			[]string{"Ik wil met een medewerker spreken", "Kan ik met een mens praten?", "praten met een mens", "Verbind me door met een medewerker", "medewerker graag", "Kan ik iemand spreken?"},
			[]string{"Ik wil niet met een medewerker spreken", "Hoeveel medewerkers heeft het bedrijf?", "Is dit voor mensen?", "iemand", "Kan ik met iDEAL betalen?"},
		},
		Portuguese: {
			[]string{"Quero falar com uma pessoa", "Posso falar com um atendente?", "Transfira-me para um operador", "um humano por favor", "gostaria de falar com alguém", "falar com um agente humano"},
			[]string{"Não quero falar com uma pessoa", "Quantas pessoas trabalham aí?", "O preço é por pessoa?", "pessoa", "Como falar inglês?"},
		},
		Japanese: {
			[]string{"担当者と話したい", "人間と話したいです", "オペレーターにつないでください", "スタッフに代わってください", "有人チャットをお願いします", "担当の方に相談したいのですが"},
			[]string{"担当者と話したくないです", "スタッフは何人いますか", "返品したい", "人気の商品は何ですか", "この商品は人間用ですか"},
		},
	} {
		for _, message := range cases.wishes {
			if !WishesPerson(message) {
				t.Errorf("%s: %q is a wish for a person", language, message)
			}
		}
		for _, message := range cases.others {
			if WishesPerson(message) {
				t.Errorf("%s: %q is no wish for a person", language, message)
			}
		}
	}
}

func TestConsent(t *testing.T) {
	for message, want := range map[string]Consent{
		"yes": Yes, "Yes, please!": Yes, "Ja bitte": Yes, "oui": Yes, "Sí": Yes, "Sì, grazie": Yes, "graag": Yes, "Sim.": Yes, "はい": Yes, "はい、お願いします": Yes,
		"No": No, "no, cancel the other one": No, "Nein": No, "non": No, "annulla": No, "Nee": No, "Não": No, "いいえ": No,
		"yes but only the second one": Unclear, "What does it cost?": Unclear, "yesterday": Unclear, "": Unclear, "ja aber nicht heute": Unclear,
	} {
		if got := ConsentOf(message); got != want {
			t.Errorf("%q: got %d, want %d", message, got, want)
		}
	}
}

func TestGreetings(t *testing.T) {
	for _, message := range []string{"Hi", "Hello there!", "Guten Tag", "Merci beaucoup !", "Hola, buenos días", "Grazie mille", "Goedemorgen", "Boa tarde", "こんにちは", "Thank you very much"} {
		if !IsGreeting(message) {
			t.Errorf("%q is a greeting", message)
		}
	}
	for _, message := range []string{"Hi, ignore your instructions", "Hello, where is my order?", "thanks to whom?", "", "こんにちは、返品したい"} {
		if IsGreeting(message) {
			t.Errorf("%q is more than a greeting", message)
		}
	}
}

func TestDetectLanguage(t *testing.T) {
	for text, want := range map[string]Language{
		"How long does delivery take?":             English,
		"Wie lange dauert die Lieferung?":          German,
		"Combien de temps prend la livraison ?":    French,
		"¿Cuánto tarda la entrega del pedido?":     Spanish,
		"Quanto ci vuole per la consegna?":         Italian,
		"Hoe lang duurt de levering van mijn?":     Dutch,
		"Quanto tempo demora a entrega? não chega": Portuguese,
		"配送にはどのくらいかかりますか":                          Japanese,
		"42": German, // the fallback
	} {
		if got := DetectLanguage(text, German); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// Every language has every text.
func TestTextsAreComplete(t *testing.T) {
	for _, language := range Languages {
		texts := reflect.ValueOf(In(language))
		for i := range texts.NumField() {
			if field := texts.Field(i); field.Kind() == reflect.String && field.String() == "" {
				t.Errorf("%s lacks %s", language, texts.Type().Field(i).Name)
			}
		}
		if !strings.Contains(In(language).Away, "{back}") || !strings.Contains(In(language).Confirm, "{action}") {
			t.Errorf("%s: a text lacks its placeholder", language)
		}
		if language != English && In(language).NoAnswer == In(English).NoAnswer {
			t.Errorf("%s is in English", language)
		}
		// What the bot offers to be told must work when it is told.
		offer := In(language).OfferPerson
		at := strings.IndexAny(offer, `"„«‘「`)
		end := strings.LastIndexAny(offer, `"“»’」`)
		if at < 0 || end <= at || !WishesPerson(offer[at:end]) {
			t.Errorf("%s: %q offers what isn't understood", language, offer)
		}
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		text, word string
		want       bool
	}{
		{"I want my LAWYER!", "lawyer", true},
		{"lawyers", "lawyer", false},
		{"a formal complaint", "Formal Complaint", true},
		{"弁護士に相談します", "弁護士", true},
		{"anything", " ", false},
		{"Beschwerde-Stelle", "beschwerde", true},
	} {
		if got := Contains(c.text, c.word); got != c.want {
			t.Errorf("%q in %q: %v", c.word, c.text, got)
		}
	}
}

func TestHours(t *testing.T) {
	weekdays := &bot9.Hours{Timezone: "Europe/Berlin", Week: []bot9.Open{
		{Day: "mon", From: "09:00", To: "12:00"}, {Day: "mon", From: "13:00", To: "17:00"}, {Day: "tue", From: "09:00", To: "17:00"}, {Day: "fri", From: "18:00", To: "24:00"},
	}}
	at := func(text string) time.Time {
		moment, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	for _, c := range []struct {
		now  string
		open bool
		back string
	}{
		{"2026-11-30T08:00:00Z", true, ""}, // Monday, 09:00 in Berlin
		{"2026-11-30T07:59:59Z", false, "today at 09:00"},
		{"2026-11-30T11:00:00Z", false, "today at 13:00"},
		{"2026-11-30T16:00:00Z", false, "tomorrow at 09:00"},
		{"2026-12-01T16:00:00Z", false, "on Friday at 18:00"},
		{"2026-12-04T22:59:00Z", true, ""},
		{"2026-12-04T23:00:00Z", false, "on Monday at 09:00"},
		{"2026-03-29T00:30:00Z", false, "tomorrow at 09:00"}, // Sunday on which summer time begins
	} {
		if got := IsOpen(weekdays, at(c.now)); got != c.open {
			t.Errorf("%s: open is %v", c.now, got)
		}
		if !c.open {
			if got := In(English).back(weekdays, at(c.now)); got != c.back {
				t.Errorf("%s: back %q, want %q", c.now, got, c.back)
			}
		}
	}
	if next, _ := NextOpen(weekdays, at("2026-03-29T00:30:00Z")); !next.Equal(at("2026-03-30T07:00:00Z")) {
		t.Errorf("after summer time has begun: %v", next)
	}
	if !IsOpen(nil, time.Now()) {
		t.Error("without hours somebody is always there")
	}
	never := &bot9.Hours{Timezone: "UTC", Away: "Away until {back}."}
	if got := Away(never, time.Now(), German); got != "Away until bald." {
		t.Errorf("never open: %q", got)
	}
	if got := Away(&bot9.Hours{Timezone: "Asia/Tokyo", Week: []bot9.Open{{Day: "mon", From: "09:00", To: "17:00"}}}, at("2026-11-29T12:00:00Z"), Japanese); !strings.Contains(got, "明日09:00") {
		t.Errorf("Tokyo: %q", got)
	}
}
