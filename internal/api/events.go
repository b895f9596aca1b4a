package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// EventStore keeps events. AppendEvents takes all or none.
type EventStore interface {
	AppendEvents(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error)
	Events(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.EventFilter, page bot9.Page) (bot9.List[*bot9.Event], error)
	Event(ctx context.Context, chatbot bot9.ChatbotID, id bot9.EventID) (*bot9.Event, error)
}

const (
	postEvents    = "postEvents"
	maxEvents     = 1000    // in one request
	maxEventsBody = 4 << 20 // bytes
	maxComplaints = 100     // what is wrong with more values is not listed
)

// EventPath names an event.
type EventPath struct {
	EventID PathID[bot9.EventID] `path:"eventId" doc:"The event"`
}

// EventInput is an event that happened elsewhere.
type EventInput struct {
	Event          string          `json:"event" doc:"A type of the catalog, or custom.<name>" example:"messageReceived"`
	Data           json.RawMessage `json:"data,omitempty" doc:"An object. Of a catalog type it must fit the type's schema; chatbotId is filled in, and for messages also messageId, senderType, source and externalSessionId where they are missing"`
	ConversationID string          `json:"conversationId,omitempty" doc:"Gives the event its place in the conversation's order" example:"conv_38g4k4jvm0001"`
}

type eventsInput struct {
	PageQuery
	EventTypes
	ConversationID []RefText[bot9.ConversationID] `query:"conversationId,explode" maxItems:"20" doc:"Only events of this conversation; repeated: of one of them"`
	After          After                          `query:"after" doc:"Only events after this one, oldest first: to catch up without missing any"`
	Since          Moment                         `query:"since" doc:"Events of this time or later"`
	Until          Moment                         `query:"until" doc:"Events before this time"`
}

func (s *server) registerEvents() {
	const path = chatbotPath + "events"
	read := access{role: bot9.Viewer}
	register(s, read, operation(http.MethodGet, chatbotPath+"event-types", tagEvents, "listEventTypes",
		"List event types", "The catalog: what each type means, when it fires, the JSON Schema of its data, and a sample."), s.eventTypes)
	register(s, read, operation(http.MethodGet, path, tagEvents, "listEvents",
		"List events", "Newest first; with `after` oldest first. What is listed is exactly what webhooks are sent."), s.listEvents)
	register(s, read, operation(http.MethodGet, path+"/{eventId}", tagEvents, "getEvent", "Get an event", "As webhooks are sent it."), s.getEvent)
	post := operation(http.MethodPost, path, tagEvents, postEvents,
		"Post events", "Events of bots that run elsewhere, one or up to 1,000 at a time, all or none. Once answered 202 they are "+
			"stored, and on their way to every matching webhook.")
	describePostEvents(s.registry(), &post)
	registerPlain(s, access{role: bot9.Developer, creates: true, status: http.StatusAccepted, maxBody: maxEventsBody, ownBody: true}, post, s.postEvents)
}

func (s *server) eventTypes(ctx context.Context, _ *caller, in *PageQuery) (*output[bot9.List[catalog.Type]], error) {
	all := catalog.All()
	place := func(t catalog.Type) int64 {
		return int64(1 + slices.IndexFunc(all, func(one catalog.Type) bool { return one.Name == t.Name }))
	}
	return answerPart(ctx, in, all, place, nil)
}

func (s *server) listEvents(ctx context.Context, c *caller, in *eventsInput) (*output[bot9.List[*bot9.Event]], error) {
	types, err := in.chosen()
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Events(ctx, c.chatbot, bot9.EventFilter{
		Type: types, Conversation: idsOf(in.ConversationID), After: in.After.ID, Since: in.Since.Time, Until: in.Until.Time,
	}, in.page())
	return answerList(ctx, list, err)
}

func (s *server) getEvent(ctx context.Context, c *caller, in *EventPath) (*output[*bot9.Event], error) {
	return answer(s.Store.Event(ctx, c.chatbot, in.EventID.ID))
}

