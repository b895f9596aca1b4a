package catalog

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/bot9/bot9/internal/bot9"
)

// WithChatbot returns the data with its "chatbotId" set to id, in the place where it stood, or in
// front where it was missing; everything else keeps its order. It fails with Invalid
// "invalidEventData" for anything but one JSON object.
func WithChatbot(data []byte, id bot9.ChatbotID) ([]byte, error) {
	in, err := ParseObject(data)
	if err != nil {
		return nil, err
	}
	return in.withChatbot(id), nil
}

func (o *Object) withChatbot(id bot9.ChatbotID) []byte {
	out := make([]byte, 0, len(o.text)+200)
	if i := o.find("chatbotId"); i >= 0 {
		out = append(out, o.text[:o.properties[i].start]...)
		out = appendQuoted(out, id)
		return append(out, o.text[o.properties[i].end:]...)
	}
	out = append(out, `{"chatbotId":`...)
	out = appendQuoted(out, id)
	if len(o.text) > len("{}") {
		out = append(out, ',')
	}
	return append(out, o.text[1:]...)
}

// speakers tells, for the types about a message, who says it unless the data tells.
var speakers = map[string]bot9.Speaker{
	MessageReceived: bot9.SpeakerUser, MessageSent: bot9.SpeakerBot,
	MessageFailed: bot9.SpeakerUser, AnswerNotFound: bot9.SpeakerUser,
}

// Origin is where the message of an event was said; the zero value is a conversation that has no name besides its ID.
type Origin struct{ Source, ExternalSessionID string }

func (o Origin) source() string {
	if o.Source == "" {
		return `"api"`
	}
	return quoted(o.Source)
}

func (o Origin) session() string {
	if o.ExternalSessionID == "" {
		return "null"
	}
	return quoted(o.ExternalSessionID)
}

func quoted(text string) string {
	out, _ := json.Marshal(text) // a string always can be
	return string(out)
}

// complete does what WithChatbot does, and fills in what a bot that runs elsewhere may leave out of
// an event about a message: its ID, who says it, and where. So receivers always find the whole.
func (o *Object) complete(event string, id bot9.ChatbotID, message bot9.MessageID, from Origin) []byte {
	out := o.withChatbot(id)
	speaker, aboutMessage := speakers[event]
	if !aboutMessage {
		return out
	}
	fill := func(name, value string) {
		if o.find(name) < 0 {
			out = append(out[:len(out)-1], `,"`+name+`":`+value+`}`...)
		}
	}
	fill("messageId", `"`+message.String()+`"`)
	fill("senderType", `"`+string(speaker)+`"`)
	fill("source", from.source())
	fill("externalSessionId", from.session())
	if event == MessageSent {
		fill("inReplyTo", "null")
	}
	return out
}

func appendQuoted(dst []byte, id bot9.ChatbotID) []byte {
	return append(id.AppendText(append(dst, '"')), '"')
}

// Object is a JSON object: compact, in UTF-8, and with no two properties of the same name, of which
// each reader would take another one. It is only read as long as what it was parsed from.
type Object struct {
	text       []byte
	properties []property
	byName     map[string]int // of many; a few, as nearly always, are found quicker one by one
}

type property struct {
	name       []byte
	start, end int // of the value
}

const fewProperties = 8

// ParseObject compacts data and checks that it is an Object. It fails with Invalid "invalidEventData".
func ParseObject(data []byte) (*Object, error) {
	if BadText(data) >= 0 {
		return nil, bot9.InvalidField(codeInvalidData, "data", "The data must be UTF-8, without halves of surrogate pairs.")
	}
	buffer := bytes.NewBuffer(make([]byte, 0, len(data)))
	if err := json.Compact(buffer, data); err != nil {
		return nil, bot9.InvalidField(codeInvalidData, "data", "The data is not valid JSON.")
	}
	return objectOf(buffer.Bytes())
}

// objectOf finds the properties in text that is valid and compact.
func objectOf(text []byte) (*Object, error) {
	if text[0] != '{' {
		return nil, bot9.InvalidField(codeInvalidData, "data", "The data must be a JSON object.")
	}
	o := &Object{text: text, properties: make([]property, 0, fewProperties)}
	for at := 1; at < len(text)-1; {
		colon := endOfValue(text, at)
		end := endOfValue(text, colon+1)
		if !o.add(property{unquote(text[at:colon]), colon + 1, end}) {
			return nil, bot9.InvalidField(codeInvalidData, "data", "The data has two properties of the same name.")
		}
		at = end + 1 // past the comma, or past the closing brace
	}
	return o, nil
}

// add tells whether the name is new.
func (o *Object) add(p property) bool {
	if o.find(string(p.name)) >= 0 {
		return false
	}
	o.properties = append(o.properties, p)
	if n := len(o.properties); n > fewProperties {
		if o.byName == nil {
			o.byName = make(map[string]int, 2*fewProperties)
			for i, one := range o.properties {
				o.byName[string(one.name)] = i
			}
		}
		o.byName[string(p.name)] = n - 1
	}
	return true
}

// find returns the index of a property, -1 if there is none.
func (o *Object) find(name string) int {
	if o.byName != nil {
		if i, ok := o.byName[name]; ok {
			return i
		}
		return -1
	}
	return slices.IndexFunc(o.properties, func(p property) bool { return string(p.name) == name })
}

// Has tells whether there is such a property.
func (o *Object) Has(name string) bool { return o.find(name) >= 0 }

// HasOnly tells whether there is no property besides these.
func (o *Object) HasOnly(names ...string) bool {
	return !slices.ContainsFunc(o.properties, func(p property) bool { return !slices.Contains(names, string(p.name)) })
}

// String returns a property that is a string, "" if it is missing; ok is false if it is anything else.
func (o *Object) String(name string) (value string, ok bool) {
	i := o.find(name)
	if i < 0 {
		return "", true
	}
	text := o.text[o.properties[i].start:o.properties[i].end]
	if text[0] != '"' {
		return "", false
	}
	return string(unquote(text)), true
}

// Object returns a property that is an Object, nil if it is missing or anything else.
func (o *Object) Object(name string) *Object {
	i := o.find(name)
	if i < 0 {
		return nil
	}
	inner, err := objectOf(o.text[o.properties[i].start:o.properties[i].end])
	if err != nil {
		return nil
	}
	return inner
}

// endOfValue returns where the JSON value that starts at i ends. The text must be valid and compact.
func endOfValue(text []byte, i int) int {
	depth := 0
	for ; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// unquote returns what a valid JSON string says; few names have an escape.
func unquote(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var name string
	_ = json.Unmarshal(quoted, &name) // valid: it passed json.Compact
	return []byte(name)
}
