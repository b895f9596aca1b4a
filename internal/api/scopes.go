package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// areas are the parts of the API that scopes are about, by the operations' tags.
var areas = map[string]string{
	tagConversations: "conversations", tagInbox: "conversations", tagKnowledge: "knowledge", tagAnswering: "knowledge", tagEvents: "events",
	tagWebhooks: "webhooks", tagDeliveries: "webhooks", tagReplays: "webhooks", tagReceivers: "webhooks",
}

// unlike are the operations whose method doesn't say what they do: those that read by POST, and those
// that show a secret by GET.
var unlike = map[string]bool{"searchKnowledge": true, "previewWebhook": true, "getWebhookSecret": true}

// scopeOf is what a key with scopes needs for an operation: reading for GET, else writing, of what its tag
// is about. What is for people, or about no chatbot, needs none.
func scopeOf(op *huma.Operation, a access) bot9.Scope {
	if a.session || a.role == "" || len(op.Tags) == 0 || areas[op.Tags[0]] == "" {
		return ""
	}
	does := "write"
	if (op.Method == http.MethodGet) != unlike[op.OperationID] {
		does = "read"
	}
	return bot9.Scope(strings.Join([]string{areas[op.Tags[0]], does}, ":"))
}
