package storetest

import (
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

var knowledge = topic{"Knowledge", []testCase{
	{"changes by documents, each time with a new version and an event", func(t *testing.T, w *world) {
		versions := []int64{}
		version := func() {
			v, err := w.KnowledgeVersion(w.ctx, w.chatbot)
			must(t, err)
			versions = append(versions, v)
		}
		version()
		made, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "Prices", Text: "# 1 €"})
		must(t, err)
		version()
		w.clock.Advance(time.Minute)
		updated, err := w.UpdateDocument(w.ctx, bot9.Document{ID: made.ID, ChatbotID: w.chatbot, Title: "Prices", Text: "# 2 €"})
		must(t, err)
		version()
		want(t, "document", updated, bot9.Document{
			ID: made.ID, ChatbotID: w.chatbot, Kind: bot9.KindDocument, Title: "Prices", Text: "# 2 €", Questions: []string{}, CreatedAt: made.CreatedAt, UpdatedAt: w.clock.Now(),
		})
		found, err := w.Document(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "as stored", found, updated)
		must(t, w.DeleteDocument(w.ctx, w.chatbot, made.ID))
		version()
		increasing(t, "versions", versions)
		_, err = w.Document(w.ctx, w.chatbot, made.ID)
		missing(t, err)

		told := each(w.allEvents(bot9.EventFilter{After: 1}), func(e *bot9.Event) string { return e.Type + string(e.Data) })
		data := catalog.KnowledgeUpdated + `{"chatbotId":"` + w.chatbot.String() + `","documentId":"` + made.ID.String() + `","change":"`
		want(t, "events", told, []string{data + `created"}`, data + `updated"}`, data + `deleted"}`})
	}},
	{"of a chatbot is its own", func(t *testing.T, w *world) {
		made, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "Prices"})
		must(t, err)
		before, err := w.KnowledgeVersion(w.ctx, w.chatbot)
		must(t, err)
		other := w.newChatbot()
		_, err = w.Document(w.ctx, other, made.ID)
		missing(t, err)
		_, err = w.UpdateDocument(w.ctx, bot9.Document{ID: made.ID, ChatbotID: other})
		missing(t, err)
		missing(t, w.DeleteDocument(w.ctx, other, made.ID))
		all, err := w.DocumentVersions(w.ctx, other, "")
		must(t, err)
		want(t, "documents", all, []bot9.DocumentVersion{})
		byID, err := w.DocumentsByID(w.ctx, other, []bot9.DocumentID{made.ID})
		must(t, err)
		want(t, "documents by ID", byID, []bot9.Document{})
		after, err := w.KnowledgeVersion(w.ctx, w.chatbot)
		must(t, err)
		want(t, "version", after, before)
	}},
	{"has curated answers with the questions that they are asked as", func(t *testing.T, w *world) {
		made, err := w.CreateDocument(w.ctx, bot9.Document{
			ChatbotID: w.chatbot, Kind: bot9.KindAnswer, Title: "Parking", Text: "Behind the house.", URL: "https://shop.example/parking",
			Questions: []string{"Where can I park?", "駐車場はありますか？"},
		})
		must(t, err)
		found, err := w.Document(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "as stored", found, made)
		made.Kind, made.URL, made.Questions = "", "", nil
		_, err = w.UpdateDocument(w.ctx, made)
		must(t, err)
		found, err = w.Document(w.ctx, w.chatbot, made.ID)
		must(t, err)
		want(t, "replaced", []any{found.Kind, found.URL, len(found.Questions)}, []any{bot9.KindDocument, "", 0})
	}},
	{"is listed newest first in pages, and oldest first as a whole", func(t *testing.T, w *world) {
		oldest := []bot9.DocumentID{}
		for range 5 {
			made, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: "Page"})
			must(t, err)
			oldest = append(oldest, made.ID)
		}
		all, err := w.DocumentVersions(w.ctx, w.chatbot, "")
		must(t, err)
		want(t, "whole", each(all, func(d bot9.DocumentVersion) bot9.DocumentID { return d.ID }), oldest)
		listed := readAll(t, 2, func(page bot9.Page) (bot9.List[bot9.Document], error) { return w.Documents(w.ctx, w.chatbot, page) })
		want(t, "pages", each(listed, func(d bot9.Document) bot9.DocumentID { return -d.ID }),
			[]bot9.DocumentID{-oldest[4], -oldest[3], -oldest[2], -oldest[1], -oldest[0]})
	}},
	{"tells its changes apart by time, however fast they follow", func(t *testing.T, w *world) {
		made := []bot9.Document{}
		for _, title := range []string{"One", "Two", "Three"} {
			d, err := w.CreateDocument(w.ctx, bot9.Document{ChatbotID: w.chatbot, Title: title, Text: "Text of " + title})
			must(t, err)
			made = append(made, d)
		}
		times := []int64{int64(made[1].UpdatedAt)}
		for range 3 {
			updated, err := w.UpdateDocument(w.ctx, bot9.Document{ID: made[1].ID, ChatbotID: w.chatbot, Title: "Two", Text: "Again"})
			must(t, err)
			made[1] = updated
			times = append(times, int64(updated.UpdatedAt))
		}
		increasing(t, "times", times)
		versions, err := w.DocumentVersions(w.ctx, w.chatbot, "")
		must(t, err)
		bare := func(d bot9.Document) bot9.DocumentVersion {
			return bot9.DocumentVersion{ID: d.ID, UpdatedAt: d.UpdatedAt}
		}
		want(t, "versions", versions, each(made, bare))
		found, err := w.DocumentsByID(w.ctx, w.chatbot, []bot9.DocumentID{made[1].ID, made[2].ID + 1})
		must(t, err)
		want(t, "by ID", found, made[1:2])
	}},
}}
