package answering

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// noAnswer is what a model is told to answer where the passages have no answer.
const noAnswer = "NO_ANSWER"

// errForeignCitation ends a stream: the model cites what it wasn't given, so that nothing of it can be trusted.
var errForeignCitation = errors.New("the model cites a passage that is none")

// writer makes what end users see of what a model writes, while it writes: thoughts left out, citations checked and
// numbered in the order of the sources, links kept only where they are known.
type writer struct {
	passages []bot9.Source
	links    func(url string) bool // whether a link may stand
	strict   bool                  // nothing is said before a citation shows that the answer rests on a passage
	say      func(string)

	raw     string // not looked at yet
	written strings.Builder
	said    int   // bytes of written that were handed on
	cited   []int // indexes of passages, in the order in which they were first cited
	foreign bool
	begun   bool // what comes is no thought any more
}

// write takes the next part of the text.
func (w *writer) write(part string) error {
	w.raw += part
	if !w.skipThoughts() {
		return nil
	}
	// The answer that there is none is never shown.
	if start := strings.TrimLeft(w.written.String()+w.raw, " \t\r\n*\"'"); len(start) < len(noAnswer) && strings.HasPrefix(noAnswer, start) || strings.HasPrefix(start, noAnswer) {
		return nil
	}
	if cut := safeCut(w.raw); cut > 0 {
		w.take(w.raw[:cut])
		w.raw = w.raw[cut:]
	}
	if w.foreign {
		return errForeignCitation
	}
	w.handOn()
	return nil
}

// skipThoughts tells whether the text has begun.
func (w *writer) skipThoughts() bool {
	if w.begun {
		return true
	}
	start := strings.TrimLeft(w.raw, " \t\r\n")
	if len(start) < len(thinkBegins) && strings.HasPrefix(thinkBegins, start) {
		return false // it may still become one
	}
	if strings.HasPrefix(start, thinkBegins) {
		if !strings.Contains(start, thinkEnds) {
			return false
		}
		w.raw = withoutThoughts(w.raw)
	}
	w.begun = true
	return true
}

// finish takes the rest, and returns the whole text.
func (w *writer) finish() string {
	if !w.begun {
		w.raw = withoutThoughts(w.raw)
	}
	w.take(w.raw)
	w.raw = ""
	if !w.foreign && !w.isNoAnswer() {
		w.handOn()
	}
	return strings.TrimSpace(w.written.String())
}

// handOn says what is written so far.
func (w *writer) handOn() {
	if w.strict && len(w.cited) == 0 {
		return
	}
	text := w.written.String()
	if w.said == 0 { // white space before the text would be shown
		w.said = len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	}
	if w.said < len(text) {
		w.say(text[w.said:])
		w.said = len(text)
	}
}

func (w *writer) isNoAnswer() bool {
	return strings.Contains(w.written.String(), noAnswer)
}

// sources are the passages that the text cites, in the order of its numbers.
func (w *writer) sources() []bot9.Source {
	sources := make([]bot9.Source, len(w.cited))
	for i, passage := range w.cited {
		sources[i] = w.passages[passage]
	}
	return sources
}

var (
	citation = regexp.MustCompile(`\[\s*(\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\s*\]|【\s*(\d{1,4})[^】]*】`)
	number   = regexp.MustCompile(`\d+`)
)

// take looks at a part that ends where no citation and no link goes on.
func (w *writer) take(part string) {
	part = withoutLinks(part, w.links)
	part = citation.ReplaceAllStringFunc(part, func(found string) string {
		var out strings.Builder
		for _, digits := range number.FindAllString(strings.TrimPrefix(found, "【"), -1) {
			n, err := strconv.Atoi(digits)
			if err != nil || n < 1 || n > len(w.passages) {
				w.foreign = true
				return ""
			}
			at := slices.Index(w.cited, n-1)
			if at < 0 {
				at = len(w.cited)
				w.cited = append(w.cited, n-1)
			}
			out.WriteString("[" + strconv.Itoa(at+1) + "]")
			if strings.HasPrefix(found, "【") {
				break // what follows in such a citation is about lines
			}
		}
		return out.String()
	})
	w.written.WriteString(part)
}

// longestHeld is how much is held back for a link or citation that may not be complete.
const longestHeld = 2048

