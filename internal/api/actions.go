package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// ActionStore keeps custom actions.
type ActionStore interface {
	Actions(ctx context.Context, chatbot bot9.ChatbotID) ([]bot9.CustomAction, error)
	Action(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID) (bot9.CustomAction, error)
	CreateAction(ctx context.Context, a bot9.CustomAction) (bot9.CustomAction, error)
	ChangeAction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID, change func(*bot9.CustomAction) error) (bot9.CustomAction, error)
	DeleteAction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID) error
}

// ParamList are parameters of a request: a list of {key, value, description, type} or, shorter, an object of values.
type ParamList []bot9.ActionParam

// UnmarshalJSON implements json.Unmarshaler.
func (l *ParamList) UnmarshalJSON(text []byte) error {
	*l = ParamList{}
	if text = bytes.TrimSpace(text); len(text) == 0 || text[0] != '{' {
		return json.Unmarshal(text, (*[]bot9.ActionParam)(l))
	}
	var values map[string]any
	if err := json.Unmarshal(text, &values); err != nil {
		return err
	}
	for key, value := range values {
		*l = append(*l, bot9.ActionParam{Key: key, Value: value, Type: "string"})
	}
	slices.SortFunc(*l, func(a, b bot9.ActionParam) int { return strings.Compare(a.Key, b.Key) })
	return nil
}

// Schema implements huma.SchemaProvider.
func (ParamList) Schema(huma.Registry) *huma.Schema {
	one := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Properties: map[string]*huma.Schema{
		"key":         {Type: huma.TypeString, Description: "The parameter's name", Examples: []any{"order"}},
		"value":       {Description: "A fixed value, or text with {{placeholders}} that the model fills in; empty = the model gives the whole value", Examples: []any{"{{order}}"}},
		"description": {Type: huma.TypeString, Description: "What it means, for the model"},
		"type":        {Type: huma.TypeString, Description: "string, number, integer, boolean, array or object", Examples: []any{"string"}},
	}}
	most := maxParams
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeArray, Items: one, MaxItems: &most}, {Type: huma.TypeObject, AdditionalProperties: true, MaxProperties: &most},
	}}
}

const maxParams = 100

// ActionMetaInput is an action's request.
type ActionMetaInput struct {
	Method      string            `json:"method,omitempty" enum:"GET,POST,PUT,PATCH,DELETE,get,post,put,patch,delete" doc:"The HTTP method; GET unless given" example:"GET"`
	URL         string            `json:"url" minLength:"1" maxLength:"2048" doc:"Where to; {{placeholders}} may stand in the path and the query" example:"https://shop.example/orders/{{order}}"`
	Headers     map[string]string `json:"headers,omitempty" doc:"Sent along, such as credentials; kept encrypted"`
	PathParams  ParamList         `json:"pathParams,omitempty" doc:"Describes placeholders of the path, for the model"`
	QueryParams ParamList         `json:"queryParams,omitempty" doc:"Parameters of the query"`
	Body        ParamList         `json:"body,omitempty" doc:"Fields of the JSON body"`
	LogoURL     string            `json:"logoURL,omitempty" maxLength:"2048" doc:"A picture of the action, for clients that show one"`
	Code        string            `json:"code,omitempty" maxLength:"100000" doc:"Kept, and not run"`
	DeployID    string            `json:"denoDeploymentId,omitempty" maxLength:"200" doc:"Kept, and not used"`

	Parameters map[string]any `json:"parameters,omitempty" doc:"JSON Schema of the arguments; made from placeholders and parameters unless given"`
}

// ActionInput is a custom action.
type ActionInput struct {
	Name        string          `json:"name" minLength:"1" maxLength:"100" doc:"What the model calls it" example:"orderStatus"`
	Description string          `json:"description,omitempty" maxLength:"2000" doc:"When the model is to use it, and what for" example:"Looks up where an order is"`
	ActionType  string          `json:"actionType,omitempty" enum:"http_request" doc:"http_request, which is the only one"`
	SideEffect  bool            `json:"isSideEffect,omitempty" doc:"Whether it changes something: then the end user is asked first"`
	IsActive    *bool           `json:"isActive,omitempty" doc:"Whether the model may use it; it may unless given"`
	Meta        ActionMetaInput `json:"meta" doc:"The request"`
}

