package chat

import (
	"context"
	"errors"
	"fmt"

	"github.com/bot9/bot9/internal/bot9"
)

// Budget of one pass of CloseSilent, so that it leaves the writer to others.
const (
	silentEach = 10 // conversations of one chatbot
	silentMost = 50 // conversations in all
)

// CloseSilent closes conversations in which nothing has happened for as long as their chatbot's settings say, as if
// somebody had closed them: with the same events. Chatbots take turns, and a pass has a budget; more tells whether there
// may be others to close. It is called again and again, by one goroutine at a time.
func (s *Service) CloseSilent(ctx context.Context) (more bool, err error) {
	silent, next, err := s.store.SilentConversations(ctx, s.silent, silentEach)
	if err != nil {
		return false, err
	}
	more = next != 0
	s.silent = next
	var errs []error
	of := map[bot9.ChatbotID]int{}
	for i, c := range silent {
		if i == silentMost { // the next pass begins where this one ends
			s.silent, more = silent[i-1].ChatbotID, true
			break
		}
		if of[c.ChatbotID]++; of[c.ChatbotID] == silentEach {
			more = true
		}
		_, _, err := s.store.ChangeConversation(ctx, c.ChatbotID, c.ID, closeSilent(c))
		if err != nil && bot9.KindOf(err) != bot9.NotFound { // its chatbot is being deleted
			errs = append(errs, err)
		}
	}
	return more && len(errs) == 0, errors.Join(errs...)
}

// closeSilent closes a conversation unless something has happened in it meanwhile.
func closeSilent(silent bot9.SilentConversation) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		if c.Silent(silent.Edge) {
			d.setStatus(bot9.StatusClosed, bySystem, fmt.Sprintf("Nothing was said for %d minutes", silent.Minutes))
		}
		return d.change, nil
	}
}
