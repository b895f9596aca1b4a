package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

const codePreconditionFailed = "preconditionFailed"

// IfMatch restricts a change to the version that the caller has seen.
type IfMatch struct {
	Tags string `header:"If-Match" doc:"The ETag of what you read: if somebody has changed it since, the answer is 412 and nothing is done"`
}

// expect returns a context whose write is done only if the object still has one of the ETags. The store asks inside
// its transaction, so that of two changes made at the same time the second one fails.
func (m *IfMatch) expect(ctx context.Context) context.Context {
	if m.Tags == "" {
		return ctx
	}
	var tags []string
	for tag := range strings.SplitSeq(m.Tags, ",") {
		// Proxies that compress make a tag weak; ours has no other form to be taken for.
		tags = append(tags, strings.TrimPrefix(strings.TrimSpace(tag), "W/"))
	}
	return bot9.WithPrecondition(ctx, func(current any) error {
		now := etagOf(current)
		for _, tag := range tags {
			if tag == now || tag == "*" {
				return nil
			}
		}
		return bot9.Errorf(bot9.Conflict, codePreconditionFailed, "Somebody has changed it since you read it. Read it again, and decide anew.")
	})
}

// etagOf is the ETag of an object's editable fields. What happens to it besides, such as an endpoint's
// health or a conversation's messages, doesn't count, so that nobody's edit fails for it.
func etagOf(object any) string {
	var edited any
	switch o := object.(type) {
	case bot9.Webhook:
		o.Health, o.FilterErrors = nil, nil
		secret := "" // unknown to those who may not see headers, so that they can't guess values by the tag
		if len(o.Secrets) > 0 {
			secret = o.Secrets[0].Text
		}
		edited = []any{o, secret}
	case bot9.Chatbot:
		edited = []any{o.ID, o.Name}
	case bot9.Conversation:
		edited = []any{o.ID, o.Status, o.AgentID, o.AgentName, nonNil(o.Tags)}
	case bot9.Document:
		edited = []any{o.ID, o.Title, o.Text}
	case bot9.CustomAction:
		edited = []any{o.ID, o.Version}
	case bot9.Instruction:
		edited = []any{o.ID, o.Version}
	case bot9.Answering:
		edited = []any{o.ChatbotID, o.Version}
	case bot9.Receiver:
		edited = []any{o.ID, o.Description, o.AnswerStatus, o.DelaySeconds, o.Secret, o.Token}
	case bot9.Widget:
		o.IdentitySecret = ""
		edited = o
	case bot9.Inbox:
		o.Agents = nonNil(o.Agents)
		edited = o
	case bot9.CannedReply:
		edited = []any{o.ID, o.Name, o.Text}
	case bot9.Security:
		edited = o
	case bot9.Member:
		edited = []any{o.ID, o.Role, o.Status, o.Name, o.Email}
	}
	text, err := json.Marshal(edited)
	if err != nil || edited == nil {
		return ""
	}
	const length = 12 // bytes, enough for no two states to have the same
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:length]) + `"`
}

// editable is what an operation answers with about something that can be edited.
type editable[T any] struct {
	ETag string `header:"ETag" doc:"Changes whenever somebody edits it: for If-Match"`
	Body T
}

// answerEditable answers with an object, or with how it is shown.
func answerEditable[T any](object any, shown T, err error) (*editable[T], error) {
	if err != nil {
		return nil, err
	}
	return &editable[T]{ETag: etagOf(object), Body: shown}, nil
}
