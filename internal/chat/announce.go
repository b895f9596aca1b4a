package chat

import (
	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Announcer decides which events tell of changes outside conversations. The store asks it inside the
// transaction that makes the change, and appends what it returns. It is pure.
type Announcer struct{}

// WebhookDisabled tells of a webhook that was disabled because of its endpoint's answers.
func (Announcer) WebhookDisabled(w *bot9.Webhook) bot9.NewEvent {
	return catalog.Event(0, catalog.WebhookDisabledData{ChatbotID: w.ChatbotID, WebhookID: w.ID, Reason: w.DisabledReason})
}

// KeyRotated tells of an API key that got a new secret.
func (Announcer) KeyRotated(k *bot9.Key) bot9.NewEvent {
	return catalog.Event(0, catalog.APIKeyRotatedData{ChatbotID: k.ChatbotID, KeyID: k.ID, GraceUntil: k.GraceUntil})
}

// KnowledgeChanged tells of a document that was created, updated or deleted.
func (Announcer) KnowledgeChanged(d *bot9.Document, change bot9.DocumentChange) bot9.NewEvent {
	return catalog.Event(0, catalog.KnowledgeUpdatedData{ChatbotID: d.ChatbotID, DocumentID: d.ID, Change: change})
}

// NoteAdded tells of a private note.
func (Announcer) NoteAdded(chatbot bot9.ChatbotID, n *bot9.Note) bot9.NewEvent {
	return catalog.Event(0, catalog.NoteAddedData{
		ChatbotID: chatbot, ConversationID: n.ConversationID, NoteID: n.ID, Note: n.Text, AuthorID: n.AuthorID, AuthorName: n.AuthorName,
	})
}

// AuditRecorded tells a chatbot of a record in its account's audit log.
func (Announcer) AuditRecorded(chatbot bot9.ChatbotID, r *bot9.AuditRecord) bot9.NewEvent {
	return catalog.Event(0, catalog.AuditRecordedData{
		ChatbotID: chatbot, AuditID: r.ID, At: r.At, Actor: r.Actor, Action: r.Action, Object: r.Object, Changes: r.Changes,
	})
}
