package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// ReceiverStore keeps receivers and what they got.
type ReceiverStore interface {
	CreateReceiver(ctx context.Context, r bot9.Receiver, keep bool) (bot9.Receiver, error)
	Receivers(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.Receiver, error)
	Receiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) (bot9.Receiver, error)
	ChangeReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID, change func(*bot9.Receiver) error) (bot9.Receiver, error)
	DeleteReceiver(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ReceiverID) error
	Received(ctx context.Context, id bot9.ReceiverID) ([]bot9.ReceivedRequest, error)
}

// ReceiverPath names a receiver.
type ReceiverPath struct {
	ReceiverID PathID[bot9.ReceiverID] `path:"receiverId" doc:"The receiver"`
}

// ReceiverSettings is how a receiver is to be. What is left out gets its default.
type ReceiverSettings struct {
	Description  *string  `json:"description,omitempty" maxLength:"200" doc:"To tell receivers apart" example:"Orders, on trial"`
	Secret       *string  `json:"secret,omitempty" maxLength:"200" doc:"whsec_…: check signatures by it. Unless given, or if empty, by the secrets of the chatbot's webhook that a request names"`
	AnswerStatus *int     `json:"answerStatus,omitempty" minimum:"0" maximum:"599" doc:"Answer with this status from 200 to 599, to try failures; 0 = 204 to correctly signed requests, 401 to the rest"`
	DelaySeconds *float64 `json:"delaySeconds,omitempty" minimum:"0" maximum:"30" doc:"Wait so long before answering, to try timeouts"`
}

// ReceiverChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is; null removes.
type ReceiverChange struct {
	Description  Optional[string]  `json:"description,omitempty" maxLength:"200" doc:"To tell receivers apart" example:"Orders, on trial"`
	Secret       Optional[string]  `json:"secret,omitempty" maxLength:"200" doc:"whsec_…: check signatures by it. Null or empty: by the secrets of the chatbot's webhook that a request names"`
	AnswerStatus Optional[int]     `json:"answerStatus,omitempty" minimum:"0" maximum:"599" doc:"Answer with this status from 200 to 599, to try failures; 0 or null = 204 to correctly signed requests, 401 to the rest"`
	DelaySeconds Optional[float64] `json:"delaySeconds,omitempty" minimum:"0" maximum:"30" doc:"Wait so long before answering, to try timeouts"`
}

type createReceiverInput struct{ Body *ReceiverSettings }

type listReceivedInput struct {
	ReceiverPath
	PageQuery
}

type changeReceiverInput struct {
	ReceiverPath
	IfMatch
	Body ReceiverChange
}

type deleteReceiverInput struct {
	ReceiverPath
	IfMatch
}

func (s *server) registerReceivers() {
	const path, one = chatbotPath + "receivers", chatbotPath + "receivers/{receiverId}"
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	create := operation(http.MethodPost, path, tagReceivers, "createReceiver", "Create a receiver",
		"A private URL to point webhooks at, which works without `--allow-targets`. It keeps the newest 100 requests, and is "+
			"removed when nothing has arrived for 7 days.")
	create.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true}, create, s.createReceiver)
	register(s, read, operation(http.MethodGet, path, tagReceivers, "listReceivers",
		"List receivers", "All of the chatbot's receivers."), s.listReceivers)
	register(s, read, operation(http.MethodGet, one, tagReceivers, "getReceiver", "Get a receiver", "Its URL and what it answers; what it got is listed by its requests."), s.getReceiver)
	register(s, read, operation(http.MethodGet, one+"/requests", tagReceivers, "listReceivedRequests",
		"List what arrived", "The newest 100 requests, newest first, each with whether its signature is right."), s.listReceived)
	register(s, write, operation(http.MethodPatch, one, tagReceivers, "changeReceiver",
		"Change a receiver", "Its answer, and the secret that it checks signatures with."), s.changeReceiver)
	register(s, write, operation(http.MethodDelete, one, tagReceivers, "deleteReceiver",
		"Delete a receiver", "With what it got. Webhooks that point to it get 404 from now on."), s.deleteReceiver)
}

func (s *server) createReceiver(ctx context.Context, c *caller, in *createReceiverInput) (*output[bot9.Receiver], error) {
	r := bot9.Receiver{ChatbotID: c.chatbot, Token: s.NewReceiverToken()}
	if in.Body != nil {
		set(&r.Description, in.Body.Description)
		set(&r.Secret, in.Body.Secret)
		set(&r.AnswerStatus, in.Body.AnswerStatus)
		set(&r.DelaySeconds, in.Body.DelaySeconds)
		if err := s.checkReceiver(&r); err != nil {
			return nil, err
		}
	}
	answering(ctx, s.shownReceiver)
	r, err := s.Store.CreateReceiver(ctx, r, false)
	return answer(s.shownReceiver(r), err)
}

func (s *server) listReceivers(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Receiver]], error) {
	receivers, err := s.Store.Receivers(ctx, c.chatbot)
	for i := range receivers {
		receivers[i] = s.shownReceiver(receivers[i])
	}
	return answerPart(ctx, in, receivers, func(r bot9.Receiver) int64 { return int64(r.ID) }, err)
}

func (s *server) getReceiver(ctx context.Context, c *caller, in *ReceiverPath) (*editable[bot9.Receiver], error) {
	r, err := s.Store.Receiver(ctx, c.chatbot, in.ReceiverID.ID)
	return answerEditable(r, s.shownReceiver(r), err)
}

func (s *server) listReceived(ctx context.Context, c *caller, in *listReceivedInput) (*output[bot9.List[bot9.ReceivedRequest]], error) {
	r, err := s.Store.Receiver(ctx, c.chatbot, in.ReceiverID.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Received(ctx, r.ID)
	return answerPart(ctx, &in.PageQuery, all, func(q bot9.ReceivedRequest) int64 { return -int64(q.ID) }, err) // newest first
}

func (s *server) changeReceiver(ctx context.Context, c *caller, in *changeReceiverInput) (*editable[bot9.Receiver], error) {
	r, err := s.Store.ChangeReceiver(in.expect(ctx), c.chatbot, in.ReceiverID.ID, func(r *bot9.Receiver) error {
		patch(&r.Description, in.Body.Description, "")
		patch(&r.Secret, in.Body.Secret, "")
		patch(&r.AnswerStatus, in.Body.AnswerStatus, 0)
		patch(&r.DelaySeconds, in.Body.DelaySeconds, 0)
		return s.checkReceiver(r)
	})
	return answerEditable(r, s.shownReceiver(r), err)
}

func (s *server) deleteReceiver(ctx context.Context, c *caller, in *deleteReceiverInput) (*struct{}, error) {
	return nil, s.Store.DeleteReceiver(in.expect(ctx), c.chatbot, in.ReceiverID.ID)
}

func (s *server) checkReceiver(r *bot9.Receiver) error {
	if r.Secret != "" && s.CheckSecret(r.Secret) != nil {
		return bot9.InvalidField("invalidSecret", "body.secret", "This is no signing secret: whsec_ and 24 to 64 bytes in base64.")
	}
	if r.AnswerStatus != 0 && r.AnswerStatus < http.StatusOK {
		return bot9.InvalidField(codeValidation, "body.answerStatus", "The status must be 0, or from 200 to 599.")
	}
	return nil
}

// shownReceiver is a receiver as it goes out, with its URL.
func (s *server) shownReceiver(r bot9.Receiver) bot9.Receiver {
	r.URL = s.BaseURL + s.ReceiverPath + r.Token
	r.HasSecret = r.Secret != ""
	return r
}
