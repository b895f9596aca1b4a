package knowledge

import (
	"math/bits"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// language is one that words are cut to their stems in; its bit marks sets of them.
type language int

const (
	noLanguage language = iota - 1
	enLanguage
	deLanguage
	frLanguage
	nlLanguage
	esLanguage
	itLanguage
	ptLanguage
	svLanguage
	daLanguage
	noNLanguage
	fiLanguage
	huLanguage
	roLanguage
	trLanguage
	plLanguage
	ruLanguage
	arLanguage
	languages
)

// stemmers cut words to their stems; Polish has none there.
var stemmers = [languages]func(*snowballstem.Env) bool{
	english.Stem, german.Stem, french.Stem, dutch.Stem, spanish.Stem, italian.Stem, portuguese.Stem, swedish.Stem, danish.Stem,
	norwegian.Stem, finnish.Stem, hungarian.Stem, romanian.Stem, turkish.Stem, nil, russian.Stem, arabic.Stem,
}

// stem returns the word's stem in the language, without accents.
func stem(word string, l language) string {
	if l < 0 || stemmers[l] == nil {
		return fold(word)
	}
	env := snowballstem.NewEnv(word)
	stemmers[l](env)
	return fold(env.Current())
}

// commonWords are words of each language that say how something is said rather than what about. They tell languages apart, and
// have no weight in a question.
var commonWords = [languages]string{
	enLanguage: `a about after again all also am an and any anybody anyone anything are aren as at be because been
		before being but by can cannot could couldn d did didn do does doesn doing don done each either
		else ever every explain few for from get give gets getting go goes going got had hadn has hasn have
		haven having he hello help her here hers hey hi him his how i if in into is isn it its itself just
		kindly know let like ll long look m may maybe me might mine more most much must my need no nor not now of
		off often oh ok okay on once one only onto or other our ours out over own perhaps please pls possible
		quite rather re really s same say shall she should shouldn show since so some somebody someone
		something such sure t tell than thank thanks that the their them then there these they thing things
		this those through to too under until up us ve very want wants was wasn we were weren what whatever
		when where whether which while who whom whose why will wish with within without won wonder would
		wouldn y yes you your yours`,
	deLanguage: `ab aber als am an auch auf aus bei beim bin bis bist bitte brauche brauchen da das dass dein deine dem den denn der des
		dich die dir doch du durch ein eine einem einen einer eines er es euch euer für gibt haben habe hat hast hätte ich ihm ihn ihnen ihr ihre
		ihrem ihren im in ist ja kann kannst kein keine können könnte lange machen man mein meine meinem meinen meiner mich mir mit möchte
		muss müssen nach nicht noch nur ob oder schon sehr sein seine sich sie sind so soll über um und uns unser unsere unter viel vom von vor wann war
		warum was welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir wird wo wohl wollen würde zu zum zur`,
	frLanguage: `a ai as au aux avec avez avoir avons c ce ces cet cette chez combien comment d dans de des dois du elle elles en est et étais être eu
		faire faut il ils j je l la le les leur leurs lui m ma mais me mes moi mon n ne nos notre nous on ont où ou par pas peut peux
		plus pour pourquoi pouvez puis qu quand que quel quelle quelles quels qui quoi s sa sans se ses si son sont suis sur t ta te tu
		un une vos votre vous y`,
	nlLanguage: `aan al als ben bent bij dat de deze die dit door dus een en er gaan geen graag had hebben hebt heb heeft hem het hier hij hoe hoeveel hun ik in
		is ja jij je jou jouw jullie kan kun kunnen kunt lang maar mag me men met mij mijn moet moeten mogen na naar niet nog nu of om onder ons onze ook op
		over te ten ter tot u uit uw van veel voor waar waarom wanneer was wat we wel welke wie wij wil willen worden wordt zal ze zich zij zijn zonder`,
	esLanguage: `a al algo aquí con cómo como cuál cuáles cuándo cuánto cuánta cuántos de del desde donde dónde e el él ella ellos en es esa ese eso esta está están
		este esto estos fue ha hace hacer hay he la las le les lo los más me mi mis mí muy ni no nos o para pero por porque puede
		pueden puedo que qué quien quién quiero se ser si sí sin sobre son su sus tengo tiene tienen tu tus tú un una unas unos usted
		y ya yo`,
	itLanguage: `a ai al alla alle anche avere c che chi ci come con cosa da dal dalla dei del della delle di dove e è ed essere fare gli ha hai hanno ho i
		il in io l la le lo loro ma mi mia mio mie miei ne nel nella noi non o per perché più posso possono può quale quali quando quanto quanta quanti qui se sei si
		sono su sua sul suo tra tu un una uno vi voi vorrei`,
	ptLanguage: `a ao aos as até com como da das de do dos e é ela ele em está estão eu foi há isso isto já lhe mais mas me meu minha meus minhas muito
		na nas não no nos o onde os ou para pela pelo pode podem posso por porque qual quais quando quanto quanta quantas quantos que quem se sem
		ser seu sua são também tem têm tenho um uma vocês você à às`,
	svLanguage: `alla att av blir de dem den det din ditt du där efter eller en ett för från får ha han har hon hur i inte jag kan man med
		mig min mina mitt mycket måste ni när nu och om oss på ska skulle som så till under upp ut vad var varför vem vi vilka vilken vill är`,
	daLanguage: `af alle at blev bliver da de dem den der deres det dig din du efter eller en er et for fra få før han har hun hvad hvem hvilken hvis
		hvor hvordan hvornår i ikke jeg kan man med meget men mig min mine mit må ned nogle nu når og også om op os på skal som så til ud
		under var vi vil være`,
	noNLanguage: `alle at av bare blir de deg dem den der dere det din du en eller er et etter for fra før ha han har hun hva hvem hvilken hvis
		hvor hvordan hvorfor i ikke jeg kan man med meg mer mye må min mitt når noe nå og også om opp oss på seg skal som så til ut var vi vil`,
	fiLanguage: `ei en että hän ja jo joka jos kuin kuinka kun kuka me mikä milloin mitä missä minä minun mutta ne nyt olen olla on onko ovat paljonko se
		sen sinä tai te tämä voi voin voinko voiko`,
	huLanguage: `a az azt be de egy el én és ez ezt hogy hogyan hol ha is ki kell lehet meg mennyi mennyibe mi miért mikor mit nem ő te vagy van vannak volt`,
	roLanguage: `a al ale am are au ca care ce cu cum când cât de din este eu fi în îmi la mai mă ne nu o pe pentru poate pot sau se si și sunt
		unde un una`,
	trLanguage: `acaba ama ben benim bir bu çok da daha de değil en gibi hangi için ile kaç kadar ki kim mı mi mu mü mıyım miyim ne neden nasıl nerede o olan
		saat sen siz var ve veya ya yok`,
	plLanguage: `a albo ale aby bez bo był być co czy dla do gdzie i ich ile jak jaka jaki jakie jakiej jest jestem już kiedy kto która które lub ma mam
		mnie mogę można może mój moja moje na nie o od o po pod przez się są ta tak te ten to u w we za z ze że`,
	ruLanguage: `а без бы был быть в вам вас во вот вы где да для до его ее если есть еще же за здесь и из или им их к как какая какие какой когда
		кто куда ли между меня мне мой моя можно мы на нам нас не него нет но о об он она они от по под почему при с сколько со
		так там то у уже что чтобы это я`,
	arLanguage: `في من على إلى عن مع هل ما ماذا متى أين كيف كم لماذا هذا هذه أنا نحن أنت هو هي يمكن يمكنني هناك لا نعم أو و ثم كان لم لن`,
}

// commonIn says of each common word which languages have it, a bit each.
var commonIn = func() map[string]uint32 {
	common := map[string]uint32{}
	for l, words := range commonWords {
		for word := range strings.FieldsSeq(words) {
			common[word] |= 1 << l
		}
	}
	return common
}()

// guess counts what tells the language of a text.
type guess struct {
	score    [languages]float32
	cyrillic int
	arabic   int
	words    int
}

// add counts a word. One that few languages have tells more than one that many have.
func (g *guess) add(word string, common uint32) {
	g.words++
	if common == 0 {
		first := rune(0)
		for _, first = range word {
			break
		}
		switch {
		case unicode.Is(unicode.Cyrillic, first):
			g.cyrillic++
		case unicode.Is(unicode.Arabic, first):
			g.arabic++
		}
		return
	}
	weight := 1 / float32(bits.OnesCount32(common))
	for set := common; set != 0; set &= set - 1 {
		g.score[bits.TrailingZeros32(set)] += weight
	}
}

// read counts the words of a text.
func (g *guess) read(text string) {
	eachWord(text, func(word string, pair bool) {
		if !pair {
			g.add(word, commonIn[word])
		}
	})
}

// language is the likeliest, or none if nothing tells.
func (g *guess) language() language {
	best, most := noLanguage, float32(0)
	for l, score := range g.score {
		if score > most {
			best, most = language(l), score
		}
	}
	switch {
	case best != noLanguage:
	case g.cyrillic > 0:
		best = ruLanguage
	case g.arabic > 0:
		best = arLanguage
	}
	return best
}

// languageOf guesses the language of a text.
func languageOf(text string) language {
	var g guess
	g.read(text)
	return g.language()
}
