package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// ReplayStore keeps replays.
type ReplayStore interface {
	CreateReplay(ctx context.Context, r bot9.Replay) (bot9.Replay, error)
	CreateRetry(ctx context.Context, r bot9.Replay) (bot9.Replay, error)
	Replay(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReplayID) (bot9.Replay, error)
	Replays(ctx context.Context, chatbot bot9.ChatbotID, webhook bot9.WebhookID, page bot9.Page) (bot9.List[bot9.Replay], error)
	CountReplay(ctx context.Context, r bot9.Replay) (bot9.ReplayCount, error)
	CancelReplay(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReplayID) (bot9.Replay, error)
}

// ReplayPath names a replay.
type ReplayPath struct {
	ReplayID PathID[bot9.ReplayID] `path:"replayId" doc:"The replay"`
}

// ReplayCreation says what to send again.
type ReplayCreation struct {
	Since          Moment                    `json:"since" doc:"Events of this time or later"`
	Until          *Moment                   `json:"until,omitempty" doc:"Events before this time; until now unless given"`
	Events         []string                  `json:"events,omitempty" maxItems:"200" doc:"Event types; all that the webhook chose unless given" example:"messageReceived,messageSent"`
	Status         []string                  `json:"status,omitempty" enum:"succeeded,failed,canceled" doc:"Only events whose last delivery to this webhook ended so, whatever is still under way; unless given every matching event, also those from before the webhook was made" example:"failed"`
	ConversationID *Ref[bot9.ConversationID] `json:"conversationId,omitempty" doc:"Only events of this conversation"`
	DryRun         bool                      `json:"dryRun,omitempty" doc:"Send nothing: answer with how many events it would be"`
}

type createReplayInput struct {
	WebhookPath
	Body ReplayCreation
}

type createReplayOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where to follow its progress"`
	Body     any    // bot9.Replay, or bot9.ReplayCount of a dry run
}

type listReplaysInput struct {
	WebhookPath
	PageQuery
}

func (s *server) registerReplays() {
	const ofWebhook, one = chatbotPath + "webhooks/{webhookId}/", chatbotPath + "replays/{replayId}"
	read := access{role: bot9.Viewer}
	create := operation(http.MethodPost, ofWebhook+"replay", tagReplays, "createReplay",
		"Replay events", "Sends events of the past to the webhook again, in order, behind live ones. "+
			"With `dryRun` it only answers with how many that would be.")
	create.DefaultStatus = http.StatusAccepted
	create.Responses = map[string]*huma.Response{
		strconv.Itoa(http.StatusOK): {
			Description: "Of a dry run: how many events would be sent",
			Content:     content("application/json", schemaOf[bot9.ReplayCount](s.registry()), nil),
		},
		strconv.Itoa(http.StatusAccepted): {
			Description: "The replay has begun", Content: content("application/json", schemaOf[bot9.Replay](s.registry()), nil),
		},
	}
	register(s, access{role: bot9.Developer, creates: true}, create, s.createReplay)
	register(s, read, operation(http.MethodGet, ofWebhook+"replays", tagReplays, "listReplays",
		"List replays", "Of one webhook, newest first."), s.listReplays)
	register(s, read, operation(http.MethodGet, one, tagReplays, "getReplay", "Get a replay", "With its progress."), s.getReplay)
	register(s, access{role: bot9.Developer}, operation(http.MethodPost, one+"/cancel", tagReplays, "cancelReplay",
		"Cancel a replay", "What it has not sent yet is not sent."), s.cancelReplay)
}

func (s *server) createReplay(ctx context.Context, c *caller, in *createReplayInput) (*createReplayOutput, error) {
	filter, err := in.Body.filter()
	if err != nil {
		return nil, err
	}
	replay := bot9.Replay{ChatbotID: c.chatbot, WebhookID: in.WebhookID.ID, Filter: filter}
	if in.Body.DryRun {
		count, err := s.Store.CountReplay(ctx, replay)
		return &createReplayOutput{Status: http.StatusOK, Body: count}, err
	}
	answeringWith(ctx, func(r bot9.Replay) (savedAnswer, error) {
		saved, err := jsonAnswer(r)
		saved.Location = replayLocation(&r)
		return saved, err
	})
	replay, err = s.Store.CreateReplay(ctx, replay)
	if err != nil {
		return nil, err
	}
	return &createReplayOutput{Status: http.StatusAccepted, Location: replayLocation(&replay), Body: replay}, nil
}

func replayLocation(r *bot9.Replay) string {
	return basePath + r.ChatbotID.String() + "/replays/" + r.ID.String()
}

func (s *server) listReplays(ctx context.Context, c *caller, in *listReplaysInput) (*output[bot9.List[bot9.Replay]], error) {
	if _, err := s.Store.Webhook(ctx, c.chatbot, in.WebhookID.ID); err != nil {
		return nil, err
	}
	list, err := s.Store.Replays(ctx, c.chatbot, in.WebhookID.ID, in.page())
	return answerList(ctx, list, err)
}

func (s *server) getReplay(ctx context.Context, c *caller, in *ReplayPath) (*output[bot9.Replay], error) {
	return answer(s.Store.Replay(ctx, c.chatbot, in.ReplayID.ID))
}

func (s *server) cancelReplay(ctx context.Context, c *caller, in *ReplayPath) (*output[bot9.Replay], error) {
	return answer(s.Store.CancelReplay(ctx, c.chatbot, in.ReplayID.ID))
}

func (in *ReplayCreation) filter() (bot9.ReplayFilter, error) {
	filter := bot9.ReplayFilter{Since: in.Since.Time, Events: in.Events}
	for i, event := range in.Events {
		if !catalog.ValidSubscription(event) {
			return filter, unknownEventType(indexed("body.events", i))
		}
	}
	for _, status := range in.Status {
		filter.Status = append(filter.Status, bot9.DeliveryStatus(status))
	}
	if in.ConversationID != nil {
		filter.ConversationID = in.ConversationID.ID
	}
	if in.Until != nil {
		filter.Until = in.Until.Time
		if filter.Until <= filter.Since {
			return filter, bot9.InvalidField(codeValidation, "body.until", "It must be later than since.")
		}
	}
	return filter, nil
}
