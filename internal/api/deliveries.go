package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// DeliveryStore keeps deliveries and their attempts.
type DeliveryStore interface {
	Deliveries(ctx context.Context, chatbot bot9.ChatbotID, filter bot9.DeliveryFilter, page bot9.Page) (bot9.List[bot9.Delivery], error)
	Delivery(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) (bot9.Delivery, error)
	Attempts(ctx context.Context, chatbot bot9.ChatbotID, delivery bot9.DeliveryID) ([]bot9.Attempt, error)
	RetryDelivery(ctx context.Context, chatbot bot9.ChatbotID, id bot9.DeliveryID) (bot9.Delivery, error)
}

// DeliveryPath names a delivery.
type DeliveryPath struct {
	DeliveryID PathID[bot9.DeliveryID] `path:"deliveryId" doc:"The delivery"`
}

// DeliveryDetail is a delivery with the event that it carries and all attempts.
type DeliveryDetail struct {
	bot9.Delivery
	Envelope *bot9.Event    `json:"event,omitempty" doc:"The body that is sent; absent once retention has removed the event"`
	All      []bot9.Attempt `json:"attempts" doc:"Oldest first"`
}

// TransformSchema implements huma.SchemaTransformer: event is the envelope here, where a delivery
// in a list has the type alone.
func (DeliveryDetail) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	envelope := *schemaOf[Envelope](r)
	envelope.Description = s.Properties["event"].Description
	s.Properties["event"] = &envelope
	s.Required = slices.DeleteFunc(s.Required, func(name string) bool { return name == "event" })
	return s
}

type deliveriesInput struct {
	PageQuery
	EventTypes
	WebhookID      []RefText[bot9.WebhookID]      `query:"webhookId,explode" doc:"Only those to this webhook; repeated: to one of them"`
	EventID        []RefText[bot9.EventID]        `query:"eventId,explode" doc:"Only those of this event; repeated: of one of them"`
	ConversationID []RefText[bot9.ConversationID] `query:"conversationId,explode" doc:"Only those of this conversation's events; repeated: of one of them"`
	Session        []string                       `query:"externalSessionId,explode" maxItems:"20" maxLength:"256" doc:"Only those of events of the conversations with this externalSessionId; repeated: with one of them"`
	Status         []bot9.DeliveryStatus          `query:"status,explode" enum:"pending,retrying,set_aside,held,succeeded,failed,canceled" doc:"Only those that stand here; repeated: in one of these"`
	Since          Moment                         `query:"since" doc:"Deliveries made at this time or later"`
	Until          Moment                         `query:"until" doc:"Deliveries made before this time"`
}

func (s *server) registerDeliveries() {
	const path, one = chatbotPath + "deliveries", chatbotPath + "deliveries/{deliveryId}"
	read := access{role: bot9.Viewer}
	register(s, read, operation(http.MethodGet, path, tagDeliveries, "listDeliveries",
		"List deliveries", "Newest first."), s.listDeliveries)
	register(s, read, operation(http.MethodGet, one, tagDeliveries, "getDelivery",
		"Get a delivery", "With the event and every attempt: what was sent, what came back, and what the time went into."), s.getDelivery)
	retry := operation(http.MethodPost, one+"/retry", tagDeliveries, "retryDelivery",
		"Retry a delivery", "Sends a finished delivery once more, or a waiting one without further waiting.")
	retry.DefaultStatus = http.StatusAccepted
	register(s, access{role: bot9.Developer, creates: true}, retry, s.retryDelivery)
}

func (s *server) listDeliveries(ctx context.Context, c *caller, in *deliveriesInput) (*output[bot9.List[bot9.Delivery]], error) {
	conversations, some, err := s.conversationsOf(ctx, c, idsOf(in.ConversationID), in.Session)
	if err != nil || !some {
		return answerList(ctx, bot9.List[bot9.Delivery]{}, err)
	}
	filters, err := in.filters(conversations)
	if err != nil {
		return nil, err
	}
	lists := make([]bot9.List[bot9.Delivery], len(filters))
	for i, filter := range filters {
		if lists[i], err = s.Store.Deliveries(ctx, c.chatbot, filter, in.page()); err != nil {
			return nil, err
		}
	}
	return answerList(ctx, merged(in.Limit, lists, func(d bot9.Delivery) int64 { return int64(d.ID) }), nil)
}

// filters are for every combination of what is asked for, since each has an index of its own.
func (in *deliveriesInput) filters(conversations []bot9.ConversationID) ([]bot9.DeliveryFilter, error) {
	types, err := in.chosen()
	if err != nil {
		return nil, err
	}
	type filter = bot9.DeliveryFilter
	return choices(filter{Since: in.Since.Time, Until: in.Until.Time},
		with(idsOf(in.WebhookID), func(f *filter, id bot9.WebhookID) { f.WebhookID = id }),
		with(idsOf(in.EventID), func(f *filter, id bot9.EventID) { f.EventID = id }),
		with(conversations, func(f *filter, id bot9.ConversationID) { f.ConversationID = id }),
		with(types, func(f *filter, name string) { f.EventType = name }),
		with(in.Status, func(f *filter, status bot9.DeliveryStatus) { f.Status = status }))
}

func (s *server) getDelivery(ctx context.Context, c *caller, in *DeliveryPath) (*output[DeliveryDetail], error) {
	delivery, err := s.Store.Delivery(ctx, c.chatbot, in.DeliveryID.ID)
	if err != nil {
		return nil, err
	}
	event, err := s.Store.Event(ctx, c.chatbot, delivery.EventID)
	if err != nil && bot9.KindOf(err) != bot9.NotFound { // retention may have removed it
		return nil, err
	}
	attempts, err := s.Store.Attempts(ctx, c.chatbot, delivery.ID)
	if err != nil {
		return nil, err
	}
	return answer(DeliveryDetail{Delivery: delivery, Envelope: event, All: nonNil(attempts)}, nil)
}

func (s *server) retryDelivery(ctx context.Context, c *caller, in *DeliveryPath) (*output[bot9.Delivery], error) {
	return answer(s.Store.RetryDelivery(ctx, c.chatbot, in.DeliveryID.ID))
}