// postEvents is the busiest operation, so it does without the framework.
func (s *server) postEvents(w http.ResponseWriter, r *http.Request) {
	c := callerFrom(r.Context())
	hops, err := s.hops(r, c.chatbot)
	if err != nil {
		fail(w, r, err)
		return
	}
	events, single, err := parseEvents(bodyOf(r), c.chatbot)
	if err != nil {
		fail(w, r, err)
		return
	}
	answeringWith(r.Context(), func(ids []bot9.EventID) (savedAnswer, error) {
		return savedAnswer{ContentType: "application/json", Body: appendIDs(nil, ids, single)}, nil
	})
	for i := range events {
		events[i].Hops = hops
	}
	ids, err := s.Store.AppendEvents(r.Context(), c.chatbot, events)
	if err != nil {
		fail(w, r, locate(err, single))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(appendIDs(make([]byte, 0, 16+24*len(ids)), ids, single)) // an error means that the client is gone
}

// appendIDs writes the answer to events: {"id":…} to a single one, else {"ids":[…]}.
func appendIDs(body []byte, ids []bot9.EventID, single bool) []byte {
	if single {
		return append(ids[0].AppendText(append(body, `{"id":"`...)), "\"}\n"...)
	}
	body = append(body, `{"ids":[`...)
	for i, id := range ids {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(id.AppendText(append(body, '"')), '"')
	}
	return append(body, "]}\n"...)
}

// plainEvent reads an event that is written as nearly all are: alone, with these names and none besides. It
// goes once over the body where decoding does so several times. It is nil for all others, and for whatever is
// wrong, so that decoding says what.
func plainEvent(body []byte) (*EventInput, *catalog.Object) {
	posted, err := catalog.ParseObject(body)
	if err != nil || !posted.HasOnly("event", "data", "conversationId") {
		return nil, nil
	}
	event, eventOK := posted.String("event")
	conversation, conversationOK := posted.String("conversationId")
	data := posted.Object("data")
	if !eventOK || !conversationOK || data == nil {
		return nil, nil
	}
	return &EventInput{Event: event, ConversationID: conversation}, data
}

// parseEvents reads one event or an array of them, and checks each; single tells which it was.
// The error says where in the body every wrong value stands.
func parseEvents(body []byte, chatbot bot9.ChatbotID) (events []bot9.NewEvent, single bool, err error) {
	if plain, data := plainEvent(body); plain != nil {
		event, err := plain.check(chatbot, data)
		if err == nil {
			return []bot9.NewEvent{event}, true, nil
		}
	}
	if body, err = checkBody(body, eventsRules()); err != nil {
		return nil, false, err
	}
	inputs, single, err := decodeEvents(body)
	if err != nil {
		return nil, single, err
	}
	var wrong *bot9.Error
	events = make([]bot9.NewEvent, 0, len(inputs))
	for i := range inputs {
		event, err := inputs[i].check(chatbot, nil)
		if err == nil {
			events = append(events, event)
			continue
		}
		location := "body."
		if !single {
			location = indexed("body", i) + "."
		}
		if wrong, err = complain(wrong, location, err); err != nil {
			return nil, single, err
		}
		if len(wrong.Fields) >= maxComplaints {
			break
		}
	}
	if wrong != nil {
		return nil, single, wrong
	}
	return events, single, nil
}

// eventsRules are what the description of the operation says of its body.
var eventsRules = sync.OnceValue(func() *rules {
	registry := huma.NewMapRegistry("#", huma.DefaultSchemaNamer)
	var op huma.Operation
	describePostEvents(registry, &op)
	return rulesOf(registry, &op, access{})
})

func decodeEvents(body []byte) (inputs []EventInput, single bool, err error) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	if len(trimmed) == 0 || trimmed[0] != '[' {
		inputs = make([]EventInput, 1)
		if err := json.Unmarshal(body, &inputs[0]); err != nil {
			return nil, true, decodingError("body", err)
		}
		if len(trimmed) > 0 && trimmed[0] != '{' { // null
			return nil, true, bot9.InvalidField(codeValidation, "body", "Expected an event or an array of events.")
		}
		return inputs, true, nil
	}
	if err := json.Unmarshal(body, &inputs); err != nil {
		return nil, false, arrayError(body, err)
	}
	if len(inputs) == 0 || len(inputs) > maxEvents {
		return nil, false, bot9.InvalidField(codeValidation, "body", "Expected 1 to %d events.", maxEvents)
	}
	return inputs, false, nil
}

