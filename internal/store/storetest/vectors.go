package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const encoder = "encoder/1"

// document makes a document of the chatbot.
func (w *world) document(t *testing.T, chatbot bot9.ChatbotID) bot9.Document {
	t.Helper()
	d, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: chatbot, Title: "Prices", Text: "1 €"})
	must(t, err)
	return d
}

// take takes what is to be encoded, and returns the documents' IDs.
func (w *world) take(t *testing.T, after bot9.AccountID) (bot9.AccountID, []bot9.DocumentID) {
	t.Helper()
	account, documents, err := w.TakeUnencoded(w.ctx, after)
	must(t, err)
	return account, each(documents, func(d bot9.Document) bot9.DocumentID { return d.ID })
}

func vectorsOf(d bot9.Document) bot9.DocumentVectors {
	return bot9.DocumentVectors{DocumentID: d.ID, UpdatedAt: d.UpdatedAt, Dimensions: 2, Vectors: []byte{1, 0xFF, 0, 3}}
}

var encodings = topic{"Vectors", []testCase{
	{"of a document are made once, by whoever takes it", func(t *testing.T, w *world) {
		d := w.document(t, w.chatbot)
		account, taken := w.take(t, 0)
		want(t, "taken", taken, []bot9.DocumentID{d.ID})
		_, again := w.take(t, account)
		want(t, "taken by another", len(again), 0)
		before, err := w.KnowledgeVersion(w.ctx, w.chatbot)
		must(t, err)
		must(t, w.SaveVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentVectors{vectorsOf(d)}))
		after, err := w.KnowledgeVersion(w.ctx, w.chatbot)
		must(t, err)
		increasing(t, "versions", []int64{before, after})
		versions, err := w.DocumentVersions(w.ctx, w.chatbot, encoder)
		must(t, err)
		want(t, "versions", versions, []bot9.DocumentVersion{{ID: d.ID, UpdatedAt: d.UpdatedAt, Encoded: true}})
		found, err := w.DocumentVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentID{d.ID, d.ID + 1})
		must(t, err)
		want(t, "vectors", found, []bot9.DocumentVectors{vectorsOf(d)})
		w.clock.Advance(time.Hour)
		_, again = w.take(t, 0)
		want(t, "afterwards", len(again), 0)
	}},
	{"go to another who died with them, and not to one who is still at it", func(t *testing.T, w *world) {
		d := w.document(t, w.chatbot)
		w.take(t, 0)
		w.clock.Advance(90 * time.Second)
		must(t, w.ExtendEncoding(w.ctx, []bot9.DocumentID{d.ID}))
		w.clock.Advance(90 * time.Second)
		_, taken := w.take(t, 0)
		want(t, "still at it", len(taken), 0)
		w.clock.Advance(90 * time.Second)
		_, taken = w.take(t, 0)
		want(t, "dead", taken, []bot9.DocumentID{d.ID})
	}},
	{"of an old state are not stored, and the new one is taken", func(t *testing.T, w *world) {
		d := w.document(t, w.chatbot)
		w.take(t, 0)
		changed, err := w.UpdateDocument(w.ctx, bot9.Document{ID: d.ID, ChatbotID: w.chatbot, Title: "Prices", Text: "2 €"})
		must(t, err)
		must(t, w.SaveVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentVectors{vectorsOf(d)}))
		versions, err := w.DocumentVersions(w.ctx, w.chatbot, encoder)
		must(t, err)
		want(t, "versions", versions, []bot9.DocumentVersion{{ID: d.ID, UpdatedAt: changed.UpdatedAt}})
		_, taken := w.take(t, 0)
		want(t, "taken", taken, []bot9.DocumentID{d.ID})
	}},
	{"are made in turns between accounts", func(t *testing.T, w *world) {
		var mine []bot9.DocumentID
		for range 20 {
			mine = append(mine, w.document(t, w.chatbot).ID)
		}
		owner, err := w.CreateAccount(w.ctx, "Second", person("ada@example.com"))
		must(t, err)
		chatbot, _, err := w.CreateChatbot(w.ctx, owner.AccountID, "Other", newKey())
		must(t, err)
		other := chatbot.ID
		theirs := w.document(t, other)
		turns := map[bool][]bot9.DocumentID{}
		last := bot9.AccountID(0)
		for range 3 {
			account, taken := w.take(t, last)
			if account == last {
				t.Errorf("account %v twice in a row", account)
			}
			last = account
			theirTurn := account == owner.AccountID
			turns[theirTurn] = append(turns[theirTurn], taken...)
			if len(taken) > 16 {
				t.Errorf("%d documents at once", len(taken))
			}
			if len(turns[false]) >= 16 && len(turns[true]) > 0 {
				break
			}
		}
		want(t, "theirs", turns[true], []bot9.DocumentID{theirs.ID})
		want(t, "mine", turns[false][:16], mine[:16])
	}},
	{"of another encoder are dropped, and made anew", func(t *testing.T, w *world) {
		d := w.document(t, w.chatbot)
		w.take(t, 0)
		must(t, w.SaveVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentVectors{vectorsOf(d)}))
		for more, rounds := true, 0; more && rounds < 5; rounds++ {
			var err error
			more, err = w.DropVectors(w.ctx, "encoder/2")
			must(t, err)
		}
		found, err := w.DocumentVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentID{d.ID})
		must(t, err)
		want(t, "vectors", len(found), 0)
		_, taken := w.take(t, 0)
		want(t, "taken", taken, []bot9.DocumentID{d.ID})
	}},
	{"go with their document, and are counted until they are made", func(t *testing.T, w *world) {
		d, gone := w.document(t, w.chatbot), w.document(t, w.chatbot)
		must(t, w.DeleteDocument(w.ctx, w.chatbot, gone.ID))
		documents, unencoded, err := w.KnowledgeStatus(w.ctx, w.chatbot)
		must(t, err)
		want(t, "status", []int64{documents, unencoded}, []int64{1, 1})
		_, taken := w.take(t, 0)
		want(t, "taken", taken, []bot9.DocumentID{d.ID})
		must(t, w.SaveVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentVectors{vectorsOf(d), vectorsOf(gone)}))
		documents, unencoded, err = w.KnowledgeStatus(w.ctx, w.chatbot)
		must(t, err)
		want(t, "status", []int64{documents, unencoded}, []int64{1, 0})
		found, err := w.DocumentVectors(w.ctx, w.chatbot, encoder, []bot9.DocumentID{gone.ID})
		must(t, err)
		want(t, "of what is gone", len(found), 0)
	}},
}}
