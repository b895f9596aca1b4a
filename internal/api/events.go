package api

import (
	"bytes"
	"cmp"
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

// EventStore finds events.
type EventStore interface {
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

	Conversation *EventConversation `json:"conversation,omitempty" doc:"In place of conversationId: the conversation by your own name for it. If there is none, it begins with this event, and conversationStarted is emitted before it"`
}

// EventConversation names a conversation by the integrator's own session.
type EventConversation struct {
	Source            string     `json:"source,omitempty" maxLength:"64" doc:"The channel; api unless given" example:"whatsapp"`
	ExternalSessionID string     `json:"externalSessionId" minLength:"1" maxLength:"256" doc:"Your own name for the session; within a chatbot and source it stands for one conversation" example:"session-8f2c"`
	User              *EventUser `json:"user,omitempty" doc:"The end user, where the conversation begins; a new, nameless one unless given"`
}

// EventUser is what is known of the end user of an event's conversation. Unlike EndUserInput, which historic
// clients send, it has no other fields.
type EventUser EndUserInput

// EventsInput is several events.
type EventsInput struct {
	Events []EventInput `json:"events" minItems:"1" maxItems:"1000" doc:"The events, in order"`
}

type eventsInput struct {
	PageQuery
	EventTypes
	ConversationID []RefText[bot9.ConversationID] `query:"conversationId,explode" maxItems:"20" doc:"Only events of this conversation; repeated: of one of them"`
	Session        []string                       `query:"externalSessionId,explode" maxItems:"20" maxLength:"256" doc:"Only events of the conversations with this externalSessionId, whatever their source; repeated: with one of them"`
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
		"Post events", "Events of bots that run elsewhere, one or up to 1,000 at a time (an array, or `{\"events\":[…]}`), all or none. Once answered 202 they are "+
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
	conversations, some, err := s.conversationsOf(ctx, c, idsOf(in.ConversationID), in.Session)
	if err != nil || !some {
		return answerList(ctx, bot9.List[*bot9.Event]{}, err)
	}
	list, err := s.Store.Events(ctx, c.chatbot, bot9.EventFilter{
		Type: types, Conversation: conversations, After: in.After.ID, Since: in.Since.Time, Until: in.Until.Time,
	}, in.page())
	return answerList(ctx, list, err)
}

// conversationsOf are those of the ids, if any, that have one of the sessions, if any. It returns false if none is
// left of what was asked for.
func (s *server) conversationsOf(ctx context.Context, c *caller, ids []bot9.ConversationID, sessions []string) (_ []bot9.ConversationID, some bool, err error) {
	if len(sessions) == 0 {
		return ids, true, nil
	}
	list, err := s.Store.Conversations(ctx, c.chatbot, bot9.ConversationFilter{Sessions: sessions}, bot9.Page{Limit: bot9.MaxPage})
	var found []bot9.ConversationID
	for _, conversation := range list.Data {
		if len(ids) == 0 || slices.Contains(ids, conversation.ID) {
			found = append(found, conversation.ID)
		}
	}
	return found, len(found) > 0, err
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
	events, form, err := parseEvents(bodyOf(r), c.chatbot)
	if err != nil {
		fail(w, r, err)
		return
	}
	answeringWith(r.Context(), func(ids []bot9.EventID) (savedAnswer, error) {
		return savedAnswer{ContentType: "application/json", Body: appendIDs(nil, ids, form == oneEvent)}, nil
	})
	for i := range events {
		events[i].Hops = hops
	}
	ids, err := s.Chat.Post(r.Context(), c.chatbot, events)
	if err != nil {
		fail(w, r, form.locate(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(appendIDs(make([]byte, 0, 16+24*len(ids)), ids, form == oneEvent)) // an error means that the client is gone
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

// eventsForm is how the events stand in a body.
type eventsForm int

const (
	oneEvent    eventsForm = iota // the event alone
	eventsArray                   // […]
	eventsField                   // {"events":[…]}
)

// at is where the i-th event stands.
func (f eventsForm) at(i int) string {
	switch f {
	case eventsArray:
		return indexed("body", i) + "."
	case eventsField:
		return indexed("body.events", i) + "."
	}
	return "body."
}

// locate says where in the body the event stands that the error is about.
func (f eventsForm) locate(err error) error {
	item, ok := errors.AsType[*bot9.ItemError](err)
	if !ok {
		return err
	}
	located := *item.Err
	located.Fields = slices.Clone(located.Fields)
	for i := range located.Fields {
		located.Fields[i].Location = f.at(item.Item) + located.Fields[i].Location
	}
	return &located
}

// plainEvent reads an event that is written as nearly all are: alone, with these names and none besides. It
// goes once over the body where decoding does so several times. It is nil for all others, and for whatever is
// wrong, so that decoding says what.
func plainEvent(body []byte) (*EventInput, *catalog.Object) {
	posted, err := catalog.ParseObject(body)
	if err != nil || !posted.HasOnly("event", "data", "conversationId", "conversation") {
		return nil, nil
	}
	event, eventOK := posted.String("event")
	conversation, conversationOK := posted.String("conversationId")
	data := posted.Object("data")
	if !eventOK || !conversationOK || data == nil {
		return nil, nil
	}
	in := &EventInput{Event: event, ConversationID: conversation}
	if !posted.Has("conversation") {
		return in, data
	}
	if in.Conversation = plainConversation(posted.Object("conversation")); in.Conversation == nil {
		return nil, nil
	}
	return in, data
}

// plainConversation is nil for what isn't written as nearly all are.
func plainConversation(named *catalog.Object) *EventConversation {
	if named == nil || !named.HasOnly("source", "externalSessionId", "user") {
		return nil
	}
	source, sourceOK := named.String("source")
	session, sessionOK := named.String("externalSessionId")
	in := &EventConversation{Source: source, ExternalSessionID: session}
	if !sourceOK || !sessionOK {
		return nil
	}
	if !named.Has("user") {
		return in
	}
	user := named.Object("user")
	if user == nil || !user.HasOnly("externalId", "name", "emailId", "phone") {
		return nil
	}
	in.User = &EventUser{}
	for name, field := range map[string]*string{
		"externalId": &in.User.ExternalID, "name": &in.User.Name, "emailId": &in.User.EmailID, "phone": &in.User.Phone,
	} {
		value, ok := user.String(name)
		if !ok {
			return nil
		}
		*field = value
	}
	return in
}

// parseEvents reads one event or several, and checks each; form tells how they stood in the body.
// The error says where in the body every wrong value stands.
func parseEvents(body []byte, chatbot bot9.ChatbotID) (events []bot9.NewEvent, form eventsForm, err error) {
	if plain, data := plainEvent(body); plain != nil {
		event, err := plain.check(chatbot, data)
		if err == nil {
			return []bot9.NewEvent{event}, oneEvent, nil
		}
	}
	if body, err = checkBody(body, eventsRules()); err != nil {
		return nil, form, err
	}
	inputs, form, err := decodeEvents(body)
	if err != nil {
		return nil, form, err
	}
	var wrong *bot9.Error
	events = make([]bot9.NewEvent, 0, len(inputs))
	for i := range inputs {
		event, err := inputs[i].check(chatbot, nil)
		if err == nil {
			events = append(events, event)
			continue
		}
		if wrong, err = complain(wrong, form.at(i), err); err != nil {
			return nil, form, err
		}
		if len(wrong.Fields) >= maxComplaints {
			break
		}
	}
	if wrong != nil {
		return nil, form, wrong
	}
	return events, form, nil
}

// eventsRules are what the description of the operation says of its body.
var eventsRules = sync.OnceValue(func() *rules {
	registry := huma.NewMapRegistry("#", huma.DefaultSchemaNamer)
	var op huma.Operation
	describePostEvents(registry, &op)
	return rulesOf(registry, &op, access{})
})

func decodeEvents(body []byte) (inputs []EventInput, form eventsForm, err error) {
	trimmed := bytes.TrimLeft(body, " \t\r\n")
	list, at := body, "body"
	if len(trimmed) == 0 || trimmed[0] != '[' {
		var several struct {
			Events json.RawMessage `json:"events"`
		}
		one := make([]EventInput, 1)
		if err := cmp.Or(json.Unmarshal(body, &one[0]), json.Unmarshal(body, &several)); err != nil {
			return nil, oneEvent, decodingError("body", err)
		}
		if len(trimmed) > 0 && trimmed[0] != '{' { // null
			return nil, oneEvent, bot9.InvalidField(codeValidation, "body", "Expected an event, an array of events, or an object with events.")
		}
		if several.Events == nil {
			return one, oneEvent, nil
		}
		if one := one[0]; one.Event+one.ConversationID != "" || one.Data != nil || one.Conversation != nil {
			return nil, oneEvent, bot9.InvalidField(codeValidation, "body.events", "A request has one event or several: events stands alone.")
		}
		list, at, form = several.Events, "body.events", eventsField
	} else {
		form = eventsArray
	}
	if err := json.Unmarshal(list, &inputs); err != nil {
		return nil, form, arrayError(list, at, err)
	}
	if len(inputs) == 0 || len(inputs) > maxEvents {
		return nil, form, bot9.InvalidField(codeValidation, at, "Expected 1 to %d events.", maxEvents)
	}
	return inputs, form, nil
}

// arrayError finds the item of the array at that err, from decoding the whole, is about.
func arrayError(list []byte, at string, err error) error {
	var items []json.RawMessage
	if json.Unmarshal(list, &items) != nil {
		return decodingError(at, err)
	}
	for i, item := range items {
		var input EventInput
		if err := json.Unmarshal(item, &input); err != nil {
			return decodingError(indexed(at, i), err)
		}
	}
	return decodingError(at, err)
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
	var from catalog.Origin
	if in.Conversation != nil {
		if in.ConversationID != "" {
			return event, bot9.InvalidField(codeValidation, "conversation", "It stands in place of conversationId: give one of them.")
		}
		event.Session = in.Conversation.session()
		from = catalog.Origin{Source: event.Session.Source, ExternalSessionID: event.Session.ExternalSessionID}
	}
	// The ID of a message that Bot9 doesn't keep need not be unique beyond all doubt.
	message := bot9.MessageID(bot9.FirstIDAt(bot9.At(time.Now())) | rand.Int64N(1<<(bot9.IDNodeBits+bot9.IDCounterBits)))
	var err error
	if parsed != nil {
		event.Data, err = catalog.AcceptObject(in.Event, parsed, chatbot, message, from)
		return event, err
	}
	data := []byte(in.Data)
	if len(data) == 0 || string(data) == "null" {
		data = []byte("{}")
	}
	event.Data, err = catalog.Accept(in.Event, data, chatbot, message, from)
	return event, err
}

func (in *EventConversation) session() *bot9.StartInput {
	start := &bot9.StartInput{Source: in.Source, ExternalSessionID: in.ExternalSessionID}
	if in.User != nil {
		start.User = (*EndUserInput)(in.User).start()
	}
	return start
}

// complain adds the faults of the value at location to the faults found before.
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

func indexed(location string, i int) string { return location + "[" + strconv.Itoa(i) + "]" }

// PostedEvent names an event that was stored.
type PostedEvent struct {
	ID bot9.EventID `json:"id" doc:"The event, as it was stored"`
}

// PostedEvents names events that were stored.
type PostedEvents struct {
	IDs []bot9.EventID `json:"ids" doc:"The events as they were stored, in the order of the request"`
}
