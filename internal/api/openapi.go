package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// The parts of the reference.
const (
	tagAccount       = "Account"
	tagKeys          = "Keys"
	tagConversations = "Conversations"
	tagInbox         = "Inbox"
	tagKnowledge     = "Knowledge"
	tagAnswering     = "Answering"
	tagEvents        = "Events"
	tagWebhooks      = "Webhooks"
	tagDeliveries    = "Deliveries"
	tagReplays       = "Replays"
	tagReceivers     = "Receivers"
	tagWidget        = "Widget"
)

const about = `Bot9 holds conversations between chatbots and people, and tells your systems of all that happens in
them by signed webhooks.

**Authentication.** ` + "`Authorization: Bearer bot9_sk_…`" + `: a secret key belongs to one chatbot. The dashboard uses the same
API with a session cookie. What belongs to another account answers 404.

**Errors** are RFC 9457 problem details with a stable ` + "`code`" + `. **Lists** are pages: pass ` + "`nextCursor`" + ` as ` + "`cursor`" + ` for the
next one. **Idempotency.** A POST that creates takes an ` + "`Idempotency-Key`" + `: sent again with the same key and body it has no
second effect and gets the first answer, with ` + "`Idempotency-Replayed: true`" + `.`

// Envelope is an event as webhooks, the stream and the API show it.
type Envelope struct {
	Event          string              `json:"event" doc:"Event type" example:"messageReceived"`
	Data           map[string]any      `json:"data" doc:"By the event type's schema"`
	ID             bot9.EventID        `json:"id" doc:"The event; the webhook-id of its deliveries"`
	CreatedAt      bot9.Time           `json:"createdAt" format:"date-time" doc:"When it was committed"`
	APIVersion     string              `json:"apiVersion" doc:"The envelope's version" example:"1"`
	ConversationID bot9.ConversationID `json:"conversationId,omitzero" doc:"Absent for events outside a conversation"`
	Sequence       int64               `json:"sequence,omitempty" doc:"1, 2, 3 … within the conversation, without gaps" example:"7"`
}

// schemaRegistry holds the schemas, with those of IDs written once.
func schemaRegistry() huma.Registry {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	alias[bot9.Event, Envelope](registry)
	alias[bot9.AccountID, Ref[bot9.AccountID]](registry)
	alias[bot9.MemberID, Ref[bot9.MemberID]](registry)
	alias[bot9.ChatbotID, Ref[bot9.ChatbotID]](registry)
	alias[bot9.KeyID, Ref[bot9.KeyID]](registry)
	alias[bot9.EndUserID, Ref[bot9.EndUserID]](registry)
	alias[bot9.ConversationID, Ref[bot9.ConversationID]](registry)
	alias[bot9.MessageID, Ref[bot9.MessageID]](registry)
	alias[bot9.DocumentID, Ref[bot9.DocumentID]](registry)
	alias[bot9.EventID, Ref[bot9.EventID]](registry)
	alias[bot9.WebhookID, Ref[bot9.WebhookID]](registry)
	alias[bot9.DeliveryID, Ref[bot9.DeliveryID]](registry)
	alias[bot9.AttemptID, Ref[bot9.AttemptID]](registry)
	alias[bot9.ReplayID, Ref[bot9.ReplayID]](registry)
	alias[bot9.ReceiverID, Ref[bot9.ReceiverID]](registry)
	alias[bot9.RequestID, Ref[bot9.RequestID]](registry)
	alias[bot9.ActionID, Ref[bot9.ActionID]](registry)
	alias[bot9.InstructionID, Ref[bot9.InstructionID]](registry)
	alias[bot9.CategoryID, Ref[bot9.CategoryID]](registry)
	alias[bot9.AttachmentID, Ref[bot9.AttachmentID]](registry)
	alias[bot9.Time, Moment](registry)
	alias[bot9.Attributes, map[string]any](registry)
	alias[bot9.RequestHeaders, map[string]string](registry)
	return registry
}