// ActionMetaInfo is an action's request as it goes out. What often is a credential is masked for those who may not set it.
type ActionMetaInfo struct {
	Method      string             `json:"method" doc:"The HTTP method" example:"GET"`
	URL         string             `json:"url" doc:"Where to" example:"https://shop.example/orders/{{order}}"`
	Headers     map[string]string  `json:"headers" doc:"Sent along. Viewers see the names, and their values masked"`
	PathParams  []bot9.ActionParam `json:"pathParams" doc:"Placeholders of the path"`
	QueryParams []bot9.ActionParam `json:"queryParams" doc:"Parameters of the query"`
	Body        []bot9.ActionParam `json:"body" doc:"Fields of the JSON body"`
	LogoURL     string             `json:"logoURL" doc:"A picture of the action; empty if there is none"`
	Code        string             `json:"code" doc:"Kept, and not run"`
	DeployID    string             `json:"denoDeploymentId" doc:"Kept, and not used"`
	Parameters  map[string]any     `json:"parameters" doc:"JSON Schema of the arguments; empty if it is made from placeholders and parameters"`
}

// ActionInfo is a custom action, in Bot9's historic shape.
type ActionInfo struct {
	ID          bot9.ActionID     `json:"id" doc:"The action"`
	Name        string            `json:"name" doc:"What the model calls it" example:"orderStatus"`
	Description string            `json:"description" doc:"When the model is to use it, and what for" example:"Looks up where an order is"`
	ActionType  string            `json:"actionType" doc:"Always http_request" example:"http_request"`
	SideEffect  bool              `json:"isSideEffect" doc:"Whether it changes something: then the end user is asked first"`
	Meta        ActionMetaInfo    `json:"meta" doc:"The request"`
	IsActive    bool              `json:"isActive" doc:"Whether the model may use it"`
	DeletedAt   OrNull[bot9.Time] `json:"deletedAt" doc:"Always null, since what is deleted is gone; existing Bot9 clients read it"`
}

// ActionTrial is arguments to try an action with.
type ActionTrial struct {
	Arguments map[string]any    `json:"arguments,omitempty" doc:"What a model would call it with" example:"{\"order\":\"A-17\"}"`
	Variables map[string]string `json:"variables,omitempty" doc:"What the server fills in from the conversation: user.externalId, user.emailId, user.name, user.phone, conversationId, message" example:"{\"user.externalId\":\"user123\"}"`
}

// TriedAction is what came of an action that was tried.
type TriedAction struct {
	bot9.ActionRun
	Request ActionRequestInfo `json:"request" doc:"What was sent, secrets masked"`
	Result  string            `json:"result" doc:"What a model would be told"`
}

// ActionRequestInfo is a request that was made, secrets masked.
type ActionRequestInfo struct {
	Method  string            `json:"method" doc:"The HTTP method" example:"GET"`
	URL     string            `json:"url" doc:"Where to, secrets masked" example:"https://shop.example/orders/A-17"`
	Headers map[string]string `json:"headers" doc:"The headers, values masked"`
	Body    string            `json:"body" doc:"The body, secrets masked; empty if there was none"`
}

// ActionPath names a custom action.
type ActionPath struct {
	ActionID PathID[bot9.ActionID] `path:"actionId" doc:"The action"`
}

type createActionInput struct{ Body ActionInput }

type replaceActionInput struct {
	ActionPath
	IfMatch
	Body ActionInput
}

type deleteActionInput struct {
	ActionPath
	IfMatch
}

type tryActionInput struct {
	ActionPath
	Body ActionTrial
}

func (s *server) registerActions() {
	const path, one = rulesPath + "custom-actions", rulesPath + "custom-actions/{actionId}"
	historic := access{role: bot9.Viewer, historic: true}
	read, write := access{role: bot9.Viewer}, access{role: bot9.Developer}
	create := operation(http.MethodPost, path, tagAnswering, "createCustomAction",
		"Add a custom action", "An HTTP request that the model may have made for an end user. One with a side effect is made only after the end user has agreed to it.")
	create.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Developer, historic: true, creates: true}, create, s.createAction)
	register(s, historic, operation(http.MethodGet, path, tagAnswering, "listCustomActions",
		"List custom actions", "A bare array, oldest first, as existing Bot9 clients read it."), s.listActions)
	register(s, read, operation(http.MethodGet, one, tagAnswering, "getCustomAction", "Get a custom action", "With its request."), s.getAction)
	register(s, access{role: bot9.Developer, historic: true}, operation(http.MethodPut, one, tagAnswering, "replaceCustomAction", "Replace a custom action",
		"A header whose value is sent masked, as viewers see it, keeps its value if the URL's host stays the same."), s.replaceAction)
	register(s, write, operation(http.MethodDelete, one, tagAnswering, "deleteCustomAction", "Delete a custom action", "The model can't use it any more."), s.deleteAction)
	register(s, access{role: bot9.Developer}, operation(http.MethodPost, one+"/try", tagAnswering, "tryCustomAction",
		"Try a custom action", "Makes the request, side effects included, and shows what was sent and what a model would be told. No event tells of it."), s.tryAction)
}

