package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// visitorToken is the token of the one visitor that the world knows; expiredToken was.
const visitorToken, expiredToken = "bot9_vt_visitor", "bot9_vt_expired"

// visitorWorld is what the world knows of widgets.
type visitorWorld struct {
	widget  *bot9.Widget
	visitor bot9.Visitor
	said    []string
	updates chan bot9.VisitorUpdate
	read    bot9.MessageID
	adopted bool
	lead    bot9.LeadInput
	reason  string
	file    bot9.NewAttachment
}

func (w *world) Widget(_ context.Context, chatbot bot9.ChatbotID) (bot9.Widget, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.visiting.widget != nil && w.visiting.widget.ChatbotID == chatbot {
		return *w.visiting.widget, nil
	}
	if _, err := first(w.chatbots, func(c bot9.Chatbot) bool { return c.ID == chatbot }); err != nil {
		return bot9.Widget{}, err
	}
	widget := bot9.NewWidget(chatbot)
	widget.Attachments = true
	widget.IdentitySecret = "bot9_is_secret"
	return widget, nil
}

func (w *world) ChangeWidget(ctx context.Context, chatbot bot9.ChatbotID, change func(*bot9.Widget) error) (bot9.Widget, error) {
	widget, err := w.Widget(ctx, chatbot)
	if err == nil {
		err = expected(ctx, widget)
	}
	if err == nil {
		err = change(&widget)
	}
	if err == nil {
		w.visiting.widget = &widget
	}
	return widget, err
}

func (w *world) OriginAllowed(_ context.Context, origin string) (bool, error) {
	return w.visiting.widget != nil && strings.Contains(strings.Join(w.visiting.widget.AllowedOrigins, " "), origin), nil
}

func (w *world) ChatbotName(context.Context, bot9.ChatbotID) (string, error) { return "Support", nil }

func (w *world) NormalizeOrigin(text, location string) (string, error) {
	if strings.Contains(text, "*") {
		return "", bot9.InvalidField("invalidOrigin", location, "No wildcards.")
	}
	return strings.TrimSuffix(text, "/"), nil
}

func (w *world) Allows(r *http.Request, allowed []string) bool {
	origin := r.Header.Get("Origin")
	for _, one := range allowed {
		if one == origin {
			return true
		}
	}
	return origin == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

func (w *world) Session(widget *bot9.Widget, in bot9.SessionInput, now time.Time) (bot9.VisitorSession, error) {
	if in.ExternalID != "" && in.Hash != "proof" {
		return bot9.VisitorSession{}, bot9.Errorf(bot9.Forbidden, "identityUnproven", "No.")
	}
	v := w.visiting.visitor
	v.ChatbotID, v.Details, v.Attributes = widget.ChatbotID, in.Details, in.Attributes
	session := bot9.VisitorSession{Visitor: v, Anonymous: v, Secret: "bot9_vs_secret", Token: visitorToken, ExpiresAt: bot9.At(now.Add(time.Hour))}
	session.Visitor.ExternalID = in.ExternalID
	if in.ExternalID != "" {
		session.Visitor.Subject[0] = 9
	}
	return session, nil
}

func (w *world) ReadToken(token string) (bot9.Visitor, bot9.Time, bool) {
	v := w.visiting.visitor
	v.ChatbotID = w.bot()
	switch token {
	case visitorToken:
		return v, bot9.At(time.Now().Add(time.Hour)), true
	case expiredToken:
		return v, 1, true
	}
	return v, 0, false
}

func (w *world) Open(context.Context, bot9.Visitor) (<-chan bot9.VisitorUpdate, func(), error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.visiting.updates == nil {
		w.visiting.updates = make(chan bot9.VisitorUpdate, 10)
	}
	return w.visiting.updates, func() {}, nil
}

func (w *world) UpdatesOf(_ context.Context, event *bot9.Event) ([]bot9.VisitorUpdate, error) {
	return []bot9.VisitorUpdate{{ID: event.ID, Name: "message", Data: event.Data}}, nil
}

func (w *world) Visitor(_ context.Context, v bot9.Visitor) (bot9.Visitor, error) {
	v.EndUserID, v.ConversationID, v.ReadID = w.visiting.visitor.EndUserID, w.visiting.visitor.ConversationID, w.visiting.visitor.ReadID
	return v, nil
}

func (w *world) ReadByVisitor(_ context.Context, _ bot9.Visitor, message bot9.MessageID) error {
	w.visiting.read = message
	return nil
}

func (w *world) MessagesBefore(_ context.Context, conversation bot9.ConversationID, before bot9.MessageID, _ int) ([]bot9.Message, error) {
	return filtered(w.messages, func(m bot9.Message) bool { return m.ConversationID == conversation && (before == 0 || m.ID < before) }), nil
}

func (w *world) Say(_ context.Context, _ bot9.Visitor, text, clientID string, _ ...bot9.Attachment) (bot9.VisitorResult, error) {
	w.visiting.said = append(w.visiting.said, clientID+":"+text)
	result := bot9.VisitorResult{MessageID: 21}
	result.Conversation.ID = 22
	return result, w.chatFails
}

func (w *world) LeadAsVisitor(_ context.Context, _ bot9.Visitor, in bot9.LeadInput) error {
	w.visiting.lead = in
	return nil
}

func (w *world) AskForHuman(_ context.Context, _ bot9.Visitor, reason string) error {
	w.visiting.reason = reason
	return nil
}

func (w *world) IdentifyVisitor(context.Context, bot9.Visitor) error { return nil }

func (w *world) AdoptVisitor(context.Context, bot9.Visitor, bot9.Visitor) error {
	w.visiting.adopted = true
	return nil
}

func (w *world) SaidBefore(context.Context, bot9.Visitor, string) (bool, error) { return false, nil }

func (w *world) AddAttachment(_ context.Context, a bot9.NewAttachment, urlOf func(bot9.AttachmentID) string) (bot9.Attachment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := bot9.AttachmentID(w.id())
	w.visiting.file = a
	return bot9.Attachment{ID: id, Name: a.Name, Type: a.Type, Size: int64(len(a.Data)), URL: urlOf(id)}, nil
}

func (w *world) UnsentAttachments(_ context.Context, _ bot9.ChatbotID, _ []byte, ids []bot9.AttachmentID) ([]bot9.Attachment, error) {
	if w.visiting.file.Name == "" {
		return nil, bot9.InvalidField("unknownAttachment", "body.attachments", "No.")
	}
	return make([]bot9.Attachment, len(ids)), nil
}

func (w *world) ReadAttachment(_ context.Context, id bot9.AttachmentID, token string) (bot9.Attachment, []byte, error) {
	if token != w.visiting.file.Token {
		return bot9.Attachment{}, nil, notFound()
	}
	return bot9.Attachment{ID: id, Name: w.visiting.file.Name, Type: w.visiting.file.Type}, w.visiting.file.Data, nil
}
