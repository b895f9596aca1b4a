package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// WebhookStore keeps webhooks.
type WebhookStore interface {
	CreateWebhook(ctx context.Context, w bot9.Webhook) (bot9.Webhook, error)
	WebhookPage(ctx context.Context, chatbot bot9.ChatbotID, page bot9.Page) (bot9.List[bot9.Webhook], error)
	Webhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) (bot9.Webhook, error)
	ChangeWebhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID, change func(*bot9.Webhook) error) (bot9.Webhook, error)
	DeleteWebhook(ctx context.Context, chatbot bot9.ChatbotID, id bot9.WebhookID) error
	Stats(ctx context.Context, chatbot bot9.ChatbotID, webhook bot9.WebhookID, window bot9.StatsWindow, now bot9.Time) (bot9.Stats, error)
	ChatbotStats(ctx context.Context, chatbot bot9.ChatbotID, window bot9.StatsWindow, now bot9.Time) (bot9.ChatbotStats, error)
	// Endpoint returns a webhook of whichever chatbot, AsymmetricWebhooks the newest ones that sign with v1a.
	Endpoint(ctx context.Context, id bot9.WebhookID) (bot9.Webhook, error)
	AsymmetricWebhooks(ctx context.Context, limit int) ([]bot9.Webhook, error)
	MissedEvents(ctx context.Context, w bot9.Webhook, limit int) (int, error)
}

// WebhookPath names a webhook.
type WebhookPath struct {
	WebhookID PathID[bot9.WebhookID] `path:"webhookId" doc:"The webhook"`
}

// WebhookCreation is a new webhook. What is left out gets its default.
type WebhookCreation struct {
	URL            string             `json:"url" minLength:"1" maxLength:"2048" doc:"HTTPS and public, unless the server allows the target" example:"https://example.com/webhooks/bot9"`
	Events         []string           `json:"events" minItems:"1" maxItems:"200" doc:"Event types, custom.<name>, custom.* for all custom ones, or * for all" example:"messageReceived,conversationClosed"`
	Description    string             `json:"description,omitempty" doc:"What it is for, in your own words" example:"Order desk"`
	Headers        map[string]string  `json:"headers,omitempty" doc:"Sent with every delivery, such as credentials for a gateway; kept encrypted, shown to developers only"`
	Filter         string             `json:"filter,omitempty" doc:"A CEL expression over the envelope; only events that make it true are delivered" example:"data.senderType == \"user\""`
	Ordering       bot9.Ordering      `json:"ordering,omitempty" enum:"conversation,none" doc:"conversation (the default): one conversation's events strictly in order"`
	SetAsideAfter  *int               `json:"setAsideAfter,omitempty" minimum:"0" maximum:"100" doc:"After so many failed attempts, while the endpoint answers other events, an event leaves its conversation's order; 0 = the conversation waits; 5 unless given"`
	TimeoutSeconds *int               `json:"timeoutSeconds,omitempty" minimum:"1" maximum:"30" doc:"Seconds that the whole exchange may take, from connecting to the end of the answer; 15 unless given" example:"15"`
	RetrySchedule  []int              `json:"retrySchedule,omitempty" maxItems:"50" doc:"Seconds to wait before each attempt after the first; about 3 days in all unless given"`
	MaxInFlight    int                `json:"maxInFlight,omitempty" minimum:"0" maximum:"1000" doc:"At most so many requests at once; 0 = as many as the endpoint takes well"`
	RateLimit      float64            `json:"rateLimit,omitempty" minimum:"0" maximum:"10000" doc:"At most so many requests per second; 0 = no limit"`
	Signatures     []string           `json:"signatures,omitempty" minItems:"1" maxItems:"2" enum:"v1,v1a" doc:"Signature schemes: v1 (HMAC-SHA256, by the secret), and v1a beside it (ed25519, which receivers check by the public key); v1 unless given"`
	Secret         string             `json:"secret,omitempty" maxLength:"200" doc:"A secret of your own, so that receivers that know it need no change: whsec_ and the base64 of 24 to 64 bytes. Made for you unless given"`
	Status         bot9.WebhookStatus `json:"status,omitempty" enum:"enabled,disabled" doc:"enabled unless given"`
}

// WebhookChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is; null removes.
type WebhookChange struct {
	URL            *string                      `json:"url,omitempty" minLength:"1" maxLength:"2048" doc:"HTTPS and public, unless the server allows the target" example:"https://example.com/webhooks/bot9"`
	Events         []string                     `json:"events,omitempty" minItems:"1" maxItems:"200" doc:"Replaces the event types: of the catalog, custom.<name>, custom.*, or *" example:"messageReceived,conversationClosed"`
	Description    Optional[string]             `json:"description,omitempty" doc:"What it is for, in your own words" example:"Order desk"`
	Headers        Optional[map[string]*string] `json:"headers,omitempty" doc:"Adds to the headers, and replaces those that are there; null removes one, or in place of the object all"`
	Filter         Optional[string]             `json:"filter,omitempty" doc:"null or an empty text removes the filter"`
	Ordering       Optional[bot9.Ordering]      `json:"ordering,omitempty" enum:"conversation,none" doc:"conversation: the events of one conversation strictly in order. none: each as soon as it can be sent"`
	SetAsideAfter  Optional[int]                `json:"setAsideAfter,omitempty" minimum:"0" maximum:"100" doc:"After so many failed attempts, while the endpoint answers other events, an event leaves its conversation's order; 0 = the conversation waits; null = 5" example:"5"`
	TimeoutSeconds Optional[int]                `json:"timeoutSeconds,omitempty" minimum:"1" maximum:"30" doc:"Seconds that the whole exchange may take, from connecting to the end of the answer" example:"15"`
	RetrySchedule  Optional[[]int]              `json:"retrySchedule,omitempty" maxItems:"50" doc:"Seconds to wait before each attempt after the first, up to 7 days each and 30 days together; an empty list means no retries, null the default" example:"[5,30,120]"`
	MaxInFlight    Optional[int]                `json:"maxInFlight,omitempty" minimum:"0" maximum:"1000" doc:"At most so many requests at once; 0 = as many as the endpoint takes well" example:"8"`
	RateLimit      Optional[float64]            `json:"rateLimit,omitempty" minimum:"0" maximum:"10000" doc:"At most so many requests per second; 0 = no limit" example:"20"`
	Signatures     Optional[[]string]           `json:"signatures,omitempty" minItems:"1" maxItems:"2" enum:"v1,v1a" doc:"Signature schemes: v1 and, beside it, v1a, which receivers check by the public key" example:"v1"`
	Status         *bot9.WebhookStatus          `json:"status,omitempty" enum:"enabled,disabled" doc:"Enabling it again answers with the number of events it missed"`
}

// WebhookWithSecret is a webhook and the secret that its deliveries are signed with.
type WebhookWithSecret struct {
	bot9.Webhook
	Secret string `json:"secret" doc:"whsec_ and the base64 of the key that deliveries are signed with" example:"whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"`
}

// ChangedWebhook is a webhook after a change.
type ChangedWebhook struct {
	bot9.Webhook
	Missed *MissedEvents `json:"missed,omitempty" doc:"Only when the change enabled the webhook: offer to replay this"`
}

// MissedEvents tells what a webhook would have been sent while it was disabled.
type MissedEvents struct {
	Count int       `json:"count" doc:"Exact up to 1000, which stands for that many or more"`
	Since bot9.Time `json:"since" format:"date-time" doc:"When it was disabled"`
	Until bot9.Time `json:"until" format:"date-time" doc:"When it was enabled"`
}

// missedLimit is how far missed events are counted.
const missedLimit = 1000

type createWebhookInput struct{ Body WebhookCreation }

type changeWebhookInput struct {
	WebhookPath
	IfMatch
	Body WebhookChange
}

type deleteWebhookInput struct {
	WebhookPath
	IfMatch
}

type statsInput struct {
	WebhookPath
	Window string `query:"window" enum:"1h,24h,7d" default:"24h" doc:"How far back to look: an hour, a day or a week"`
}

func (s *server) registerWebhooks() {
	const path, one = chatbotPath + "webhooks", chatbotPath + "webhooks/{webhookId}"
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	create := operation(http.MethodPost, path, tagWebhooks, "createWebhook",
		"Create a webhook", "From now on every matching event is sent to the URL as a signed POST. The answer has the signing secret.")
	create.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, creates: true}, create, s.createWebhook)
	register(s, read, operation(http.MethodGet, path, tagWebhooks, "listWebhooks",
		"List webhooks", "Oldest first."), s.listWebhooks)
	register(s, read, operation(http.MethodGet, one, tagWebhooks, "getWebhook",
		"Get a webhook", "With how its endpoint has been doing."), s.getWebhook)
	register(s, write, operation(http.MethodPatch, one, tagWebhooks, "changeWebhook",
		"Change a webhook", "Also pauses it (`status: disabled`) and resumes it."), s.changeWebhook)
	register(s, write, operation(http.MethodDelete, one, tagWebhooks, "deleteWebhook",
		"Delete a webhook", "What is still waiting for it is not sent."), s.deleteWebhook)
	register(s, read, operation(http.MethodGet, one+"/stats", tagWebhooks, "getWebhookStats",
		"Statistics of a webhook", "Attempts by outcome, success rate, latency, backlog, and all of it over time."), s.webhookStats)
	s.registerPreview()
	s.registerWebhookSecrets()
}