// actionInfo is an action as the caller may see it.
func actionInfo(c *caller, a bot9.CustomAction) ActionInfo {
	m := a.Meta
	if !c.role().AtLeast(bot9.Developer) || !c.May(bot9.KnowledgeWrite) {
		m.URL, m.Headers = bot9.MaskURL(m.URL), bot9.MaskHeaders(m.Headers)
	}
	if m.Headers == nil {
		m.Headers = map[string]string{}
	}
	parameters := map[string]any{}
	if m.Parameters != "" {
		_ = json.Unmarshal([]byte(m.Parameters), &parameters) // it was checked when it was stored
	}
	return ActionInfo{
		ID: a.ID, Name: a.Name, Description: a.Description, ActionType: a.ActionType, SideEffect: a.SideEffect, IsActive: a.Active,
		Meta: ActionMetaInfo{
			Method: m.Method, URL: m.URL, Headers: m.Headers, PathParams: nonNil(m.PathParams), QueryParams: nonNil(m.QueryParams), Body: nonNil(m.Body),
			LogoURL: m.LogoURL, Code: m.Code, DeployID: m.DeployID, Parameters: parameters,
		},
	}
}

// apply replaces an action by what was sent, and checks it.
func (in *ActionInput) apply(a *bot9.CustomAction, check func(*bot9.CustomAction) error) error {
	before := a.Meta
	a.Name, a.Description, a.ActionType, a.SideEffect = in.Name, in.Description, "http_request", in.SideEffect
	set(&a.Active, in.IsActive)
	m := in.Meta
	a.Meta = bot9.ActionMeta{
		Method: strings.ToUpper(m.Method), URL: m.URL, Headers: m.Headers, PathParams: m.PathParams, QueryParams: m.QueryParams, Body: m.Body,
		LogoURL: m.LogoURL, Code: m.Code, DeployID: m.DeployID,
	}
	if a.Meta.Method == "" {
		a.Meta.Method = http.MethodGet
	}
	if len(m.Parameters) > 0 {
		encoded, err := json.Marshal(m.Parameters)
		if err != nil {
			return err
		}
		a.Meta.Parameters = string(encoded)
	}
	for name, value := range a.Meta.Headers {
		if kept, ok := before.Headers[name]; ok && value == bot9.Masked && hostOf(before.URL) == hostOf(a.Meta.URL) {
			a.Meta.Headers[name] = kept
		}
	}
	return check(a)
}

// hostOf is a URL's scheme and host, as they stand there.
func hostOf(url string) string {
	scheme, rest, _ := strings.Cut(url, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

func (s *server) createAction(ctx context.Context, c *caller, in *createActionInput) (*output[ActionInfo], error) {
	a := bot9.CustomAction{ChatbotID: c.chatbot, Active: true}
	if err := in.Body.apply(&a, s.CheckAction); err != nil {
		return nil, err
	}
	shown := func(a bot9.CustomAction) ActionInfo { return actionInfo(c, a) }
	answering(ctx, shown)
	a, err := s.Store.CreateAction(ctx, a)
	return answer(shown(a), err)
}

func (s *server) listActions(ctx context.Context, c *caller, _ *struct{}) (*output[[]ActionInfo], error) {
	all, err := s.Store.Actions(ctx, c.chatbot)
	shown := make([]ActionInfo, 0, len(all))
	for _, a := range all {
		shown = append(shown, actionInfo(c, a))
	}
	return answer(shown, err)
}

func (s *server) getAction(ctx context.Context, c *caller, in *ActionPath) (*editable[ActionInfo], error) {
	a, err := s.Store.Action(ctx, c.chatbot, in.ActionID.ID)
	return answerEditable(a, actionInfo(c, a), err)
}

func (s *server) replaceAction(ctx context.Context, c *caller, in *replaceActionInput) (*editable[ActionInfo], error) {
	a, err := s.Store.ChangeAction(in.expect(ctx), c.chatbot, in.ActionID.ID, func(a *bot9.CustomAction) error {
		return in.Body.apply(a, s.CheckAction)
	})
	return answerEditable(a, actionInfo(c, a), err)
}

func (s *server) deleteAction(ctx context.Context, c *caller, in *deleteActionInput) (*struct{}, error) {
	return nil, s.Store.DeleteAction(in.expect(ctx), c.chatbot, in.ActionID.ID)
}

func (s *server) tryAction(ctx context.Context, c *caller, in *tryActionInput) (*output[TriedAction], error) {
	a, err := s.Store.Action(ctx, c.chatbot, in.ActionID.ID)
	if err != nil {
		return nil, err
	}
	run, result, err := s.Answering.TryAction(ctx, &a, in.Body.Arguments, in.Body.Variables)
	r := run.Request
	if r.Headers == nil {
		r.Headers = map[string]string{}
	}
	return answer(TriedAction{ActionRun: run, Request: ActionRequestInfo(r), Result: result}, err)
}
