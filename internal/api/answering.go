package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// AnsweringStore keeps how chatbots answer.
type AnsweringStore interface {
	Answering(ctx context.Context, chatbot bot9.ChatbotID) (bot9.Answering, error)
	ChangeAnswering(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Answering) error) (bot9.Answering, error)
}

// OrNull is a value that may be null in an answer.
type OrNull[T any] struct{ Value *T }

// MarshalJSON implements json.Marshaler.
func (o OrNull[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.Value) }

// UnmarshalJSON implements json.Unmarshaler.
func (o *OrNull[T]) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &o.Value) }

// Schema implements huma.SchemaProvider.
func (OrNull[T]) Schema(registry huma.Registry) *huma.Schema {
	schema := huma.SchemaFromType(registry, reflect.TypeFor[T]())
	schema.Nullable = true
	return schema
}

// AnsweringSettings is how a chatbot answers, as it goes out: without keys.
type AnsweringSettings struct {
	bot9.Answering
	Embeddings OrNull[bot9.EmbeddingsSettings] `json:"embeddings" doc:"A server that makes the vectors of passages and questions; null = the built-in encoder"`
	Hours      OrNull[bot9.Hours]              `json:"hours" doc:"When people answer; null = always"`
}

// AnsweringChange is a merge patch (RFC 7396): it changes what is given and leaves the rest as it is; null brings the
// default back.
type AnsweringChange struct {
	Engine           *bot9.AnsweringEngine      `json:"engine,omitempty" enum:"knowledge,model,none" doc:"What answers: knowledge = the built-in engine, model = a language model (set up model first, or in the same call), none = your own bot through the API"`
	Instructions     Optional[string]           `json:"instructions,omitempty" maxLength:"20000" doc:"How the model is to answer: tone, rules, what to leave to people"`
	Threshold        Optional[float64]          `json:"threshold,omitempty" minimum:"0" maximum:"1" doc:"The score from which a passage is an answer"`
	SuggestThreshold Optional[float64]          `json:"suggestThreshold,omitempty" minimum:"0" maximum:"1" doc:"The score from which documents are suggested; at most threshold"`
	Language         Optional[string]           `json:"language,omitempty" maxLength:"35" doc:"The language of answers as a BCP 47 tag, or auto: the end user's" example:"de"`
	Model            Optional[ModelChange]      `json:"model,omitempty" doc:"The language model; null = not set up"`
	Embeddings       Optional[EmbeddingsChange] `json:"embeddings,omitempty" doc:"A server that makes vectors; null = the built-in encoder"`
	Handover         Optional[HandoverChange]   `json:"handover,omitempty" doc:"When a person takes over"`
	Hours            Optional[HoursChange]      `json:"hours,omitempty" doc:"When people answer; null = always"`
	OwnBot           Optional[OwnBotChange]     `json:"ownBot,omitempty" doc:"For the engine none"`
}

// OwnBotChange is a merge patch of the settings of the integrator's own bot.
type OwnBotChange struct {
	TimeoutSeconds Optional[int] `json:"timeoutSeconds,omitempty" minimum:"1" maximum:"600" doc:"How long the end user is shown that the bot is typing, until it answers" example:"60"`
}

// ModelChange is a merge patch of a model's settings.
type ModelChange struct {
	BaseURL     Optional[string]  `json:"baseUrl,omitempty" maxLength:"2048" doc:"Base URL of a server that speaks OpenAI's protocol: HTTPS and public, unless the server allows the target" example:"https://api.openai.com/v1"`
	Model       Optional[string]  `json:"model,omitempty" maxLength:"200" doc:"The model's name at that server" example:"gpt-4o-mini"`
	APIKey      Optional[string]  `json:"apiKey,omitempty" maxLength:"4096" writeOnly:"true" doc:"Kept encrypted and never shown; null removes it. Another baseUrl without a key removes it too"`
	Temperature Optional[float64] `json:"temperature,omitempty" minimum:"0" maximum:"2" doc:"null = the server's default" example:"0.2"`
	MaxTokens   Optional[int]     `json:"maxTokens,omitempty" minimum:"16" maximum:"32768" doc:"The longest answer, in tokens" example:"800"`
	Timeout     Optional[int]     `json:"timeoutSeconds,omitempty" minimum:"1" maximum:"120" doc:"Seconds until a complete answer must be there" example:"30"`
	Strict      Optional[bool]    `json:"strict,omitempty" doc:"Whether the model may answer from passages only, which it has to cite"`

	TokensPerDay          Optional[int64] `json:"tokensPerDay,omitempty" minimum:"0" maximum:"1000000000000" doc:"Tokens that the chatbot may use in a day; 0 = any number" example:"1000000"`
	TokensPerConversation Optional[int64] `json:"tokensPerConversation,omitempty" minimum:"0" maximum:"1000000000000" doc:"Tokens that one conversation may use in a day; 0 = any number" example:"100000"`
	MaxConcurrent         Optional[int]   `json:"maxConcurrent,omitempty" minimum:"1" maximum:"256" doc:"Answers that the model writes at once, on each node" example:"8"`
}