func (s *server) createWebhook(ctx context.Context, c *caller, in *createWebhookInput) (*output[WebhookWithSecret], error) {
	w := in.Body.webhook()
	w.ChatbotID, w.AccountID = c.chatbot, c.AccountID
	w.Secrets = []bot9.Secret{{Text: in.Body.Secret}}
	if in.Body.Secret == "" {
		w.Secrets[0].Text = s.NewSecret()
	}
	if err := s.check(&w); err != nil {
		return nil, err
	}
	s.ensureSigningKey(&w)
	secret := w.Secrets[0].Text
	withSecret := func(w bot9.Webhook) WebhookWithSecret { return WebhookWithSecret{Webhook: shown(c, w), Secret: secret} }
	answering(ctx, withSecret)
	w, err := s.Store.CreateWebhook(ctx, w)
	return answer(withSecret(w), err)
}

func (s *server) listWebhooks(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Webhook]], error) {
	list, err := s.Store.WebhookPage(ctx, c.chatbot, in.page())
	for i := range list.Data {
		list.Data[i] = shown(c, list.Data[i])
	}
	return answerList(ctx, list, err)
}

func (s *server) getWebhook(ctx context.Context, c *caller, in *WebhookPath) (*editable[bot9.Webhook], error) {
	w, err := s.Store.Webhook(ctx, c.chatbot, in.WebhookID.ID)
	return answerEditable(w, shown(c, w), err)
}

func (s *server) changeWebhook(ctx context.Context, c *caller, in *changeWebhookInput) (*editable[ChangedWebhook], error) {
	var before bot9.Webhook
	w, err := s.Store.ChangeWebhook(in.expect(ctx), c.chatbot, in.WebhookID.ID, func(w *bot9.Webhook) error {
		before = *w
		in.Body.apply(w)
		if before.Status == bot9.WebhookEnabled && w.Status == bot9.WebhookDisabled {
			w.DisabledReason = "paused by " + c.Name()
		}
		if in.Body.onlyPauses() {
			return nil
		}
		s.ensureSigningKey(w)
		return s.check(w)
	})
	if err != nil {
		return nil, err
	}
	changed := ChangedWebhook{Webhook: shown(c, w)}
	if before.Status == bot9.WebhookDisabled && w.Status == bot9.WebhookEnabled && before.DisabledAt != 0 {
		count, err := s.Store.MissedEvents(ctx, before, missedLimit)
		if err != nil {
			return nil, err
		}
		changed.Missed = &MissedEvents{Count: count, Since: before.DisabledAt, Until: bot9.At(time.Now())}
	}
	return answerEditable(w, changed, nil)
}

func (s *server) deleteWebhook(ctx context.Context, c *caller, in *deleteWebhookInput) (*struct{}, error) {
	return nil, s.Store.DeleteWebhook(in.expect(ctx), c.chatbot, in.WebhookID.ID)
}

func (s *server) webhookStats(ctx context.Context, c *caller, in *statsInput) (*output[bot9.Stats], error) {
	window, err := windowNamed(in.Window)
	if err != nil {
		return nil, err
	}
	stats, err := s.Store.Stats(ctx, c.chatbot, in.WebhookID.ID, window, bot9.At(time.Now()))
	stats.Window, stats.Series = in.Window, nonNil(stats.Series)
	return answer(stats, err)
}

