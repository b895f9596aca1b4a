package bot9

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"strings"
	"unicode"
)

// AuditAction names what was done, in the past tense.
type AuditAction string

// The actions that the audit log knows.
const (
	AuditAccountCreated       AuditAction = "accountCreated"
	AuditAccountDeleted       AuditAction = "accountDeleted"
	AuditAccountDisabled      AuditAction = "accountDisabled"
	AuditAccountEnabled       AuditAction = "accountEnabled"
	AuditSecurityChanged      AuditAction = "securityChanged"
	AuditLoggedIn             AuditAction = "loggedIn"
	AuditLoginFailed          AuditAction = "loginFailed"
	AuditLoggedOut            AuditAction = "loggedOut"
	AuditSessionEnded         AuditAction = "sessionEnded"
	AuditPasswordChanged      AuditAction = "passwordChanged"
	AuditPasswordReset        AuditAction = "passwordReset"
	AuditPasswordResetAsked   AuditAction = "passwordResetRequested"
	AuditEmailChanged         AuditAction = "emailChanged"
	AuditSecondFactorChanged  AuditAction = "secondFactorChanged"
	AuditMemberInvited        AuditAction = "memberInvited"
	AuditMemberJoined         AuditAction = "memberJoined"
	AuditMemberChanged        AuditAction = "memberChanged"
	AuditMemberRemoved        AuditAction = "memberRemoved"
	AuditChatbotCreated       AuditAction = "chatbotCreated"
	AuditChatbotChanged       AuditAction = "chatbotChanged"
	AuditChatbotDeleted       AuditAction = "chatbotDeleted"
	AuditKeyCreated           AuditAction = "keyCreated"
	AuditKeyRotated           AuditAction = "keyRotated"
	AuditKeyRevoked           AuditAction = "keyRevoked"
	AuditDeviceLoginDecided   AuditAction = "deviceLoginDecided"
	AuditWebhookCreated       AuditAction = "webhookCreated"
	AuditWebhookChanged       AuditAction = "webhookChanged"
	AuditWebhookDeleted       AuditAction = "webhookDeleted"
	AuditWebhookSecretShown   AuditAction = "webhookSecretShown"
	AuditWebhookSecretRotated AuditAction = "webhookSecretRotated"
	AuditReplayStarted        AuditAction = "replayStarted"
	AuditReplayCanceled       AuditAction = "replayCanceled"
	AuditDocumentDeleted      AuditAction = "documentDeleted"
	AuditReceiverDeleted      AuditAction = "receiverDeleted"
	AuditAnsweringChanged     AuditAction = "answeringChanged"
	AuditInstructionChanged   AuditAction = "instructionChanged"
	AuditActionChanged        AuditAction = "customActionChanged"
	AuditWidgetChanged        AuditAction = "widgetChanged"
	AuditInboxChanged         AuditAction = "inboxChanged"
	AuditNoteDeleted          AuditAction = "noteDeleted"
	AuditCannedReplyDeleted   AuditAction = "cannedReplyDeleted"
)

// AuditEvent is the type of the event that tells of an audit record. It names people and addresses,
// so only a webhook that asks for it by name receives it: AllEvents doesn't include it.
const AuditEvent = "auditRecorded"

// Actor is who did something, as the audit log keeps it: names as they were then.
type Actor struct {
	Type PrincipalKind `json:"type" enum:"member,key,visitor,link,operator,anonymous,system" doc:"What sort of caller: a person (member), a program with a key, an end user in the widget (visitor), the holder of a link, whoever runs the server (operator), somebody not logged in (anonymous), or the server itself (system)"`
	ID   string        `json:"id" doc:"The member's, key's or link's ID; empty where there is none" example:"mem_38g4k4jvm0001"`
	Name string        `json:"name" doc:"The name at that time" example:"Ada Lovelace"`
	IP   string        `json:"ip" doc:"The IP address that the call came from, of IPv6 the /64 network; empty inside the server" example:"192.0.2.7"`
}

// AuditChange is one value before and after. Secrets are never among them.
type AuditChange struct {
	From any `json:"from,omitempty" doc:"Before; absent if there was nothing"`
	To   any `json:"to,omitempty" doc:"After; absent if nothing is left"`
}

// AuditChanges are what an action changed, by the name of the field.
type AuditChanges map[string]AuditChange

// AuditRecord is one line of an account's audit log.
type AuditRecord struct {
	ID        AuditID      `json:"id" doc:"The record; IDs sort by time"`
	At        Time         `json:"at" format:"date-time" doc:"When it was done"`
	Actor     Actor        `json:"actor" doc:"Who did it, and from where"`
	Action    AuditAction  `json:"action" doc:"What was done" example:"webhookChanged"`
	Object    string       `json:"object" doc:"The ID of the object that was changed" example:"whk_38g4k4jvm0001"`
	ChatbotID ChatbotID    `json:"chatbotId,omitzero" doc:"The chatbot that the object belongs to; absent if it belongs to the account"`
	Changes   AuditChanges `json:"changes" doc:"What changed, by field, each with its value before (from) and after (to). Secrets are masked"`

	AccountID AccountID `json:"-"`
}

