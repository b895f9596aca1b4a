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
	WebhookID      Ref[bot9.WebhookID]      `query:"webhookId" doc:"Only those to this webhook"`
	EventID        Ref[bot9.EventID]        `query:"eventId" doc:"Only those of this event"`
	ConversationID Ref[bot9.ConversationID] `query:"conversationId" doc:"Only those of this conversation's events"`
	Event          string                   `query:"event" maxLength:"100" doc:"Event type"`
	Status         string                   `query:"status" enum:"pending,retrying,set_aside,held,succeeded,failed,canceled" doc:"Only those that stand here"`
	Since          Moment                   `query:"since" doc:"Deliveries made at this time or later"`
	Until          Moment                   `query:"until" doc:"Deliveries made before this time"`
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
	return answerList(s.Store.Deliveries(ctx, c.chatbot, bot9.DeliveryFilter{
		WebhookID: in.WebhookID.ID, EventID: in.EventID.ID, ConversationID: in.ConversationID.ID,
		EventType: in.Event, Status: bot9.DeliveryStatus(in.Status), Since: in.Since.Time, Until: in.Until.Time,
	}, in.page()))
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
