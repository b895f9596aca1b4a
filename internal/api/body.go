package api

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// bodyWalk goes once over a body that is valid JSON. It finds what would be lost in decoding: text that is none,
// fields that nobody reads, fields that are there twice.
type bodyWalk struct {
	*rules
	text    []byte
	bad     int // where text stands that is none, -1 if nowhere
	wholes  []span
	unknown []bot9.FieldError
	twice   []bot9.FieldError
	noText  []bot9.FieldError
	null    []bot9.FieldError
}

// span is a number with a fraction of zero, such as 15.0, where an integer is expected.
type span struct {
	start, end int
	integer    int64
}

// place is where in a body a value stands; its text is made only for what is wrong.
type place struct {
	within *place
	name   string
	index  int // in an array, if name is ""
}

func (p *place) String() string {
	switch {
	case p.within == nil:
		return p.name
	case p.name == "":
		return indexed(p.within.String(), p.index)
	case !isPlainWord(p.name): // the caller's own words are not repeated
		return p.within.String()
	}
	return p.within.String() + "." + p.name
}

func isPlainWord(name string) bool { return len(name) <= 64 && catalog.IsCustom("custom."+name) }

// checkBody refuses what decoding would lose, by what the operation reads. It returns the body to decode, in which
// 15.0 is 15 where an integer is expected. What is no JSON at all is left to the decoder.
func checkBody(body []byte, r *rules) ([]byte, error) {
	if !json.Valid(body) {
		return body, nil
	}
	w := &bodyWalk{rules: r, text: body, bad: catalog.BadText(body)}
	w.value(w.space(0), r.body, &place{name: "body"})
	if err := w.complaint(); err != nil {
		return nil, err
	}
	return w.rewritten(), nil
}

func (w *bodyWalk) complaint() error {
	for _, wrong := range []struct {
		code, detail string
		fields       []bot9.FieldError
	}{
		{codeInvalidText, "The request has text that can't be stored as it is: it must be UTF-8, without halves of surrogate pairs and without U+0000.", w.noText},
		{codeUnknownField, "The request has a field that doesn't exist.", w.unknown},
		{codeDuplicateField, "The request has a field twice.", w.twice},
		{codeValidation, "Some values of the request are wrong; errors says which.", w.null},
	} {
		if len(wrong.fields) > 0 {
			err := bot9.Errorf(bot9.Invalid, wrong.code, "%s", wrong.detail)
			err.Fields = wrong.fields
			return err
		}
	}
	return nil
}

func (w *bodyWalk) rewritten() []byte {
	if len(w.wholes) == 0 {
		return w.text
	}
	out, from := make([]byte, 0, len(w.text)), 0
	for _, number := range w.wholes {
		out = append(out, w.text[from:number.start]...)
		out = strconv.AppendInt(out, number.integer, 10)
		from = number.end
	}
	return append(out, w.text[from:]...)
}

// value reads the value that starts at i, and returns where it ends.
func (w *bodyWalk) value(i int, s *shape, at *place) int {
	switch w.text[i] {
	case '{':
		return w.object(i, s, at)
	case '[':
		return w.array(i, s, at)
	case '"':
		end := w.endOfString(i)
		w.checkText(i, end, s, at)
		return end
	}
	end := i
	for end < len(w.text) && strings.IndexByte(" \t\r\n,]}", w.text[end]) < 0 {
		end++
	}
	switch {
	case s == nil:
	case w.text[i] == 'n' && w.patch && !s.null:
		w.null = complainAbout(w.null, at, "can't be removed")
	case s.integer:
		w.whole(i, end)
	}
	return end
}

// whole notes a number that is an integer though it isn't written as one.
func (w *bodyWalk) whole(start, end int) {
	const exact = 1 << 53 // every integer up to this is a float64
	text := string(w.text[start:end])
	if !strings.ContainsAny(text, ".eE") {
		return
	}
	number, err := strconv.ParseFloat(text, 64)
	if err == nil && number == float64(int64(number)) && -exact <= number && number <= exact {
		w.wholes = append(w.wholes, span{start, end, int64(number)})
	}
}

