package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/bot9/bot9/internal/bot9"
)

// WithChatbot returns the data with its "chatbotId" set to id, in the place where it stood, or in
// front where it was missing; everything else keeps its order. It fails with Invalid
// "invalidEventData" for anything but one JSON object.
func WithChatbot(data []byte, id bot9.ChatbotID) ([]byte, error) {
	in, err := parseObject(data)
	if err != nil {
		return nil, err
	}
	return in.withChatbot(id), nil
}

func (in object) withChatbot(id bot9.ChatbotID) []byte {
	out := make([]byte, 0, len(in.text)+200)
	if in.chatbotID.start > 0 {
		out = append(out, in.text[:in.chatbotID.start]...)
		out = appendQuoted(out, id)
		return append(out, in.text[in.chatbotID.end:]...)
	}
	out = append(out, `{"chatbotId":`...)
	out = appendQuoted(out, id)
	if len(in.text) > len("{}") {
		out = append(out, ',')
	}
	return append(out, in.text[1:]...)
}

// speakers tells, for the types about a message, who says it unless the data tells.
var speakers = map[string]bot9.Speaker{
	MessageReceived: bot9.SpeakerUser, MessageSent: bot9.SpeakerBot,
	MessageFailed: bot9.SpeakerUser, AnswerNotFound: bot9.SpeakerUser,
}

// complete does what WithChatbot does, and fills in what a bot that runs elsewhere may leave out of
// an event about a message: its ID, who says it, and where. So receivers always find the whole.
func (in object) complete(event string, id bot9.ChatbotID, message bot9.MessageID) []byte {
	out := in.withChatbot(id)
	speaker, aboutMessage := speakers[event]
	if !aboutMessage {
		return out
	}
	fill := func(name, value string) {
		if !in.names.has(name) {
			out = append(out[:len(out)-1], `,"`+name+`":`+value+`}`...)
		}
	}
	fill("messageId", `"`+message.String()+`"`)
	fill("senderType", `"`+string(speaker)+`"`)
	fill("source", `"api"`)
	fill("externalSessionId", "null")
	if event == MessageSent {
		fill("inReplyTo", "null")
	}
	return out
}

func appendQuoted(dst []byte, id bot9.ChatbotID) []byte {
	return append(id.AppendText(append(dst, '"')), '"')
}

// object is a JSON object's compact text, the names of its properties, and where in it the value of "chatbotId" stands: zero if nowhere.
type object struct {
	text      []byte
	names     names
	chatbotID span
}

// names are property names. A few, as nearly always, are found quicker one by one.
type names struct {
	few  []string
	many map[string]struct{}
}

const fewNames = 16

func (n *names) has(name string) bool {
	if n.many != nil {
		_, ok := n.many[name]
		return ok
	}
	return slices.Contains(n.few, name)
}

func (n *names) add(name string) {
	n.few = append(n.few, name)
	if len(n.few) > fewNames && n.many == nil {
		n.many = make(map[string]struct{}, 2*fewNames)
		for _, one := range n.few {
			n.many[one] = struct{}{}
		}
	}
	if n.many != nil {
		n.many[name] = struct{}{}
	}
}

type span struct{ start, end int }

// parseObject compacts data and checks that it is one JSON object in UTF-8 that names nothing
// twice: of two equal names each reader takes another, so what was checked is not what is read.
func parseObject(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return object{}, bot9.InvalidField(codeInvalidData, "data", "The data must be UTF-8.")
	}
	buffer := bytes.NewBuffer(make([]byte, 0, len(data)))
	if err := json.Compact(buffer, data); err != nil {
		return object{}, bot9.InvalidField(codeInvalidData, "data", "The data is not valid JSON.")
	}
	out := object{text: buffer.Bytes(), names: names{few: make([]string, 0, fewNames)}}
	if out.text[0] != '{' {
		return object{}, bot9.InvalidField(codeInvalidData, "data", "The data must be a JSON object.")
	}
	for at := 1; at < len(out.text)-1; {
		colon := endOfValue(out.text, at)
		end := endOfValue(out.text, colon+1)
		name := unquote(out.text[at:colon])
		if out.names.has(name) {
			return object{}, bot9.InvalidField(codeInvalidData, "data", "The data has two properties of the same name.")
		}
		out.names.add(name)
		if name == "chatbotId" {
			out.chatbotID = span{colon + 1, end}
		}
		at = end + 1 // past the comma, or past the closing brace
	}
	return out, nil
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
func unquote(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var name string
	_ = json.Unmarshal(quoted, &name) // valid: it passed json.Compact
	return name
}
