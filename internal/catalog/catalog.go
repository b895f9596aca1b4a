// Package catalog is the list of event types that Bot9 knows (API version 1): what each means,
// when it fires, the JSON Schema of its data, and a sample.
//
// An event type is one file in events/, one constant below, and one struct in data.go; the tests
// hold the three together. In every schema what the catalog lists is required, except what may be
// null, and further properties are allowed, so that a type can grow without a new API version.
package catalog

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// The names of the event types.
const (
	ConversationStarted       = "conversationStarted"
	MessageReceived           = "messageReceived"
	MessageSent               = "messageSent"
	MessageFailed             = "messageFailed"
	AnswerNotFound            = "answerNotFound"
	HandoverRequested         = "handoverRequested"
	AgentAssigned             = "agentAssigned"
	ConversationReturnedToBot = "conversationReturnedToBot"
	ConversationStatusChanged = "conversationStatusChanged"
	ConversationClosed        = "conversationClosed"
	ConversationReopened      = "conversationReopened"
	ConversationTagged        = "conversationTagged"
	UserIdentified            = "userIdentified"
	LeadCaptured              = "leadCaptured"
	MessageRated              = "messageRated"
	CSATSubmitted             = "csatSubmitted"
	KnowledgeUpdated          = "knowledgeUpdated"
	APIKeyRotated             = "apiKeyRotated"
	WebhookDisabled           = "webhookDisabled"
	ActionExecuted            = "actionExecuted"
	ActionFailed              = "actionFailed"
	AuditRecorded             = bot9.AuditEvent
	NoteAdded                 = bot9.NoteEvent
	Ping                      = "ping"
)

// inOrder lists the names as the catalog shows them.
var inOrder = []string{
	ConversationStarted, MessageReceived, MessageSent, MessageFailed, AnswerNotFound, HandoverRequested,
	AgentAssigned, ConversationReturnedToBot, ConversationStatusChanged, ConversationClosed,
	ConversationReopened, ConversationTagged, UserIdentified, LeadCaptured, MessageRated, CSATSubmitted,
	KnowledgeUpdated, APIKeyRotated, WebhookDisabled, NoteAdded, ActionExecuted, ActionFailed, AuditRecorded, Ping,
}

// Custom names: events of an integrator's own, whose data is free.
const (
	customPrefix    = "custom."
	customNameLimit = 64
	// AllCustom subscribes to every custom type.
	AllCustom = "custom.*"
)

// Type is an event type. Schema (JSON Schema 2020-12) and Sample are about the event's data.
type Type struct {
	Name        string          `json:"name" doc:"What event has in the envelope" example:"messageReceived"`
	Description string          `json:"description" doc:"What it tells, in a sentence" example:"An end user's message was stored."`
	When        string          `json:"when" doc:"When it fires" example:"For every message of an end user, also while a human answers."`
	Schema      json.RawMessage `json:"schema" doc:"JSON Schema 2020-12 of data"`
	Sample      json.RawMessage `json:"sample" doc:"A sample of data"`
}

//go:embed events/*.json
var files embed.FS

var types, byName = load()

// load reads the embedded files. They are part of the program, so a broken one is a bug: it panics.
func load() ([]Type, map[string]Type) {
	list := make([]Type, 0, len(inOrder))
	index := make(map[string]Type, len(inOrder))
	for _, name := range inOrder {
		file, err := files.ReadFile("events/" + name + ".json")
		if err != nil {
			panic(fmt.Errorf("event type %s: %w", name, err))
		}
		t := Type{Name: name}
		if err := json.Unmarshal(file, &t); err != nil {
			panic(fmt.Errorf("event type %s: %w", name, err))
		}
		t.Schema, t.Sample = compact(t.Schema), compact(t.Sample)
		list = append(list, t)
		index[name] = t
	}
	return list, index
}

func compact(valid []byte) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, valid); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// All returns every event type in the catalog's order. The slice is the caller's own, the raw
// JSON in it is shared and must not be changed.
func All() []Type { return append([]Type(nil), types...) }

// Lookup returns the event type called name.
func Lookup(name string) (Type, bool) {
	t, ok := byName[name]
	return t, ok
}

// IsCustom tells whether name is that of an integrator's own event type: "custom." and 1 to 64
// letters, digits, dots, dashes or underscores.
func IsCustom(name string) bool {
	rest, ok := strings.CutPrefix(name, customPrefix)
	if !ok || rest == "" || len(rest) > customNameLimit {
		return false
	}
	for i := range len(rest) {
		c := rest[i]
		isWord := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !isWord && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// Matches tells whether an event type is the one named, or one of those that the name stands for.
func Matches(name, event string) bool {
	return name == event || name == bot9.AllEvents || name == AllCustom && strings.HasPrefix(event, customPrefix)
}

// ValidSubscription tells whether a webhook may name this in its events: "*", a type of the
// catalog, a custom type, or "custom.*".
func ValidSubscription(name string) bool {
	_, known := byName[name]
	return known || name == bot9.AllEvents || name == AllCustom || IsCustom(name)
}
