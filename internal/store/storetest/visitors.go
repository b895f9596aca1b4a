package storetest

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// visitor is one of the world's chatbot, by a number.
func (w *world) visitor(n byte) bot9.Visitor {
	return bot9.Visitor{ChatbotID: w.chatbot, Subject: bot9.Subject{n}, Details: bot9.Details{Name: "Ada"}}
}

func (w *world) sayAs(v bot9.Visitor, clientID string) bot9.VisitorResult {
	w.t.Helper()
	action := bot9.VisitorAction{Visitor: v, ClientID: clientID, Opens: bot9.OpenUnlessOn}
	result, err := w.ActAsVisitor(w.ctx, action, saying("first "+clientID), saying(clientID))
	must(w.t, err)
	return result
}

func (w *world) close(id bot9.ConversationID) {
	w.t.Helper()
	_, _, err := w.ChangeConversation(w.ctx, w.chatbot, id, func(_ bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		c.Status = bot9.StatusClosed
		return bot9.Change{}, nil
	})
	must(w.t, err)
}

var visitors = topic{"Visitors", []testCase{
	{"begin a conversation once, and go on in it", func(t *testing.T, w *world) {
		ada, bob := w.visitor(1), w.visitor(2)
		first := w.sayAs(ada, "a")
		want(t, "opened by", first.Change.Messages[0].Text, "first a")
		want(t, "source", first.Conversation.Source, bot9.WidgetSource)
		second := w.sayAs(ada, "b")
		want(t, "same conversation", second.Conversation.ID, first.Conversation.ID)
		want(t, "goes on", second.Change.Messages[0].Text, "b")
		other := w.sayAs(bob, "a")
		want(t, "another's is the same", other.Conversation.ID == first.Conversation.ID, false)

		found, err := w.Visitor(w.ctx, ada)
		must(t, err)
		want(t, "newest", [2]int64{int64(found.ConversationID), int64(found.EndUserID)}, [2]int64{int64(first.Conversation.ID), int64(first.Conversation.EndUserID)})
		clientID, err := w.ClientIDOf(w.ctx, second.MessageID)
		must(t, err)
		want(t, "name of the second message", clientID, "b")
		subject, ok, err := w.SubjectOf(w.ctx, first.Conversation.ID)
		must(t, err)
		want(t, "subject", [2]any{subject, ok}, [2]any{ada.Subject, true})
		_, ok, err = w.SubjectOf(w.ctx, w.conversation())
		must(t, err)
		want(t, "a conversation of the API has a visitor", ok, false)
	}},
	{"say once what is sent again, also after a restart", func(t *testing.T, w *world) {
		ada := w.visitor(1)
		first := w.sayAs(ada, "a")
		w.close(first.Conversation.ID) // a repeated message opens nothing
		w.reopen()
		again := w.sayAs(ada, "a")
		want(t, "repeated", again.Repeated, true)
		want(t, "message", again.MessageID, first.MessageID)
		want(t, "conversation", again.Conversation.ID, first.Conversation.ID)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 1)
		want(t, "another visitor's name", w.sayAs(w.visitor(2), "a").Repeated, false)
	}},
	{"open another one once the last is closed, as the same end user", func(t *testing.T, w *world) {
		ada := w.visitor(1)
		first := w.sayAs(ada, "a")
		w.close(first.Conversation.ID)
		next := w.sayAs(ada, "b")
		want(t, "the closed one goes on", next.Conversation.ID == first.Conversation.ID, false)
		want(t, "end user", next.Conversation.EndUserID, first.Conversation.EndUserID)
		want(t, "opened by", next.Change.Messages[0].Text, "first b")
		_, err := w.ActAsVisitor(w.ctx, bot9.VisitorAction{Visitor: w.visitor(3)}, nil, saying("no"))
		missing(t, err)
		w.close(next.Conversation.ID)
		kept, err := w.ActAsVisitor(w.ctx, bot9.VisitorAction{Visitor: ada, Opens: bot9.OpenFirst}, nil, saying("a lead"))
		must(t, err)
		want(t, "what needs no open one", kept.Conversation.ID, next.Conversation.ID)
	}},
	{"begin one conversation, however many tabs say something at once", func(t *testing.T, w *world) {
		var tabs sync.WaitGroup
		ids := make([]bot9.ConversationID, 20)
		for i := range ids {
			tabs.Go(func() { ids[i] = w.sayAs(w.visitor(1), string(rune('a'+i%10))).Conversation.ID })
		}
		tabs.Wait()
		slices.Sort(ids)
		want(t, "conversations", len(slices.Compact(ids)), 1)
		want(t, "events", len(w.allEvents(bot9.EventFilter{})), 10)
	}},
	{"are who they have proven to be, in every browser", func(t *testing.T, w *world) {
		known := w.start(bot9.Conversation{User: bot9.EndUser{ExternalID: "user123", Name: "Grace"}})
		proven := w.visitor(1)
		proven.ExternalID = "user123"
		said := w.sayAs(proven, "a")
		want(t, "end user", said.Conversation.EndUserID, known.EndUserID)
		claims := w.visitor(2)
		claims.ClaimedID = "user123"
		want(t, "who claims it is the same", w.sayAs(claims, "a").Conversation.EndUserID == known.EndUserID, false)
	}},
	{"take their conversation along when they prove who they are", func(t *testing.T, w *world) {
		anonymous := w.visitor(1)
		said := w.sayAs(anonymous, "a")
		proven := w.visitor(9)
		proven.ExternalID = "user123"
		identify := func(_ bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			c.User.ExternalID = "user123"
			return bot9.Change{Events: []bot9.NewEvent{note(0, "identified")}}, nil
		}
		must(t, w.AdoptVisitor(w.ctx, anonymous, proven, identify))
		found, err := w.Visitor(w.ctx, proven)
		must(t, err)
		want(t, "conversation", found.ConversationID, said.Conversation.ID)
		left, err := w.Visitor(w.ctx, anonymous)
		must(t, err)
		want(t, "left behind", left.ConversationID, 0)
		conversation, err := w.Conversation(w.ctx, w.chatbot, said.Conversation.ID)
		must(t, err)
		want(t, "external ID", conversation.User.ExternalID, "user123")

		second := w.visitor(2)
		w.sayAs(second, "b")
		must(t, w.AdoptVisitor(w.ctx, second, proven, identify)) // somebody is user123 already
		left, err = w.Visitor(w.ctx, second)
		must(t, err)
		want(t, "a second browser's conversation is joined", left.ConversationID == 0, false)
	}},
	{"keep what is known of them", func(t *testing.T, w *world) {
		said := w.sayAs(w.visitor(1), "a")
		user := said.Conversation.User
		_, _, err := w.ChangeConversation(w.ctx, w.chatbot, said.Conversation.ID, func(_ bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			c.User.ClaimedID, c.User.CustomAttributes = "user123", `{"plan":"é"}`
			return bot9.Change{}, nil
		})
		must(t, err)
		user.ClaimedID, user.CustomAttributes = "user123", `{"plan":"é"}`
		w.reopen()
		found, err := w.Conversation(w.ctx, w.chatbot, said.Conversation.ID)
		must(t, err)
		want(t, "user", found.User, user)

		must(t, w.ReadByVisitor(w.ctx, w.visitor(1), said.MessageID))
		must(t, w.ReadByVisitor(w.ctx, w.visitor(1), 1))
		v, err := w.Visitor(w.ctx, w.visitor(1))
		must(t, err)
		want(t, "read", v.ReadID, said.MessageID)
	}},
	{"have widgets that know who may embed them", func(t *testing.T, w *world) {
		made, err := w.Widget(w.ctx, w.chatbot)
		must(t, err)
		want(t, "has a secret", len(made.IdentitySecret) > 40, true)
		change := func(origins ...string) {
			t.Helper()
			changed, err := w.ChangeWidget(w.ctx, w.chatbot, func(widget *bot9.Widget) error {
				widget.AllowedOrigins, widget.IdentitySecret = origins, "of my own"
				return nil
			})
			must(t, err)
			want(t, "secret", changed.IdentitySecret, made.IdentitySecret)
		}
		allowed := func(origin string) bool {
			t.Helper()
			ok, err := w.OriginAllowed(w.ctx, origin)
			must(t, err)
			return ok
		}
		change("https://shop.example", "https://shop.example:8443")
		want(t, "allowed", [2]bool{allowed("https://shop.example"), allowed("https://shop.example:8444")}, [2]bool{true, false})
		change("https://shop.example:8443")
		want(t, "allowed after the change", [2]bool{allowed("https://shop.example"), allowed("https://shop.example:8443")}, [2]bool{false, true})
		w.reopen()
		found, err := w.Widget(w.ctx, w.chatbot)
		must(t, err)
		want(t, "origins", found.AllowedOrigins, []string{"https://shop.example:8443"})
		want(t, "kept secret", found.IdentitySecret, made.IdentitySecret)
		more, err := w.AddWidgets(w.ctx)
		must(t, err)
		want(t, "every chatbot has one", more, false)

		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		_, err = w.Widget(w.ctx, w.chatbot)
		missing(t, err)
		want(t, "a deleted chatbot's page is allowed", allowed("https://shop.example:8443"), false)
	}},
	{"are forgotten with their chatbot, and their names for messages after a week", func(t *testing.T, w *world) {
		ada := w.visitor(1)
		w.sayAs(ada, "a")
		w.clock.Advance(8 * 24 * time.Hour)
		w.cleanAll(t)
		want(t, "a name of last week is known", w.sayAs(ada, "a").Repeated, false)
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		w.cleanAll(t)
		left, err := w.Visitor(w.ctx, ada)
		must(t, err)
		want(t, "conversation", left.ConversationID, 0)
	}},
	{"send files once, and nobody else's", func(t *testing.T, w *world) {
		ada, data := w.visitor(1), bytes.Repeat([]byte("0123456789"), 30_000)
		add := func(subject []byte) bot9.Attachment {
			t.Helper()
			made, err := w.AddAttachment(w.ctx, bot9.NewAttachment{ChatbotID: w.chatbot, Subject: subject, Token: "tok", Name: "é.pdf", Type: "application/pdf", Data: data},
				func(id bot9.AttachmentID) string { return "https://bot9.example/" + id.String() })
			must(t, err)
			return made
		}
		made, agents, forgotten := add(ada.Subject[:]), add([]byte{}), add(ada.Subject[:])
		other := w.visitor(2)
		_, err := w.UnsentAttachments(w.ctx, w.chatbot, other.Subject[:], []bot9.AttachmentID{made.ID})
		refused(t, err, bot9.Invalid, "unknownAttachment")
		_, err = w.UnsentAttachments(w.ctx, w.chatbot, ada.Subject[:], []bot9.AttachmentID{agents.ID})
		refused(t, err, bot9.Invalid, "unknownAttachment")
		found, err := w.UnsentAttachments(w.ctx, w.chatbot, ada.Subject[:], []bot9.AttachmentID{made.ID})
		must(t, err)
		want(t, "found", found, []bot9.Attachment{made})

		with := func(m bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
			change, err := saying("see here")(m, c)
			change.Messages[0].Attachments = found
			return change, err
		}
		action := bot9.VisitorAction{Visitor: ada, ClientID: "a", Opens: bot9.OpenUnlessOn}
		said, err := w.ActAsVisitor(w.ctx, action, with, with)
		must(t, err)
		w.reopen()
		message, err := w.Message(w.ctx, w.chatbot, said.Conversation.ID, said.MessageID)
		must(t, err)
		want(t, "message's files", message.Attachments, found)
		_, err = w.UnsentAttachments(w.ctx, w.chatbot, ada.Subject[:], []bot9.AttachmentID{made.ID})
		refused(t, err, bot9.Invalid, "unknownAttachment")
		action.ClientID = "b"
		_, err = w.ActAsVisitor(w.ctx, action, with, with)
		refused(t, err, bot9.Invalid, "unknownAttachment")

		read, content, err := w.ReadAttachment(w.ctx, made.ID, "tok")
		must(t, err)
		want(t, "name and type", [2]string{read.Name, read.Type}, [2]string{"é.pdf", "application/pdf"})
		want(t, "content", bytes.Equal(content, data), true)
		_, _, err = w.ReadAttachment(w.ctx, made.ID, "guess")
		missing(t, err)

		w.clock.Advance(25 * time.Hour)
		w.cleanAll(t)
		_, _, err = w.ReadAttachment(w.ctx, forgotten.ID, "tok")
		missing(t, err)
		_, _, err = w.ReadAttachment(w.ctx, made.ID, "tok")
		must(t, err)
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		w.cleanAll(t)
		_, _, err = w.ReadAttachment(w.ctx, made.ID, "tok")
		missing(t, err)
	}},
}}
