package bot9

// Scope is one thing that a secret key may be allowed to do.
type Scope string

// The scopes: reading and writing of each part of a chatbot's API.
const (
	ConversationsRead  Scope = "conversations:read"
	ConversationsWrite Scope = "conversations:write"
	KnowledgeRead      Scope = "knowledge:read"
	KnowledgeWrite     Scope = "knowledge:write"
	EventsRead         Scope = "events:read"
	EventsWrite        Scope = "events:write"
	WebhooksRead       Scope = "webhooks:read"
	WebhooksWrite      Scope = "webhooks:write"
)

// Scopes lists every scope.
var Scopes = []Scope{
	ConversationsRead, ConversationsWrite, KnowledgeRead, KnowledgeWrite, EventsRead, EventsWrite, WebhooksRead, WebhooksWrite,
}