// safeCut returns up to where a text can be looked at: behind white space, and not inside of brackets that are still open.
func safeCut(text string) int {
	cut := strings.LastIndexAny(text, " \n\t") + 1
	if open := openBracket(text[:cut]); open >= 0 {
		cut = open
	}
	if cut == 0 && len(text) > longestHeld {
		return len(text)
	}
	return cut
}

// openBracket returns where the last link or citation begins that isn't complete, -1 if there is none.
func openBracket(text string) int {
	at := strings.LastIndexAny(text, "[【<")
	if at < 0 || len(text)-at > longestHeld {
		return -1
	}
	rest := text[at:]
	switch {
	case strings.HasPrefix(rest, "<"):
		if strings.ContainsAny(rest, ">\n") || len(rest) > 1 && strings.IndexByte(" =", rest[1]) >= 0 {
			return -1
		}
		return at
	case strings.HasPrefix(rest, "【"):
		if strings.Contains(rest, "】") {
			return -1
		}
		return at
	}
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		return bangBefore(text, at)
	}
	if after := rest[end+1:]; strings.HasPrefix(after, "(") && !strings.Contains(after, ")") {
		return bangBefore(text, at)
	}
	return -1
}

// bangBefore takes the mark of an image along.
func bangBefore(text string, at int) int {
	if at > 0 && text[at-1] == '!' {
		return at - 1
	}
	return at
}

var (
	markdownLink  = regexp.MustCompile(`(!?)\[([^\[\]]*)\]\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s[^)]*)?\)`)
	referenceLink = regexp.MustCompile(`(?m)^\s*\[([^\]]+)\]:\s*(\S+).*$`)
	htmlTag       = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)
	bareLink      = regexp.MustCompile(`(?i)(?:\b[a-z][a-z0-9+.\-]{1,20}:/{1,2}|\bwww\.|\b(?:mailto|javascript|data|tel|sms|vbscript|file):)[^\s<>"'\x60\])}]+` +
		`|\b(?:[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.)+[a-z]{2,24}(?:/[^\s<>"'\x60\])}]*)`)
)

// withoutLinks removes links that may not stand. Of a link with a text of its own the text stays; an image goes as a whole,
// because browsers fetch it unasked.
func withoutLinks(text string, allowed func(string) bool) string {
	text = htmlTag.ReplaceAllStringFunc(text, func(found string) string {
		if bareLink.MatchString(found) && !strings.ContainsAny(found, " =") { // <https://…> is a link
			return found
		}
		return ""
	})
	text = referenceLink.ReplaceAllStringFunc(text, func(found string) string {
		if allowed(referenceLink.FindStringSubmatch(found)[2]) {
			return found
		}
		return ""
	})
	text = markdownLink.ReplaceAllStringFunc(text, func(found string) string {
		parts := markdownLink.FindStringSubmatch(found)
		switch {
		case parts[1] == "" && allowed(parts[3]):
			return found
		case parts[1] != "":
			return ""
		}
		return parts[2]
	})
	return bareLink.ReplaceAllStringFunc(text, func(found string) string {
		link := strings.TrimRight(found, ".,;:!?")
		if allowed(link) {
			return found
		}
		return found[len(link):]
	})
}

// knownLinks returns which links may stand: those that the texts have, word for word.
func knownLinks(texts []string, urls []string) func(string) bool {
	known := map[string]bool{}
	add := func(link string) { known[normalLink(link)] = true }
	for _, url := range urls {
		if url != "" {
			add(url)
		}
	}
	for _, text := range texts {
		for _, parts := range markdownLink.FindAllStringSubmatch(text, -1) {
			add(parts[3])
		}
		for _, link := range bareLink.FindAllString(text, -1) {
			add(strings.TrimRight(link, ".,;:!?"))
		}
	}
	return func(link string) bool {
		lower := strings.ToLower(link)
		for _, scheme := range []string{"javascript:", "data:", "vbscript:", "file:"} {
			if strings.HasPrefix(lower, scheme) {
				return false
			}
		}
		return known[normalLink(link)]
	}
}

// normalLink is a link without what makes no difference.
func normalLink(link string) string {
	link = strings.TrimSuffix(link, "/")
	scheme, rest, ok := strings.Cut(link, "://")
	if !ok {
		return strings.ToLower(link)
	}
	host, path, _ := strings.Cut(rest, "/")
	return strings.ToLower(scheme+"://"+host) + "/" + path
}