// EmbeddingsChange is a merge patch of a vector server's settings.
type EmbeddingsChange struct {
	BaseURL Optional[string] `json:"baseUrl,omitempty" maxLength:"2048" doc:"Base URL of a server that speaks OpenAI's protocol: HTTPS and public, unless the server allows the target" example:"https://api.openai.com/v1"`
	Model   Optional[string] `json:"model,omitempty" maxLength:"200" doc:"The model's name at that server" example:"text-embedding-3-small"`
	APIKey  Optional[string] `json:"apiKey,omitempty" maxLength:"4096" writeOnly:"true" doc:"Kept encrypted and never shown; null removes it. Another baseUrl without a key removes it too"`
}

// HandoverChange is a merge patch of when a person takes over.
type HandoverChange struct {
	AfterNotFound Optional[int]      `json:"afterNotFound,omitempty" minimum:"0" maximum:"10" doc:"After so many questions in a row without an answer, up to 10; 0 = never for that reason" example:"2"`
	Words         Optional[[]string] `json:"words,omitempty" maxItems:"200" doc:"Replaces the words and phrases that hand over wherever an end user says them" example:"[\"complaint\",\"lawyer\"]"`
	Offer         Optional[bool]     `json:"offer,omitempty" doc:"Whether a reply without an answer offers a person"`
	Rule          Optional[string]   `json:"rule,omitempty" maxLength:"4096" doc:"A CEL expression over the envelope of messageReceived; null or an empty text removes it" example:"data.message.contains(\"refund\")"`
}

// HoursChange is a merge patch of working hours.
type HoursChange struct {
	Timezone Optional[string]      `json:"timezone,omitempty" maxLength:"64" doc:"IANA time zone; UTC unless given" example:"Europe/Berlin"`
	Week     Optional[[]bot9.Open] `json:"week,omitempty" maxItems:"70" doc:"Replaces the spans when people are there; a span of a day doesn't overlap another"`
	Away     Optional[string]      `json:"away,omitempty" maxLength:"2000" doc:"What end users are told outside the hours; {back} stands for when somebody is back"`
}

type changeAnsweringInput struct {
	IfMatch
	Body AnsweringChange
}

func (s *server) registerAnswering() {
	const path = chatbotPath + "answering"
	register(s, access{role: bot9.Viewer}, operation(http.MethodGet, path, tagAnswering, "getAnswering",
		"How the chatbot answers", "The engine and its settings, when a person takes over, and working hours. Keys of models are never shown."), s.getAnswering)
	register(s, access{role: bot9.Developer}, operation(http.MethodPatch, path, tagAnswering, "changeAnswering",
		"Change how the chatbot answers", "A merge patch: objects are merged, lists replaced, null brings the default back. It holds from the next message on."), s.changeAnswering)
}

func answeringShown(a bot9.Answering) AnsweringSettings {
	a.Handover.Words = nonNil(a.Handover.Words)
	if a.Hours != nil {
		hours := *a.Hours
		hours.Week = nonNil(hours.Week)
		a.Hours = &hours
	}
	return AnsweringSettings{Answering: a, Embeddings: OrNull[bot9.EmbeddingsSettings]{a.Embeddings}, Hours: OrNull[bot9.Hours]{a.Hours}}
}

func (s *server) getAnswering(ctx context.Context, c *caller, _ *struct{}) (*editable[AnsweringSettings], error) {
	a, err := s.Store.Answering(ctx, c.chatbot)
	return answerEditable(a, answeringShown(a), err)
}

