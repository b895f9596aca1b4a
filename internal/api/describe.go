package api

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// The operations that read or write by themselves are described here, from the same Go types.

func content(media string, schema *huma.Schema, example any) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{media: {Schema: schema, Example: example}}
}

func describePostEvents(registry huma.Registry, op *huma.Operation) {
	one := schemaOf[EventInput](registry)
	batch := schemaOf[EventsInput](registry)
	most := maxEvents
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Content: content("application/json", &huma.Schema{OneOf: []*huma.Schema{
			one, {Type: huma.TypeArray, Items: one, MinItems: new(int(1)), MaxItems: &most}, batch,
		}}, map[string]any{"event": "custom.orderPlaced", "data": map[string]any{"order": "A-17"}}),
	}
	id := schemaOf[PostedEvent](registry)
	ids := schemaOf[PostedEvents](registry)
	op.Responses = map[string]*huma.Response{strconv.Itoa(http.StatusAccepted): {
		Description: "Stored; ids in the order of the request where there were several",
		Content:     content("application/json", &huma.Schema{OneOf: []*huma.Schema{id, ids}}, nil),
	}}
}

func describeStream(registry huma.Registry, op *huma.Operation) {
	text := &huma.Schema{Type: huma.TypeString}
	schemaOf[bot9.Presence](registry)
	op.Parameters = []*huma.Param{
		{
			Name: "events", In: "query", Description: "Only these event types; repeated, or separated by commas", Explode: new(bool(true)),
			Schema: &huma.Schema{Type: huma.TypeArray, Items: text}, Example: []string{"messageReceived", "messageSent"},
		},
		{Name: "lastEventId", In: "query", Description: "As Last-Event-ID, for clients that can't set headers", Schema: text},
		{Name: "changes", In: "query", Description: "Whether to send frames `changed` and `presence` too", Schema: &huma.Schema{Type: huma.TypeBoolean}},
		{Name: "Last-Event-ID", In: "header", Description: "The last event received: the stream goes on after it", Schema: text},
	}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Server-sent events until the client leaves; a comment every 15 seconds keeps the line open",
		Content:     content("text/event-stream", text, nil),
	}}
}

func describeChat(registry huma.Registry, op *huma.Operation) {
	answers := content("application/json", schemaOf[ChatReply](registry), nil)
	schemaOf[ChatDelta](registry)
	answers["text/event-stream"] = &huma.MediaType{Schema: &huma.Schema{
		Type: huma.TypeString, Description: "Events delta (ChatDelta), done (ChatReply) and error (Problem)",
	}}
	op.Responses = map[string]*huma.Response{"200": {Description: "The reply", Content: answers}}
}

func describeVisitorStream(registry huma.Registry, op *huma.Operation) {
	text := &huma.Schema{Type: huma.TypeString}
	schemaOf[VisitorSeesTyping](registry)
	op.Parameters = []*huma.Param{{Name: "Last-Event-ID", In: "header", Description: "The last event received, or a conversation's cursor: the stream goes on after it", Schema: text}}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "Server-sent events until the client leaves; a comment every 15 seconds keeps the line open",
		Content:     content("text/event-stream", text, nil),
	}}
}