// AuditFilter chooses records of the audit log; what is zero doesn't restrict.
type AuditFilter struct {
	Since, Until Time
	Actor        string // an ID, or a kind of principal
	Action       AuditAction
	Object       string
}

// Masked stands for a secret wherever one may not be shown.
const Masked = "••••••"

// MaskHeaders returns the headers with every value masked.
func MaskHeaders(headers map[string]string) map[string]string {
	masked := make(map[string]string, len(headers))
	for name := range headers {
		masked[name] = Masked
	}
	return masked
}

// minTokenChars is how long a path segment with letters and digits must be to be taken for a token.
const minTokenChars = 16

// MaskURL returns a URL without what may be a secret in it: credentials, the values of the query, the
// fragment, and path segments that look like tokens.
func MaskURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return Masked
	}
	segments := strings.Split(u.EscapedPath(), "/")
	for i, segment := range segments {
		if looksSecret(segment) {
			segments[i] = Masked
		}
	}
	masked := u.Scheme + "://" + u.Host + strings.Join(segments, "/")
	if u.User != nil {
		masked = u.Scheme + "://" + Masked + "@" + u.Host + strings.Join(segments, "/")
	}
	if u.RawQuery == "" {
		return masked
	}
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, hasValue := strings.Cut(pair, "=")
		if !hasValue { // the whole of it may be a token
			pairs = append(pairs, Masked)
			continue
		}
		pairs = append(pairs, name+"="+Masked)
	}
	return masked + "?" + strings.Join(pairs, "&")
}

func looksSecret(segment string) bool {
	if len(segment) < minTokenChars {
		return false
	}
	return strings.ContainsFunc(segment, unicode.IsDigit) && strings.ContainsFunc(segment, unicode.IsLetter) ||
		len(segment) >= 2*minTokenChars
}

// unaudited are the fields of a webhook whose changes say nothing about what somebody did.
var unaudited = []string{"id", "chatbotId", "createdAt", "updatedAt", "secretSince", "health", "disabledAt", "filterErrors"}

// WebhookChanges tells what differs between two states of a webhook, without its secrets: header values
// and tokens in the URL are masked, and marked where they changed.
func WebhookChanges(before, after *Webhook) (AuditChanges, error) {
	from, err := auditedFields(before)
	if err != nil {
		return nil, err
	}
	to, err := auditedFields(after)
	if err != nil {
		return nil, err
	}
	changes := differences(from, to)
	if before.URL != after.URL && from["url"] == to["url"] {
		changes["url"] = AuditChange{From: from["url"], To: MaskURL(after.URL) + changedMark}
	}
	if marked := markedHeaders(before.Headers, after.Headers); marked != nil {
		changes["headers"] = AuditChange{From: MaskHeaders(before.Headers), To: marked}
	}
	return changes, nil
}

// FieldChanges tells what differs between two states of an object, field by field as its JSON has them. The caller
// takes secrets out before.
func FieldChanges(before, after any) (AuditChanges, error) {
	from, err := jsonFields(before)
	if err != nil {
		return nil, err
	}
	to, err := jsonFields(after)
	return differences(from, to), err
}

func jsonFields(object any) (fields map[string]any, err error) {
	encoded, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(encoded, &fields)
	}
	return fields, err
}

func differences(from, to map[string]any) AuditChanges {
	changes := AuditChanges{}
	for name := range to {
		if !reflect.DeepEqual(from[name], to[name]) {
			changes[name] = AuditChange{From: from[name], To: to[name]}
		}
	}
	for name := range from {
		if _, left := to[name]; !left {
			changes[name] = AuditChange{From: from[name]}
		}
	}
	return changes
}

// changedMark follows what is masked before and after, and differs.
const changedMark = " (changed)"

// markedHeaders returns the headers after a change, masked, nil if nothing changed.
func markedHeaders(before, after map[string]string) map[string]string {
	if maps.Equal(before, after) {
		return nil
	}
	marked := MaskHeaders(after)
	for name, value := range after {
		if old, had := before[name]; had && old != value {
			marked[name] += changedMark
		}
	}
	return marked
}

func auditedFields(w *Webhook) (map[string]any, error) {
	shown := *w
	shown.URL, shown.Headers = MaskURL(w.URL), nil
	fields, err := jsonFields(shown)
	if err != nil {
		return nil, err
	}
	for _, name := range append(unaudited, "headers") {
		delete(fields, name)
	}
	return fields, nil
}
