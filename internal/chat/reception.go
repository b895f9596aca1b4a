package chat

import (
	"context"
	"slices"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
	"github.com/bot9/bot9/internal/phrase"
)

// reception is how a message of an end user is received, as it is found out before the transaction: whether it hands over,
// and what is said then.
type reception struct {
	handsOver handover // its reason is "" if it doesn't
	silent    bool     // the integrator's own bot answers, so nothing is owed
}

// handover is why a person takes over, who asked for it, and what the end user is told.
type handover struct {
	reason, by, text string
	leadForm         bool           // nobody is there at this hour
	recent           []bot9.Message // what the person is shown, oldest first
}

// consider finds out how a message is received. The conversation may be zero, where it is only about to begin.
func (s *Service) consider(ctx context.Context, settings *bot9.Answering, id bot9.ConversationID, text string) (reception, error) {
	in := reception{silent: settings.Engine == bot9.EngineNone}
	reason, by, err := s.wish(ctx, settings, id, text)
	if err != nil || reason == "" {
		return in, err
	}
	in.handsOver = handingOver(settings, reason, by, text, time.Now())
	if id != 0 {
		in.handsOver.recent, err = s.store.RecentMessages(ctx, id, recentCount)
	}
	return in, err
}

// wish tells why a message asks for a person, "" if it doesn't.
func (s *Service) wish(ctx context.Context, settings *bot9.Answering, id bot9.ConversationID, text string) (reason, by string, err error) {
	if phrase.WishesPerson(text) {
		return reasonUserAsked, byUser, nil
	}
	if slices.ContainsFunc(settings.Handover.Words, func(word string) bool { return phrase.Contains(text, word) }) {
		return reasonWord, byRule, nil
	}
	if settings.Handover.Rule == "" || id == 0 {
		return "", "", nil
	}
	conversation, err := s.store.Conversation(ctx, settings.ChatbotID, id)
	if err != nil {
		return "", "", err
	}
	d := begin(bot9.Moment{Now: bot9.At(time.Now())}, &conversation)
	event := catalog.Event(id, d.about(bot9.Message{ChatUser: bot9.SpeakerUser, Text: text}))
	if s.matches(settings.Handover.Rule, &bot9.Event{
		Type: event.Type, Data: event.Data, ChatbotID: settings.ChatbotID, ConversationID: id, Sequence: conversation.LastSequence + 1,
	}) {
		return reasonRule, byRule, nil
	}
	return "", "", nil
}

// handingOver decides what is said about a handover: outside the hours, when somebody is back.
func handingOver(settings *bot9.Answering, reason, by, text string, now time.Time) handover {
	language := phrase.For(settings.Language, text)
	if phrase.IsOpen(settings.Hours, now) {
		return handover{reason: reason, by: by, text: phrase.In(language).HandedOver}
	}
	return handover{reason: reason, by: by, text: phrase.Away(settings.Hours, now, language), leadForm: true}
}

// afterAnswer decides whether an answer hands over: because the bot or an action asked for it, or because too many
// questions in a row have stayed without an answer.
func afterAnswer(settings *bot9.Answering, question bot9.Message, history []bot9.Message, answer *bot9.Answer, now time.Time) handover {
	if answer.Handover != "" {
		return handingOver(settings, answer.Handover, byBot, question.Text, now)
	}
	most := settings.Handover.AfterNotFound
	if answer.Found || answer.Unsure() || answer.Silent || most == 0 || notFoundBefore(history)+1 < most {
		return handover{}
	}
	h := handingOver(settings, reasonNotFound, byRule, question.Text, now)
	texts := phrase.In(phrase.For(settings.Language, question.Text))
	if most == 1 {
		h.text = texts.NoAnswer + " " + h.text
	} else {
		h.text = texts.NotFoundTwice + " " + h.text
	}
	return h
}

// notFoundBefore counts the replies without an answer that came last. Asking back counts as neither.
func notFoundBefore(history []bot9.Message) (count int) {
	for _, m := range slices.Backward(history) {
		switch {
		case m.ChatUser == bot9.SpeakerUser:
		case m.ChatUser != bot9.SpeakerBot, m.Answer == nil, m.Answer.Found:
			return count
		case len(m.Suggestions) > 0:
		default:
			count++
		}
	}
	return count
}