func (w *bodyWalk) array(i int, s *shape, at *place) int {
	var items *shape
	if s != nil {
		items = s.items
	}
	inside := place{within: at}
	for i = w.space(i + 1); w.text[i] != ']'; {
		i = w.space(w.value(i, items, &inside))
		if w.text[i] == ',' {
			i = w.space(i + 1)
		}
		inside.index++
	}
	return i + 1
}

func (w *bodyWalk) object(i int, s *shape, at *place) int {
	inside := place{within: at}
	var seen map[string]bool
	if s != nil && (s.fixed || s.rest != nil) { // else the names are nobody's business here
		seen = map[string]bool{}
	}
	for i = w.space(i + 1); w.text[i] != '}'; {
		end := w.endOfString(i)
		inside.name = w.name(i, end)
		w.checkText(i, end, s, at)
		of := w.property(inside.name, s, seen, &inside)
		i = w.space(end)   // the colon
		i = w.space(i + 1) // the value
		i = w.value(i, of, &inside)
		if i = w.space(i); w.text[i] == ',' {
			i = w.space(i + 1)
		}
	}
	return i + 1
}

// property returns the shape of an object's property, and notes what is wrong with its name.
func (w *bodyWalk) property(name string, s *shape, seen map[string]bool, at *place) *shape {
	if seen == nil {
		return nil
	}
	var of *shape
	if s.fixed {
		i := s.find(name)
		if i < 0 {
			w.stranger(name, s, at)
			return nil
		}
		of = s.names[i].shape
		if !w.lenient {
			name = s.names[i].name
		}
	} else {
		of = s.rest
	}
	if seen[name] {
		w.twice = complainAbout(w.twice, at, "is there twice")
	}
	seen[name] = true
	return of
}

// stranger notes a field that nobody reads.
func (w *bodyWalk) stranger(name string, s *shape, at *place) {
	meant := s.resembling(name)
	switch {
	case meant != "":
		w.unknown = complainAbout(w.unknown, at, "There is no such field. Did you mean "+meant+"?")
	case !w.lenient:
		w.unknown = complainAbout(w.unknown, at, "There is no such field.")
	case refusedName(name):
		w.unknown = complainAbout(w.unknown, at, "There is no such field: every message is for the end user. A private note goes to …/conversations/{id}/notes.")
	}
}

func complainAbout(fields []bot9.FieldError, at *place, message string) []bot9.FieldError {
	if len(fields) >= maxComplaints {
		return fields
	}
	return append(fields, bot9.FieldError{Location: at.String(), Message: message})
}

// checkText notes text that is none. Where anything goes, as in an event's data, JSON is kept as it came, so that
// U+0000 is as good as any other character; elsewhere not every database could store it.
func (w *bodyWalk) checkText(start, end int, s *shape, at *place) {
	if start <= w.bad && w.bad < end {
		w.noText = complainAbout(w.noText, at, "is not text in UTF-8")
		if rest := catalog.BadText(w.text[end:]); rest >= 0 {
			w.bad = end + rest
		}
	}
	if s != nil && hasNull(w.text[start:end]) {
		w.noText = complainAbout(w.noText, at, "has the character U+0000")
	}
}

// hasNull tells whether a string has the escape of U+0000.
func hasNull(quoted []byte) bool {
	for i := 0; i+5 < len(quoted); i++ {
		if quoted[i] != '\\' {
			continue
		}
		if i++; string(quoted[i:min(i+5, len(quoted))]) == "u0000" {
			return true
		}
	}
	return false
}

// endOfString returns where the string that starts at i ends.
func (w *bodyWalk) endOfString(i int) int {
	for i++; w.text[i] != '"'; i++ {
		if w.text[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// name returns what a property's name says.
func (w *bodyWalk) name(start, end int) (name string) {
	quoted := w.text[start:end]
	if strings.IndexByte(string(quoted), '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	_ = json.Unmarshal(quoted, &name) // valid, as the whole body is
	return name
}

// space returns the next place from i on where no white space is.
func (w *bodyWalk) space(i int) int {
	for i < len(w.text) && strings.IndexByte(" \t\r\n", w.text[i]) >= 0 {
		i++
	}
	return i
}