// document begins the OpenAPI document. What the framework would serve by itself is off.
func document(version string) huma.Config {
	registry := schemaRegistry()
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Bot9", Version: version, Description: about,
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: "/"}},
			Tags: []*huma.Tag{
				{Name: tagAccount, Description: "People, their account and its chatbots."},
				{Name: tagKeys, Description: "Secret keys of a chatbot. Only for people who are logged in as owner or admin."},
				{Name: tagConversations, Description: "Chat, history, handing over to humans, feedback."},
				{Name: tagInbox, Description: "For the people who help: who waits, private notes, canned replies, what was read."},
				{Name: tagKnowledge, Description: "What the bot answers from."},
				{Name: tagAnswering, Description: "How the bot answers: engines, models, handing over, working hours."},
				{Name: tagEvents, Description: "The log of all that happened: to list, to stream, to add to."},
				{Name: tagWebhooks, Description: "Who is told of events."},
				{Name: tagDeliveries, Description: "What was sent to webhooks, and what came back."},
				{Name: tagReplays, Description: "Sending events of the past again."},
				{Name: tagWidget, Description: "The chat window on websites: its settings, and what it calls for its visitors."},
				{Name: tagReceivers, Description: "Private URLs of this server that show what webhooks send to them, and whether it is signed right: for trying things out."},
			},
			Components: &huma.Components{
				Schemas:   registry,
				Responses: map[string]*huma.Response{},
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key":     {Type: "http", Scheme: "bearer", Description: "A chatbot's secret key, bot9_sk_…"},
					"visitor": {Type: "http", Scheme: "bearer", Description: "A visitor's token, bot9_vt_…, from the session of the widget"},
					"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "Set by log-in"},
				},
			},
			Webhooks: map[string]*huma.PathItem{},
		},
		Formats:       map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat: "application/json",
	}
	config.AllowAdditionalPropertiesByDefault = true // existing clients send more than we read
	return config
}

func alias[T, As any](registry huma.Registry) {
	registry.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[As]())
}

// describeAccess says in the document what the guard does: credentials, the chatbot of the path,
// the idempotency key, and the errors that come of them.
func describeAccess(op *huma.Operation, a access) {
	if strings.HasPrefix(op.Path, chatbotPath) || strings.Contains(op.Path, "{chatbotId}") {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "chatbotId", In: "path", Required: true, Description: "The chatbot that the call is about; a key's own", Schema: idSchema[bot9.ChatbotID](false),
		})
	}
	if a.creates {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Description: "Makes the call safe to repeat: up to 255 characters, new for each call",
			Schema: &huma.Schema{Type: huma.TypeString},
		})
	}
	if a.widget != "" {
		op.Extensions = map[string]any{"x-visitor": a.widget}
		op.Description += "\n\nTakes a page whose origin is allowed."
	}
	if a.role != "" {
		op.Extensions = map[string]any{"x-role": string(a.role)}
		if a.session {
			op.Extensions["x-session"] = true
		}
		if a.scope != "" {
			op.Extensions["x-scope"] = string(a.scope)
		}
	}
	if a.widget == byToken {
		op.Security = []map[string][]string{{"visitor": {}}}
	}
	if a.role != "" {
		op.Description = strings.TrimSpace(op.Description + "\n\n" + a.words())
		op.Security = []map[string][]string{{"session": {}}}
		if !a.session {
			op.Security = append([]map[string][]string{{"key": {}}}, op.Security...)
		}
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	for _, status := range problemsOf(op, a) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + problemNames[status]}
	}
}