// webhook fills in the defaults.
func (in *WebhookCreation) webhook() bot9.Webhook {
	w := bot9.Webhook{
		URL: in.URL, Events: in.Events, Description: in.Description, Headers: in.Headers, Filter: in.Filter,
		Ordering: in.Ordering, SetAsideAfter: bot9.DefaultSetAsideAfter,
		TimeoutSeconds: int(bot9.DefaultTimeout.Seconds()), RetrySchedule: in.RetrySchedule,
		MaxInFlight: in.MaxInFlight, RateLimit: in.RateLimit, Signatures: in.Signatures, Status: in.Status,
	}
	set(&w.SetAsideAfter, in.SetAsideAfter)
	set(&w.TimeoutSeconds, in.TimeoutSeconds)
	if w.Ordering == "" {
		w.Ordering = bot9.OrderConversation
	}
	if w.Status == "" {
		w.Status = bot9.WebhookEnabled
	}
	if w.Signatures == nil {
		w.Signatures = []string{"v1"}
	}
	if w.RetrySchedule == nil {
		w.RetrySchedule = defaultSchedule()
	}
	if w.Status == bot9.WebhookDisabled {
		w.DisabledReason, w.DisabledAt = "created disabled", bot9.At(time.Now())
	}
	return w
}

// defaultSchedule is what a webhook without a schedule of its own goes by, in seconds.
func defaultSchedule() (seconds []int) {
	for _, wait := range bot9.DefaultRetrySchedule {
		seconds = append(seconds, int(wait.Seconds()))
	}
	return seconds
}

func (in *WebhookChange) apply(w *bot9.Webhook) {
	set(&w.URL, in.URL)
	set(&w.Status, in.Status)
	patch(&w.Description, in.Description, "")
	patch(&w.Filter, in.Filter, "")
	patch(&w.Ordering, in.Ordering, bot9.OrderConversation)
	patch(&w.SetAsideAfter, in.SetAsideAfter, bot9.DefaultSetAsideAfter)
	patch(&w.TimeoutSeconds, in.TimeoutSeconds, int(bot9.DefaultTimeout.Seconds()))
	patch(&w.RetrySchedule, in.RetrySchedule, defaultSchedule())
	patch(&w.MaxInFlight, in.MaxInFlight, 0)
	patch(&w.RateLimit, in.RateLimit, 0)
	patch(&w.Signatures, in.Signatures, []string{"v1"})
	in.applyHeaders(w)
	if in.Events != nil {
		w.Events = in.Events
	}
}

// applyHeaders merges headers, whose names are the same in any case.
func (in *WebhookChange) applyHeaders(w *bot9.Webhook) {
	if !in.Headers.Given {
		return
	}
	merged := map[string]string{}
	if !in.Headers.Removed {
		maps.Copy(merged, w.Headers)
	}
	for name := range in.Headers.Value { // all before any is set: one may only change its case
		maps.DeleteFunc(merged, func(known, _ string) bool { return strings.EqualFold(known, name) })
	}
	for name, value := range in.Headers.Value {
		if value != nil {
			merged[name] = *value
		}
	}
	w.Headers = merged
}

// onlyPauses tells whether a webhook is to be disabled and nothing else. That must always work,
// also where the target has become one that would be refused.
func (in *WebhookChange) onlyPauses() bool {
	return in.Status != nil && *in.Status == bot9.WebhookDisabled && reflect.DeepEqual(*in, WebhookChange{Status: in.Status})
}

// set takes over a value that was given.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// check refuses what the catalog doesn't know, then what can't be sent to. An event type named
// twice counts once.
func (s *server) check(w *bot9.Webhook) (err error) {
	if w.Events, err = chosenEvents(w.Events); err != nil {
		return err
	}
	return s.CheckWebhook(w)
}

// chosenEvents refuses what is no type or pattern, and returns each once.
func chosenEvents(events []string) (chosen []string, err error) {
	for i, event := range events {
		if !catalog.ValidSubscription(event) {
			return nil, unknownEventType(indexed("body.events", i))
		}
		if !slices.Contains(chosen, event) {
			chosen = append(chosen, event)
		}
	}
	return chosen, nil
}

func unknownEventType(location string) error {
	return bot9.InvalidField("unknownEventType", location,
		"There is no such event type; GET event-types lists them, and custom.<name> is your own.")
}

// shown is a webhook as it goes out: lists and maps are there, if empty, and what often is a
// credential, the values of headers and tokens in the URL, only for those who may set it.
func shown(c *caller, w bot9.Webhook) bot9.Webhook {
	w.Events, w.Signatures = nonNil(w.Events), nonNil(w.Signatures)
	if w.RetrySchedule == nil { // not empty, which would be no retries
		w.RetrySchedule = defaultSchedule()
	}
	if !c.role().AtLeast(bot9.Developer) || !c.May(bot9.WebhooksWrite) {
		w.URL, w.Headers = bot9.MaskURL(w.URL), bot9.MaskHeaders(w.Headers)
	}
	if w.Headers == nil {
		w.Headers = map[string]string{}
	}
	return w
}
