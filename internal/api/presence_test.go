package api

import (
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func (w *world) startConversation(status bot9.ConversationStatus) bot9.Conversation {
	c := bot9.Conversation{ID: bot9.ConversationID(w.id()), ChatbotID: w.bot(), Status: status}
	w.conversations = append(w.conversations, c)
	return c
}

func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		handled, closed := w.startConversation(bot9.StatusNeedsReview), w.startConversation(bot9.StatusClosed)
		c, _, _ := listen(t, w, w.options(), streamPath+"?changes=true", nil)
		other, _, _ := listen(t, w, w.options(), streamPath, nil)
		synctest.Wait()
		c.take()
		other.take()
		handler := serve(t, w.options())
		call := func(as, method, body string, conversation bot9.Conversation) *httptest.ResponseRecorder {
			rec := httptest.NewRecorder()
			q := request{as: as, call: method + " /api/{bot}/conversations/" + conversation.ID.String() + "/presence", body: body}
			handler.ServeHTTP(rec, q.make(w))
			return rec
		}
		if rec := call(owner, "POST", `{}`, handled); rec.Code != 200 || !strings.Contains(rec.Body.String(), `"name":"owner","typing":false`) {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		if rec := call(developer, "POST", `{"typing":true}`, handled); !strings.Contains(rec.Body.String(), `"name":"developer","typing":true`) {
			t.Errorf("%d %s", rec.Code, rec.Body)
		}
		synctest.Wait()
		got := c.take()
		if !strings.Contains(got, "event: presence\n") || !strings.Contains(got, `"name":"owner"`) || strings.Contains(got, "id:") {
			t.Errorf("told %q", got)
		}
		if rec := call(developer, "POST", `{"typing":true}`, closed); !strings.Contains(rec.Body.String(), `"typing":false`) {
			t.Errorf("somebody answers in a closed conversation: %s", rec.Body)
		}
		if rec := call(developer, "DELETE", "", handled); rec.Code != 204 {
			t.Errorf("left: %d %s", rec.Code, rec.Body)
		}
		time.Sleep(bot9.PresenceTime)
		synctest.Wait()
		if agents := w.presence.In(handled.ID).Agents; len(agents) != 0 {
			t.Errorf("there are still %+v", agents)
		}
		if got := other.take(); strings.Contains(got, "presence") {
			t.Errorf("told a stream that didn't ask: %q", got)
		}
		elsewhere := bot9.Conversation{ID: 12345}
		if rec := call(owner, "POST", `{}`, elsewhere); rec.Code != 404 {
			t.Errorf("in an unknown conversation: %d", rec.Code)
		}
		if w.writes != 0 {
			t.Error("presence is written")
		}
	})
}