// problemsOf returns the statuses of the problems that an operation can answer with.
func problemsOf(op *huma.Operation, a access) []int {
	statuses := []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if a.widget != "" {
		statuses = append(statuses, http.StatusForbidden)
	}
	if a.widget == byToken {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	if a.role != "" {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(op.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if op.Method != http.MethodGet {
		statuses = append(statuses, http.StatusConflict, http.StatusInsufficientStorage)
	}
	if op.Method == http.MethodPost || op.Method == http.MethodPut || op.Method == http.MethodPatch {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	statuses = append(statuses, http.StatusUnprocessableEntity)
	if op.OperationID == postEvents {
		statuses = append(statuses, http.StatusLoopDetected)
	}
	return statuses
}

// problemNames names the error responses in the document.
var problemNames = map[int]string{
	http.StatusBadRequest:            "Malformed",
	http.StatusUnauthorized:          "Unauthorized",
	http.StatusForbidden:             "Forbidden",
	http.StatusNotFound:              "NotFound",
	http.StatusConflict:              "Conflict",
	http.StatusPreconditionFailed:    "PreconditionFailed",
	http.StatusRequestEntityTooLarge: "TooLarge",
	http.StatusUnsupportedMediaType:  "UnsupportedMediaType",
	http.StatusUnprocessableEntity:   "Invalid",
	http.StatusTooManyRequests:       "RateLimited",
	http.StatusInternalServerError:   "Internal",
	http.StatusServiceUnavailable:    "Unavailable",
	http.StatusInsufficientStorage:   "InsufficientStorage",
	http.StatusLoopDetected:          "LoopDetected",
}

// problemTexts says of each status when it is answered, and lists its codes.
var problemTexts = map[int]string{
	http.StatusBadRequest: "The body is not what the protocol asks for. `malformedJson`: no JSON, or none to its end. Of a login through " +
		"the browser, as RFC 8628 has it: `authorizationPending`: nobody has decided yet; `slowDown`: ask more rarely; `accessDenied`: a person said " +
		"no; `expiredToken`: its time is up, or the key was collected.",
	http.StatusUnauthorized: "`unauthorized`: no valid key or session. `invalidKey`: the key is wrong or was revoked. `invalidSession`: the " +
		"session has ended. `invalidCredentials`: email address or password are wrong. `secondFactorRequired`: call again with a code; `wrongCode`. `tokenExpired`: renew the visitor's session.",
	http.StatusForbidden: "`roleTooLow`: the caller's role doesn't allow it. `sessionRequired`: it takes a person, not a key. `secondFactorMissing`: the account asks for one. `scopeMissing`: the key's scopes don't include it. `addressNotAllowed`: the key " +
		"may not be used from this address. `crossOrigin`: " +
		"a page of another site made the request. `signupClosed`: this server takes no new accounts. `noMembership`: the person belongs to no account. Of the widget: `originNotAllowed`: the page's origin is not among the allowed ones; `identityUnproven`: the hash doesn't prove the externalId; `widgetDisabled`; `visitorBlocked`; `attachmentsDisabled`.",
	http.StatusNotFound: "`notFound`: there is no such object, or it belongs to another account. `deviceLoginNotFound`: no login has this code, or no longer. `noPublicKey`: the webhook doesn't sign with v1a.",
	http.StatusConflict: "The state doesn't allow it now. `conversationClosed`; `webhookDisabled`; `deliveryWaits`: for an earlier event of its " +
		"conversation; `deliveryInFlight`; `eventGone`: its event is older than the retention; `retryRunning`: another retry of the chatbot; `noWebhook`: nothing to retry to; `emailTaken`, `alreadyMember`, `secondFactorOn`, `secondFactorFirst`, `notJoined`, `belongsElsewhere`; `tooManyReceivers`; `nameTaken`: another canned reply has the name; `lastOwner`: an account keeps one; `idempotencyInProgress`: the first request with " +
		"this Idempotency-Key is still running; `idempotencyKeyUsed`; `deviceLoginDecided`: it was approved or denied already.",
	http.StatusPreconditionFailed:    "`preconditionFailed`: somebody has changed it since the ETag in If-Match was read; nothing was done.",
	http.StatusRequestEntityTooLarge: "`bodyTooLarge`: 1 MiB is the limit, 4 MiB for events, 10 MiB for files.",
	http.StatusUnsupportedMediaType:  "`unsupportedMediaType`: the body must be JSON, or a form where a file is uploaded, and not be compressed; a file must be an image or a PDF.",
	http.StatusUnprocessableEntity: "A value is wrong; errors says which. In general: `validationFailed`, `unknownField`, `duplicateField`, `unknownParameter`, `invalidText`, `invalidCursor`, " +
		"`invalidLimit`, `invalidWindow`, `rangeTooLarge`, `idempotencyKeyReused`. Of webhooks: `invalidUrl`, `targetNotAllowed`, `invalidFilter`, " +
		"`invalidHeaders`, `invalidSetting`, `unsupportedSignature`, `unknownEventType`. Of events: `unknownEventType`, `invalidEventData`, " +
		"`unknownConversation`. `quotaExceeded`: the quota named in the field quota is reached; the field limit is its size. People: `invalidEmail`, `invalidName`, `invalidRole`, `invalidInvite`, `weakPassword`, `wrongPassword`, `invalidToken`, `invalidCode`. Of answering: `invalidAnswering`, `modelNotSetUp`, `invalidTimezone`, `invalidHours`, `invalidLanguage`, `unknownCategory`, `invalidAction`, `invalidArguments`. Of keys: `invalidScope`, `invalidExpiry`, `invalidAllowedIps`. Of the widget: `invalidOrigin`, `invalidWidget`, `invalidVisitor`, `unknownAttachment`.",
	http.StatusTooManyRequests:     "`rateLimited`: too many requests; `tooManyLogins`: too many wrong passwords. Retry-After says when to come again.",
	http.StatusLoopDetected:        "`webhookLoop`: the request is a delivery of the chatbot's own webhook, or its event has come through five webhooks.",
	http.StatusInternalServerError: "`internal`: our fault. Report it with the requestId.",
	http.StatusInsufficientStorage: "`diskFull`: the server's disk is full. Nothing new is stored until its operator has made room; deliveries of stored " +
		"events go on. Try again later.",
	http.StatusServiceUnavailable: "Try again. `searchTooSlow`: the search took too long, and the detail says how to narrow it; `unavailable`, `storeUnavailable`: the database doesn't answer; `outcomeUnknown`: it didn't answer while " +
		"it committed, so that the request may have had its effect: repeat it with the same Idempotency-Key; `stopping`: the server is being " +
		"stopped; `busy`: too many large requests are under way; `answeringFailed`: the answering engine failed; `answeringBusy`: too many visitors' messages wait for an answer; `tooManyUploads`.",
}

var (
	retryAfter = map[string]*huma.Param{"Retry-After": {
		Description: "Seconds to wait; absent if unknown", Schema: &huma.Schema{Type: huma.TypeInteger},
	}}
	problemHeaders = map[int]map[string]*huma.Param{
		http.StatusTooManyRequests:     retryAfter,
		http.StatusServiceUnavailable:  retryAfter,
		http.StatusInsufficientStorage: retryAfter,
		http.StatusUnauthorized: {"WWW-Authenticate": {
			Description: "How to authenticate", Schema: &huma.Schema{Type: huma.TypeString},
		}},
	}
)

// words says who may call.
func (a access) words() string {
	if a.session {
		return "Takes a person who is logged in and has the role " + string(a.role) + " or a stronger one; no key."
	}
	words := "Takes the role " + string(a.role) + " or a stronger one; a key counts as a developer."
	if a.scope != "" {
		words += " A key with scopes needs `" + string(a.scope) + "`."
	}
	return words
}

// finishDocument adds what the operations don't bring, and serves the document.
func (s *server) finishDocument() error {
	document := s.huma.OpenAPI()
	registry := document.Components.Schemas
	for status, name := range problemNames {
		document.Components.Responses[name] = &huma.Response{
			Description: problemTexts[status],
			Headers:     problemHeaders[status],
			Content:     map[string]*huma.MediaType{problemType: {Schema: schemaOf[Problem](registry)}},
		}
	}
	if err := describeWebhooks(document); err != nil {
		return err
	}
	for _, schema := range registry.Map() {
		if schema.AdditionalProperties == true {
			schema.AdditionalProperties = nil // JSON Schema means the same, and clients get tighter types
		}
	}
	s.serveDocument()
	return nil
}

func (s *server) registry() huma.Registry { return s.huma.OpenAPI().Components.Schemas }

func schemaOf[T any](registry huma.Registry) *huma.Schema {
	return registry.Schema(reflect.TypeFor[T](), true, "")
}

// serveDocument serves the document, which is written out when somebody first asks for it.
func (s *server) serveDocument() {
	for suffix, write := range map[string]func() ([]byte, error){
		"json": func() ([]byte, error) { return json.Marshal(s.huma.OpenAPI()) },
		"yaml": s.huma.OpenAPI().YAML,
	} {
		document := sync.OnceValues(write)
		s.router.serve(http.MethodGet, basePath+"openapi."+suffix, access{}, &rules{query: &shape{}, body: &shape{}, lenient: true}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := document()
			if err != nil {
				fail(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/"+suffix)
			w.Header().Set("Cache-Control", "public, max-age=300")
			_, _ = w.Write(text) // an error means that the client is gone
		}))
	}
}

// describeWebhooks describes what webhooks are sent, one entry for each type of the catalog.
func describeWebhooks(document *huma.OpenAPI) error {
	headers := webhookHeaders(document)
	for _, t := range catalog.All() {
		var data map[string]any
		if err := json.Unmarshal(t.Schema, &data); err != nil {
			return err
		}
		delete(data, "$schema")
		sample, err := sampleEnvelope(t)
		if err != nil {
			return err
		}
		document.Webhooks[t.Name] = &huma.PathItem{Post: &huma.Operation{
			OperationID: "on" + strings.ToUpper(t.Name[:1]) + t.Name[1:], Tags: []string{tagWebhooks},
			Summary: t.Name, Description: t.Description + " " + t.When,
			Parameters: headers,
			RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
				Schema: envelopeSchema(t.Name, data), Example: sample,
			}}},
			Responses: map[string]*huma.Response{
				"2XX": {Description: "Received. Answer within the time limit (15 s unless set); anything else is retried."},
				"410": {Description: "Gone: the webhook is disabled."},
			},
		}}
	}
	return nil
}

func envelopeSchema(name string, data map[string]any) *huma.Schema {
	return &huma.Schema{
		Type:     huma.TypeObject,
		Required: []string{"event", "data", "id", "createdAt", "apiVersion"},
		Properties: map[string]*huma.Schema{
			"event":          {Type: huma.TypeString, Extensions: map[string]any{"const": name}},
			"data":           {Extensions: data},
			"id":             idSchema[bot9.EventID](false),
			"createdAt":      Moment{}.Schema(nil),
			"apiVersion":     {Type: huma.TypeString, Extensions: map[string]any{"const": bot9.APIVersion}},
			"conversationId": idSchema[bot9.ConversationID](false),
			"sequence":       {Type: huma.TypeInteger, Format: "int64", Description: "1, 2, 3 … within the conversation, without gaps"},
		},
	}
}

func sampleEnvelope(t catalog.Type) (map[string]any, error) {
	event := bot9.Event{ID: sampleEventID, Type: t.Name, Data: t.Sample}
	var sample map[string]any
	return sample, json.Unmarshal(event.AppendEnvelope(nil), &sample)
}

// sampleEventID is of 2026-11-22T19:00:00.123Z.
var sampleEventID = bot9.EventID(bot9.FirstIDAt(1795374000123) + 1)

// webhookHeaders describes what comes with a delivery, by the Standard Webhooks specification and
// by Bot9, and returns references to it.
func webhookHeaders(document *huma.OpenAPI) (refs []*huma.Param) {
	document.Components.Parameters = map[string]*huma.Param{}
	for _, header := range []struct{ name, description string }{
		{"webhook-id", "The event's ID, the same at every attempt: drop what you have seen"},
		{"webhook-timestamp", "When this attempt was made, in Unix seconds"},
		{"webhook-signature", "v1,<base64 of HMAC-SHA256 over id.timestamp.body>, one for each valid secret, separated by spaces"},
		{"bot9-event", "The event type"},
		{"bot9-webhook-id", "The webhook's ID"},
		{"bot9-attempt", "1 for the first"},
		{"bot9-hops", "Through how many webhooks the event has come, this one included: 1, unless it was forwarded to another Bot9"},
	} {
		document.Components.Parameters[header.name] = &huma.Param{
			Name: header.name, In: "header", Required: true, Description: header.description,
			Schema: &huma.Schema{Type: huma.TypeString},
		}
		refs = append(refs, &huma.Param{Ref: "#/components/parameters/" + header.name})
	}
	return refs
}
