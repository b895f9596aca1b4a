package bot9

import (
	"encoding/json"
	"strconv"
)

// APIVersion is the version of the envelope and of the event catalog.
const APIVersion = "1"

// NewEvent is something that happened and is to be committed as an Event.
type NewEvent struct {
	Type           string
	Data           json.RawMessage // a JSON object, compact
	ConversationID ConversationID  // zero outside a conversation
	Session        *StartInput     // names the conversation where ConversationID is zero; begins it if there is none
	Hops           int             // number of webhooks it came through, on any server; nearly always zero
}

// MaxHops bounds the webhooks that an event may come through. One that has come through that many is in a loop.
const MaxHops = 5

// Event is something that happened, as committed. Its ID is its place in the order; its time is nearly always the ID's.
type Event struct {
	ID             EventID
	ChatbotID      ChatbotID
	ConversationID ConversationID // zero for events outside a conversation
	Sequence       int64          // 1, 2, 3 … within the conversation, without gaps; zero outside
	Type           string
	Data           json.RawMessage
	At             Time // when it was committed, where that is not its ID's time: IDs never go back, clocks do
	Hops           int  // number of webhooks it came through before it was committed here
}

// CreatedAt is when the event was committed.
func (e *Event) CreatedAt() Time {
	if e.At != 0 {
		return e.At
	}
	return e.ID.Time()
}

// AppendEnvelope appends the event as webhooks, the live stream and the API show it. The bytes
// depend on the event alone, so every attempt of a delivery has the same body.
func (e *Event) AppendEnvelope(dst []byte) []byte {
	dst = append(dst, `{"event":"`...)
	dst = append(dst, e.Type...) // [A-Za-z0-9._-] only: needs no escaping
	dst = append(dst, `","data":`...)
	dst = append(dst, e.Data...)
	dst = append(dst, `,"id":"`...)
	dst = e.ID.AppendText(dst)
	dst = append(dst, `","createdAt":"`...)
	dst = e.CreatedAt().AppendText(dst)
	dst = append(dst, `","apiVersion":"`+APIVersion+`"`...)
	if e.ConversationID != 0 {
		dst = append(dst, `,"conversationId":"`...)
		dst = e.ConversationID.AppendText(dst)
		dst = append(dst, `","sequence":`...)
		dst = strconv.AppendInt(dst, e.Sequence, 10)
	}
	return append(dst, '}')
}

// MarshalJSON returns the envelope.
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendEnvelope(nil), nil }

// EventFilter chooses events of a chatbot. Zero fields don't restrict.
type EventFilter struct {
	Type         []string         // one of them; custom.* stands for all custom types
	Conversation []ConversationID // one of them
	After        EventID          // only events committed after this one, oldest first
	Since, Until Time             // [Since, Until)
}
