package store

import (
	"slices"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// TestPagesOfAConversation has events in the index, in the tail, in both and gone, and goes through them both ways.
func TestPagesOfAConversation(t *testing.T) {
	for _, size := range []int{3, 7, 1000} {
		w := newTailWorld(t, size)
		chatbot, conversations := w.chatbot()
		w.append(chatbot, conversations, 12)
		w.pass(MinRetention + 2*time.Hour)
		w.append(chatbot, conversations, 30)
		w.clean()
		w.append(chatbot, conversations, 8)
		var all []bot9.EventID // as the rows tell
		w.must(w.read(t.Context(), func(r session) error {
			return r.query(func(scan scanFunc) error {
				var id bot9.EventID
				err := scan((*int64)(&id))
				all = append(all, id)
				return err
			}, `SELECT id FROM events WHERE conversation_id = $1 ORDER BY id`, int64(conversations[0]))
		}))
		if len(all) != 19 {
			t.Fatalf("of 25 events 19 are within the retention, and %d are there", len(all))
		}
		backward := slices.Clone(all)
		slices.Reverse(backward)
		for limit := 1; limit <= 20; limit++ {
			for _, c := range []struct {
				filter bot9.EventFilter
				want   []bot9.EventID
			}{
				{bot9.EventFilter{}, backward},
				{bot9.EventFilter{After: 1}, all},
				{bot9.EventFilter{After: all[4]}, all[5:]},
				{bot9.EventFilter{Type: []string{"custom.note"}}, backward},
			} {
				c.filter.Conversation = conversations[:1]
				if got := w.pages(chatbot, c.filter, limit); !slices.Equal(got, c.want) {
					t.Errorf("in parts of %d, by %d with %+v: %v, want %v", size, limit, c.filter, got, c.want)
				}
			}
		}
	}
}

// pages goes through all pages of a list of events.
func (w *tailWorld) pages(chatbot bot9.ChatbotID, filter bot9.EventFilter, limit int) (ids []bot9.EventID) {
	w.t.Helper()
	page := bot9.Page{Limit: limit}
	for {
		list, err := w.Events(w.t.Context(), chatbot, filter, page)
		w.must(err)
		for _, e := range list.Data {
			ids = append(ids, e.ID)
		}
		if list.NextCursor == nil {
			return ids
		}
		page.Cursor = *list.NextCursor
	}
}
