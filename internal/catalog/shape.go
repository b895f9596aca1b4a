package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// shape is a schema in a form that is quick to hold text against, since every event that comes from
// outside passes it. It says yes only to what the schema allows; to whatever it isn't sure of it
// says no, and the validator of schemas decides (see fits).
type shape struct {
	types      []string
	enum       [][]byte // quoted
	notEmpty   bool     // of a string
	required   []string
	properties map[string]*shape
	items      *shape
}

var errTooRich = errors.New("the schema has a keyword that is left to the validator")

// newShape reads a schema. It knows the keywords that most of the catalog uses.
func newShape(schema []byte) (*shape, error) {
	var keywords map[string]json.RawMessage
	if err := json.Unmarshal(schema, &keywords); err != nil {
		return nil, err
	}
	s := &shape{}
	for keyword, value := range keywords {
		if err := s.read(keyword, value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *shape) read(keyword string, value json.RawMessage) (err error) {
	switch keyword {
	case "$schema", "title", "description", "format": // draft 2020-12: formats are annotations
	case "type":
		if value[0] == '"' {
			value = slices.Concat([]byte("["), value, []byte("]"))
		}
		return json.Unmarshal(value, &s.types)
	case "enum":
		var values []json.RawMessage
		err = json.Unmarshal(value, &values)
		for _, v := range values {
			s.enum = append(s.enum, v)
		}
	case "minLength":
		if string(value) != "1" {
			return errTooRich
		}
		s.notEmpty = true
	case "required":
		err = json.Unmarshal(value, &s.required)
		if len(s.required) > 63 {
			return errTooRich
		}
	case "properties":
		return s.readProperties(value)
	case "additionalProperties":
		if string(value) != "true" { // which is what holds without it
			return errTooRich
		}
	case "items":
		s.items, err = newShape(value)
	default:
		return errTooRich
	}
	return err
}

func (s *shape) readProperties(value json.RawMessage) (err error) {
	var properties map[string]json.RawMessage
	if err := json.Unmarshal(value, &properties); err != nil {
		return err
	}
	s.properties = make(map[string]*shape, len(properties))
	for name, schema := range properties {
		if s.properties[name], err = newShape(schema); err != nil {
			return err
		}
	}
	return nil
}

// allows tells whether the JSON value that starts at i is surely allowed, and where it ends. The text
// must be valid and compact.
func (s *shape) allows(text []byte, i int) (end int, sure bool) {
	switch text[i] {
	case '{':
		return s.allowsObject(text, i)
	case '[':
		return s.allowsArray(text, i)
	}
	end = endOfValue(text, i)
	value := text[i:end]
	switch value[0] {
	case '"':
		sure = s.is("string") && (!s.notEmpty || len(value) > len(`""`)) && s.among(value)
	case 't', 'f':
		sure = s.is("boolean") && s.enum == nil
	case 'n':
		sure = s.is("null") && s.enum == nil
	default:
		sure = (s.is("integer") || s.is("number")) && s.enum == nil && isShortInteger(value)
	}
	return end, sure
}

func (s *shape) is(kind string) bool { return s.types == nil || slices.Contains(s.types, kind) }

// among tells whether a string is one of the enumerated ones; an escaped one may be without looking so.
func (s *shape) among(quoted []byte) bool {
	if s.enum == nil {
		return true
	}
	return slices.ContainsFunc(s.enum, func(one []byte) bool { return bytes.Equal(one, quoted) })
}

// isShortInteger tells whether a number is an integer that every reader takes alike.
func isShortInteger(number []byte) bool {
	const longest = 15 // digits that a float64 holds
	digits := bytes.TrimPrefix(number, []byte("-"))
	return len(digits) <= longest && bytes.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

func (s *shape) allowsObject(text []byte, i int) (end int, sure bool) {
	if !s.is("object") || s.enum != nil {
		return i, false
	}
	var found uint64 // a bit for each that is required, since a name may come twice
	for i++; text[i] != '}'; {
		colon := endOfValue(text, i)
		name := text[i+1 : colon-1]
		property, known := s.properties[string(name)]
		if !known { // escaped, perhaps
			property = &anything
		}
		if at := slices.Index(s.required, string(name)); at >= 0 {
			found |= 1 << at
		}
		if i, sure = property.allows(text, colon+1); !sure {
			return i, false
		}
		if text[i] == ',' {
			i++
		}
	}
	return i + 1, found == 1<<len(s.required)-1
}

// anything is the shape of properties that the schema doesn't mention.
var anything shape

func (s *shape) allowsArray(text []byte, i int) (end int, sure bool) {
	if !s.is("array") || s.enum != nil {
		return i, false
	}
	items := s.items
	if items == nil {
		items = &anything
	}
	for i++; text[i] != ']'; {
		if i, sure = items.allows(text, i); !sure {
			return i, false
		}
		if text[i] == ',' {
			i++
		}
	}
	return i + 1, true
}
