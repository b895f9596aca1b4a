package chat

import (
	"regexp"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// handoverReply is what the end user hears who asked for a human.
const handoverReply = "I am passing you on to a human, who will answer here as soon as possible."

// Reasons in the events of a handover.
const (
	reasonUserAsked = "The user asked for a human"
	reasonMarked    = "The conversation was marked as needing a human"
)

// recentMessages in handoverRequested: how many at most, and how many characters of each.
const (
	recentCount  = 10
	recentLength = 1_000
)

const humanWords = `(?:(?:an?|the|your|some|any|one of your|real|live|actual|human|support|customer|service|sales) )*` +
	`(?:humans?|agents?|persons?|people|representatives?|rep|operators?|someone|somebody|advisors?|staff|employees?|team|colleagues?)`

var (
	// onlyHuman is nothing but the wish: "agent please", "I want a human".
	onlyHuman = regexp.MustCompile(`^(?:(?:please|hi|hello|ok|okay) )*(?:(?:get me|give me|i want|i need|i would like|i'd like|can i have|could i have|need|want) )?` +
		humanWords + `(?: (?:please|now|instead))*$`)
	// toHuman is the wish somewhere in a message: "can I talk to a real person about my bill?"
	toHuman = regexp.MustCompile(`\b(?:talk|talking|speak|speaking|chat|connect|connected|transfer|transferred|put|pass|hand|forward|escalate)\b` +
		`(?: (?:me|us|this|it|through|over|on|directly)){0,3} (?:to|with) ` + humanWords + `\b`)
	refusal = regexp.MustCompile(`\b(?:don't|do not|doesn't|didn't|did not|never|no need|rather not|without)\b(?: \S+){0,4} $`)
	// A name for people alone is no wish, as in "team".
	vagueAlone = regexp.MustCompile(`^(?:the |your |some |any )*(?:people|someone|somebody|staff|team|colleagues?|employees?|sales team)$`)
	notWords   = regexp.MustCompile(`[^\p{L}\p{N}']+`)
)

// wishesHuman tells whether a message asks for a human: it is nothing but that wish, or says to
// talk to one, be connected with one, and the like, unless it says not to. English only.
func wishesHuman(message string) bool {
	words := strings.ReplaceAll(strings.ToLower(message), "’", "'")
	words = strings.TrimSpace(notWords.ReplaceAllString(words, " "))
	if onlyHuman.MatchString(words) {
		return !vagueAlone.MatchString(words)
	}
	at := toHuman.FindStringIndex(words)
	return at != nil && !refusal.MatchString(words[:at[0]])
}

// requestHandover tells that a human is asked for, and hands the conversation to one where agents take turns; recent is
// oldest first.
func (d *decision) requestHandover(reason, by string, recent []bot9.Message) {
	if len(recent) > recentCount {
		recent = recent[len(recent)-recentCount:]
	}
	shown := make([]catalog.RecentMessage, len(recent))
	for i, m := range recent {
		shown[i] = catalog.RecentMessage{
			MessageID: m.ID, SenderType: m.ChatUser, Message: beginning(m.Text, recentLength), CreatedAt: m.CreatedAt,
		}
	}
	d.tell(catalog.HandoverRequestedData{
		ChatbotID: d.conversation.ChatbotID, Reason: reason, RequestedBy: by, RecentMessages: shown,
	})
	d.assignNext()
}

// beginning returns the first n characters of text.
func beginning(text string, n int) string {
	for at := range text {
		if n == 0 {
			return text[:at]
		}
		n--
	}
	return text
}
