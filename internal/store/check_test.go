package store

import (
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// TestTheCheckFindsWhatIsWrong breaks a database in every way that the check is to find.
func TestTheCheckFindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		sql  string
		want string
	}{
		"nothing":               {`SELECT 1`, ""},
		"an event is gone":      {`DELETE FROM events WHERE sequence = 2`, "has sequence 3 in"},
		"two have one sequence": {`UPDATE events SET sequence = 2 WHERE sequence = 3`, "has sequence 2 in"},
		"none is found":         {`DELETE FROM conversation_events WHERE sequence = 1`, "is not found among the events of"},
		"a lane has no head":    {`DELETE FROM backlog WHERE state <> ` + sqlWaiting, "waits for an earlier delivery of"},
		"the oldest are gone":   {`DELETE FROM events WHERE sequence = 1`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTailWorld(t, 4)
			chatbot, conversations := w.chatbot()
			w.webhook(chatbot, bot9.OrderConversation)
			w.append(chatbot, conversations, 8)
			w.reopen() // which indexes the tail
			w.must(w.write(t.Context(), func(x *tx) error {
				_, err := x.exec(c.sql)
				return err
			}))
			check, err := w.CheckLog(t.Context())
			w.must(err)
			said := strings.Join(check.Examples, "\n")
			if c.want == "" && check.Faults != 0 || !strings.Contains(said, c.want) {
				t.Errorf("%d faults:\n%s", check.Faults, said)
			}
			if name == "nothing" && (check.Events < 8 || check.Conversations != 2) {
				t.Errorf("%+v", check)
			}
			faults, err := w.CheckStorage(t.Context())
			w.must(err)
			if len(faults) > 0 {
				t.Errorf("the file: %v", faults)
			}
		})
	}
}
