package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// RetryCreation says which failed deliveries to send again. Fields that are left out don't restrict.
type RetryCreation struct {
	_           struct{}               `additionalProperties:"false"`
	WebhookID   *Ref[bot9.WebhookID]   `json:"webhookId,omitempty" doc:"Only deliveries to this webhook; to all that are enabled unless given"`
	Status      string                 `json:"status,omitempty" enum:"failed" doc:"Deliveries that ended so: failed, which needs not be said"`
	Since       *Moment                `json:"since,omitempty" doc:"Only deliveries made at this time or later"`
	Until       *Moment                `json:"until,omitempty" doc:"Only deliveries made before this time"`
	ErrorClass  string                 `json:"errorClass,omitempty" enum:"status,redirect,timeout,dns,connect,tls,blocked,protocol,badWebhook" doc:"Only deliveries whose last attempt came to this" example:"timeout"`
	Event       string                 `json:"event,omitempty" maxLength:"100" doc:"Only events of this type" example:"messageReceived"`
	DeliveryIDs []Ref[bot9.DeliveryID] `json:"deliveryIds,omitempty" minItems:"1" maxItems:"250" doc:"Only these deliveries"`
}

type retryDeliveriesInput struct{ Body RetryCreation }

func (s *server) registerRetries() {
	retry := operation(http.MethodPost, chatbotPath+"webhooks/retry", tagReplays, "retryDeliveries",
		"Retry failed deliveries", "Sends many failed deliveries again, behind live ones, in their original order: to one webhook or to "+
			"all that are enabled. Answers with a replay, whose progress can be followed and which can be canceled. What was sent again since, and "+
			"events that are no longer kept, are left out. One retry of a chatbot runs at a time.")
	retry.DefaultStatus = http.StatusAccepted
	register(s, access{role: bot9.Developer, creates: true}, retry, s.retryDeliveries)
}

type retryDeliveriesOutput struct {
	Location string `header:"Location" doc:"Where to follow its progress"`
	Body     bot9.Replay
}

func (s *server) retryDeliveries(ctx context.Context, c *caller, in *retryDeliveriesInput) (*retryDeliveriesOutput, error) {
	replay := bot9.Replay{ChatbotID: c.chatbot, Filter: bot9.ReplayFilter{
		Status:     []bot9.DeliveryStatus{bot9.DeliveryFailed},
		ErrorClass: bot9.OutcomeClass(in.Body.ErrorClass),
	}}
	if in.Body.WebhookID != nil {
		replay.WebhookID = in.Body.WebhookID.ID
	}
	if in.Body.Event != "" {
		replay.Filter.Events = []string{in.Body.Event}
	}
	if in.Body.Since != nil {
		replay.Filter.Since = in.Body.Since.Time
	}
	if in.Body.Until != nil {
		replay.Filter.Until = in.Body.Until.Time
		if replay.Filter.Until <= replay.Filter.Since {
			return nil, bot9.InvalidField(codeValidation, "body.until", "It must be later than since.")
		}
	}
	for _, id := range in.Body.DeliveryIDs {
		replay.Filter.DeliveryIDs = append(replay.Filter.DeliveryIDs, id.ID)
	}
	answeringWith(ctx, func(r bot9.Replay) (savedAnswer, error) {
		saved, err := jsonAnswer(r)
		saved.Location = replayLocation(&r)
		return saved, err
	})
	replay, err := s.Store.CreateRetry(ctx, replay)
	if err != nil {
		return nil, err
	}
	return &retryDeliveriesOutput{Location: replayLocation(&replay), Body: replay}, nil
}
