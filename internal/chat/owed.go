package chat

import (
	"context"
	"errors"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	codeNotOwed = "notOwed" // from the store: the question was answered or given up
	owedBatch   = 1000
	// owedPatience is how long a question of this very process may stay unanswered: the engine's time, and as much
	// again for the database.
	owedPatience = 2 * answerTimeout
)

// GiveUpOwed tells of questions that nobody will answer that they failed (messageFailed): the process that was to
// answer them is gone, or it could not store the answer. It is called at the start and every few seconds, by one
// goroutine at a time.
func (s *Service) GiveUpOwed(ctx context.Context) error {
	owed, err := s.store.OwedAnswers(ctx, owedBatch)
	if err != nil {
		return err
	}
	now, seen := time.Now(), make(map[bot9.MessageID]time.Time, len(owed))
	var errs []error
	for _, o := range owed {
		first, ok := s.seen[o.Question.ID]
		if !ok {
			first = now
		}
		if !o.Gone && now.Sub(first) < owedPatience {
			seen[o.Question.ID] = first
			continue
		}
		switch err := s.giveUp(ctx, o.ChatbotID, o.Question, ""); {
		case err == nil, bot9.CodeOf(err) == codeNotOwed: // another node was quicker
		case bot9.KindOf(err) == bot9.NotFound: // its chatbot is being deleted
		default:
			errs = append(errs, err)
			seen[o.Question.ID] = first
		}
	}
	s.seen = seen
	return errors.Join(errs...)
}

// giveUp tells that a question won't be answered. A request that named itself is told so when it asks again, because
// its question is no longer owed an answer and has none.
func (s *Service) giveUp(ctx context.Context, chatbot bot9.ChatbotID, question bot9.Message, instead string) error {
	_, _, err := s.store.ChangeConversation(bot9.WithIdempotency(ctx, nil), chatbot, question.ConversationID, fail(question, instead))
	return err
}