// arrayError finds the item of an array that err, from decoding the whole, is about.
func arrayError(body []byte, err error) error {
	var items []json.RawMessage
	if json.Unmarshal(body, &items) != nil {
		return decodingError("body", err)
	}
	for i, item := range items {
		var input EventInput
		if err := json.Unmarshal(item, &input); err != nil {
			return decodingError(indexed("body", i), err)
		}
	}
	return decodingError("body", err)
}

// decodingError says what kept a body from being decoded, without a word of the body.
func decodingError(location string, err error) error {
	if mistyped, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if mistyped.Field != "" {
			location += "." + mistyped.Field
		}
		return bot9.InvalidField(codeValidation, location, "Expected %s.", jsonWord(mistyped.Type.Kind()))
	}
	return bot9.Errorf(bot9.Malformed, codeMalformedJSON, "The body is not valid JSON.")
}

// check turns an input into an event, whose data may have been parsed already. Locations in its errors are
// relative to the input.
func (in *EventInput) check(chatbot bot9.ChatbotID, parsed *catalog.Object) (bot9.NewEvent, error) {
	event := bot9.NewEvent{Type: in.Event}
	if in.Event == "" {
		missing := bot9.InvalidField(codeValidation, "event", "An event needs a type: event is missing.")
		missing.Fields[0].Message = "is required"
		return event, missing
	}
	if in.ConversationID != "" {
		var ok bool
		if event.ConversationID, ok = parseID[bot9.ConversationID](in.ConversationID); !ok {
			return event, bot9.InvalidField("unknownConversation", "conversationId", "There is no such conversation.")
		}
	}
	// The ID of a message that Bot9 doesn't keep need not be unique beyond all doubt.
	message := bot9.MessageID(bot9.FirstIDAt(bot9.At(time.Now())) | rand.Int64N(1<<(bot9.IDNodeBits+bot9.IDCounterBits)))
	var err error
	if parsed != nil {
		event.Data, err = catalog.AcceptObject(in.Event, parsed, chatbot, message)
		return event, err
	}
	data := []byte(in.Data)
	if len(data) == 0 || string(data) == "null" {
		data = []byte("{}")
	}
	event.Data, err = catalog.Accept(in.Event, data, chatbot, message)
	return event, err
}

// complain adds what is wrong with the value at location to what is wrong before it.
func complain(wrong *bot9.Error, location string, err error) (*bot9.Error, error) {
	e, ok := errors.AsType[*bot9.Error](err)
	if !ok {
		return nil, err
	}
	if wrong == nil {
		wrong = &bot9.Error{Kind: e.Kind, Code: e.Code, Message: e.Message}
	}
	for _, field := range e.Fields {
		wrong.Fields = append(wrong.Fields, bot9.FieldError{Location: location + field.Location, Message: field.Message})
	}
	return wrong, nil
}

// locate gives the fields of an error about one of the posted events their locations in the body.
func locate(err error, single bool) error {
	item, ok := errors.AsType[*bot9.ItemError](err)
	if !ok {
		return err
	}
	location := "body"
	if !single {
		location = indexed(location, item.Item)
	}
	located := *item.Err
	located.Fields = slices.Clone(located.Fields)
	for i := range located.Fields {
		located.Fields[i].Location = location + "." + located.Fields[i].Location
	}
	return &located
}

func indexed(location string, i int) string { return location + "[" + strconv.Itoa(i) + "]" }

// PostedEvent names an event that was stored.
type PostedEvent struct {
	ID bot9.EventID `json:"id" doc:"The event, as it was stored"`
}

// PostedEvents names events that were stored.
type PostedEvents struct {
	IDs []bot9.EventID `json:"ids" doc:"The events as they were stored, in the order of the request"`
}