func (s *server) changeAnswering(ctx context.Context, c *caller, in *changeAnsweringInput) (*editable[AnsweringSettings], error) {
	a, err := s.Store.ChangeAnswering(in.expect(ctx), c.chatbot, func(a *bot9.Answering) error {
		in.Body.apply(a)
		return s.CheckAnswering(a)
	})
	return answerEditable(a, answeringShown(a), err)
}

func (in *AnsweringChange) apply(a *bot9.Answering) {
	set(&a.Engine, in.Engine)
	patch(&a.Instructions, in.Instructions, "")
	patch(&a.Threshold, in.Threshold, bot9.DefaultThreshold)
	patch(&a.SuggestThreshold, in.SuggestThreshold, bot9.DefaultSuggestThreshold)
	if in.Threshold.Given && !in.SuggestThreshold.Given { // one alone never makes the two contradict each other
		a.SuggestThreshold = min(a.SuggestThreshold, a.Threshold)
	}
	patch(&a.Language, in.Language, bot9.LanguageAuto)
	merge(in.Model, func() { a.Model = bot9.DefaultModel() }, func(change *ModelChange) { change.apply(&a.Model) })
	merge(in.Embeddings, func() { a.Embeddings = nil }, func(change *EmbeddingsChange) {
		settings := bot9.EmbeddingsSettings{}
		if a.Embeddings != nil {
			settings = *a.Embeddings
		}
		patchServer(&settings.BaseURL, &settings.APIKey, change.BaseURL, change.APIKey)
		patch(&settings.Model, change.Model, "")
		a.Embeddings = &settings
	})
	merge(in.Handover, func() { a.Handover = bot9.DefaultHandover() }, func(change *HandoverChange) {
		unless := bot9.DefaultHandover()
		patch(&a.Handover.AfterNotFound, change.AfterNotFound, unless.AfterNotFound)
		patch(&a.Handover.Words, change.Words, unless.Words)
		patch(&a.Handover.Offer, change.Offer, unless.Offer)
		patch(&a.Handover.Rule, change.Rule, "")
	})
	merge(in.Hours, func() { a.Hours = nil }, func(change *HoursChange) {
		hours := bot9.Hours{Timezone: "UTC", Week: []bot9.Open{}}
		if a.Hours != nil {
			hours = *a.Hours
		}
		patch(&hours.Timezone, change.Timezone, "UTC")
		patch(&hours.Week, change.Week, []bot9.Open{})
		patch(&hours.Away, change.Away, "")
		a.Hours = &hours
	})
	merge(in.OwnBot, func() { a.OwnBot.TimeoutSeconds = bot9.DefaultOwnBotTimeout }, func(change *OwnBotChange) {
		patch(&a.OwnBot.TimeoutSeconds, change.TimeoutSeconds, bot9.DefaultOwnBotTimeout)
	})
}

// merge applies a merge patch of an object: reset where it is null, apply where it is given.
func merge[T any](from Optional[T], reset func(), apply func(*T)) {
	switch {
	case from.Removed:
		reset()
	case from.Given:
		apply(&from.Value)
	}
}

func (in *ModelChange) apply(m *bot9.ModelSettings) {
	unless := bot9.DefaultModel()
	patchServer(&m.BaseURL, &m.APIKey, in.BaseURL, in.APIKey)
	patch(&m.Model, in.Model, "")
	switch {
	case in.Temperature.Removed:
		m.Temperature = nil
	case in.Temperature.Given:
		m.Temperature = &in.Temperature.Value
	}
	patch(&m.MaxTokens, in.MaxTokens, unless.MaxTokens)
	patch(&m.Timeout, in.Timeout, unless.Timeout)
	patch(&m.Strict, in.Strict, unless.Strict)
	patch(&m.TokensPerDay, in.TokensPerDay, unless.TokensPerDay)
	patch(&m.TokensPerConversation, in.TokensPerConversation, unless.TokensPerConversation)
	patch(&m.MaxConcurrent, in.MaxConcurrent, unless.MaxConcurrent)
}

// patchServer changes a server's URL and key. A key is for one server: whoever could only change the URL would
// otherwise have it sent to a server of their own.
func patchServer(baseURL, key *string, newURL, newKey Optional[string]) {
	before := *baseURL
	patch(baseURL, newURL, "")
	if *baseURL != before {
		*key = ""
	}
	patch(key, newKey, "")
}
