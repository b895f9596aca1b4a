package storetest

import (
	"bytes"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/seal"
)

var answering = topic{"Answering", []testCase{
	{"has defaults, and is changed with its keys sealed and an audit record that shows none", answeringChanges},
	{"keys are sealed anew with another master key", answeringResealed},
	{"of a chatbot is its own, and goes with it", func(t *testing.T, w *world) {
		_, err := w.ChangeAnswering(w.ctx, w.chatbot, func(a *bot9.Answering) error { a.Engine = bot9.EngineNone; return nil })
		must(t, err)
		must(t, w.UseTokens(w.ctx, w.chatbot, 0, 1, 2))
		other := w.newChatbot()
		found, err := w.Answering(w.ctx, other)
		must(t, err)
		want(t, "another chatbot's", found, bot9.DefaultAnswering(other))
		must(t, w.DeleteChatbot(w.ctx, w.account, w.chatbot))
		_, err = w.ChangeAnswering(w.ctx, w.chatbot, func(*bot9.Answering) error { return nil })
		missing(t, err)
		for more := true; more; {
			more, err = w.Purge(w.ctx)
			must(t, err)
		}
		found, err = w.Answering(w.ctx, w.chatbot)
		must(t, err)
		want(t, "after it was purged", found, bot9.DefaultAnswering(w.chatbot))
		used, _, err := w.TokensUsed(w.ctx, w.chatbot, 0)
		must(t, err)
		want(t, "tokens after it was purged", used, int64(0))
	}},
	{"counts tokens a day, of the chatbot and of a conversation", func(t *testing.T, w *world) {
		conversation := w.conversation()
		must(t, w.UseTokens(w.ctx, w.chatbot, conversation, 100, 20))
		must(t, w.UseTokens(w.ctx, w.chatbot, conversation, 1, 2))
		must(t, w.UseTokens(w.ctx, w.chatbot, 0, 1000, 0))
		used := func(ofChatbot, ofConversation int64) {
			t.Helper()
			all, one, err := w.TokensUsed(w.ctx, w.chatbot, conversation)
			must(t, err)
			want(t, "tokens", []int64{all, one}, []int64{ofChatbot, ofConversation})
		}
		used(1123, 123)
		w.reopen()
		used(1123, 123)
		w.clock.Advance(24 * time.Hour)
		used(0, 0)
	}},
	{"keeps how a reply came about with it", func(t *testing.T, w *world) {
		conversation := w.conversation()
		details := &bot9.AnswerDetails{
			Found: true,
			Usage: &bot9.Usage{InputTokens: 1, OutputTokens: 2, Milliseconds: 3, Model: "m"},
		}
		_, change, err := w.ChangeConversation(w.ctx, w.chatbot, conversation, func(m bot9.Moment, _ *bot9.Conversation) (bot9.Change, error) {
			return bot9.Change{Messages: []bot9.Message{
				{ID: bot9.MessageID(m.NextID()), ConversationID: conversation, ChatUser: bot9.SpeakerBot, Text: "Two days [1]", Answer: details},
				{ID: bot9.MessageID(m.NextID()), ConversationID: conversation, ChatUser: bot9.SpeakerUser, Text: "Thanks"},
			}}, nil
		})
		must(t, err)
		w.reopen()
		recent, err := w.RecentMessages(w.ctx, conversation, 2)
		must(t, err)
		want(t, "details", recent[0].Answer, details)
		want(t, "of another message", recent[1].Answer, (*bot9.AnswerDetails)(nil))
		one, err := w.Message(w.ctx, w.chatbot, conversation, change.Messages[0].ID)
		must(t, err)
		want(t, "one", one.Answer, details)
	}},
}}

func answeringChanges(t *testing.T, w *world) {
	found, err := w.Answering(w.ctx, w.chatbot)
	must(t, err)
	want(t, "default", found, bot9.DefaultAnswering(w.chatbot))
	changed, err := w.ChangeAnswering(w.ctx, w.chatbot, func(a *bot9.Answering) error {
		a.Engine = bot9.EngineModel
		a.Model.BaseURL, a.Model.Model, a.Model.APIKey = "https://llm.example/v1", "m", "CANARYKEY1"
		a.Embeddings = &bot9.EmbeddingsSettings{BaseURL: "https://llm.example/v1", Model: "e", APIKey: "CANARYKEY2"}
		a.Handover.Words = []string{"lawyer"}
		a.Hours = &bot9.Hours{Timezone: "UTC", Week: []bot9.Open{{Day: "mon", From: "09:00", To: "17:00"}}}
		return nil
	})
	must(t, err)
	want(t, "key is set", changed.Model.APIKeySet && changed.Embeddings.APIKeySet, true)
	w.reopen()
	found, err = w.Answering(w.ctx, w.chatbot)
	must(t, err)
	want(t, "as stored", found, changed)
	want(t, "version", found.Version, int64(1))
	// A change that changes nothing leaves no trace; one that is refused neither.
	_, err = w.ChangeAnswering(w.ctx, w.chatbot, func(*bot9.Answering) error { return nil })
	must(t, err)
	_, err = w.ChangeAnswering(w.ctx, w.chatbot, func(a *bot9.Answering) error {
		a.Engine = bot9.EngineNone
		return bot9.Errorf(bot9.Invalid, "no", "no")
	})
	refused(t, err, bot9.Invalid, "no")
	ctx := bot9.WithPrecondition(w.ctx, func(current any) error {
		want(t, "expected of", current.(bot9.Answering).Version, int64(1))
		return bot9.Errorf(bot9.Conflict, "preconditionFailed", "no")
	})
	_, err = w.ChangeAnswering(ctx, w.chatbot, func(*bot9.Answering) error { return nil })
	refused(t, err, bot9.Conflict, "preconditionFailed")

	records, err := w.Audit(w.ctx, w.account, bot9.AuditFilter{Action: bot9.AuditAnsweringChanged}, bot9.Page{Limit: 10})
	must(t, err)
	want(t, "audit records", len(records.Data), 1)
	want(t, "key in the audit log", records.Data[0].Changes["model.apiKey"], bot9.AuditChange{To: bot9.Masked + " (changed)"})
	want(t, "engine in the audit log", records.Data[0].Changes["engine"], bot9.AuditChange{From: "knowledge", To: "model"})
	dump, err := w.db.Bytes()
	must(t, err)
	want(t, "keys stand in the clear", bytes.Contains(dump, []byte("CANARYKEY")), false)
}

func answeringResealed(t *testing.T, w *world) {
	_, err := w.ChangeAnswering(w.ctx, w.chatbot, func(a *bot9.Answering) error { a.Model.APIKey = "sk-1"; return nil })
	must(t, err)
	must(t, w.Close())
	other := seal.NewMasterKey()
	for _, keys := range []string{other + "," + masterKey, other, masterKey + "," + other} {
		w.Store, err = w.openWith(keys)
		must(t, err)
		w.Attach(w.dispatcher)
		for more := true; more; {
			more, err = w.Reseal(w.ctx)
			must(t, err)
		}
		found, err := w.Answering(w.ctx, w.chatbot)
		must(t, err)
		want(t, "key", found.Model.APIKey, "sk-1")
		must(t, w.Close())
	}
	w.open()
}
