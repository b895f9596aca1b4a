package chat

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Review stores the end user's review of the conversation: a score from 1 to 5, and a comment
// that may be empty. A later review replaces an earlier one.
func (s *Service) Review(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, score int, comment string) (bot9.Conversation, error) {
	var c checker
	c.score("body.score", score)
	c.text("body.comment", comment, maxComment)
	if err := c.err(); err != nil {
		return bot9.Conversation{}, err
	}
	recent, err := s.store.RecentMessages(ctx, id, historyLength)
	if err != nil {
		return bot9.Conversation{}, err
	}
	lastSpeaker := lastOf(recent, bot9.SpeakerBot, bot9.SpeakerAgent).ChatUser
	bot9.MapAnswer(ctx, conversationOf)
	conversation, _, err := s.store.ChangeConversation(ctx, chatbot, id, review(score, comment, lastSpeaker))
	return conversation, err
}

func conversationOf(c bot9.Changed) bot9.Conversation { return c.Conversation }

// review decides a review; handledBy is who answered last, "" if nobody has.
func review(score int, comment string, handledBy bot9.Speaker) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		c.Score = score
		by := handledBy
		switch {
		case by != "":
		case c.AgentID != "":
			by = bot9.SpeakerAgent
		default:
			by = bot9.SpeakerBot
		}
		d.tell(catalog.CSATSubmittedData{ChatbotID: c.ChatbotID, Score: score, Comment: comment, HandledBy: by})
		return d.change, nil
	}
}

// Rate stores the end user's rating of one message, from 1 to 5. It fails with NotFound if the
// conversation has no such message.
func (s *Service) Rate(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, message bot9.MessageID, rating int) error {
	var c checker
	if c.score("body.rating", rating); c.err() != nil {
		return c.err()
	}
	if _, err := s.store.Message(ctx, chatbot, id, message); err != nil {
		return err
	}
	_, _, err := s.store.ChangeConversation(ctx, chatbot, id, rate(message, rating))
	return err
}

func rate(message bot9.MessageID, rating int) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		d.change.Rated = []bot9.MessageRating{{MessageID: message, Rating: rating}}
		d.tell(catalog.MessageRatedData{ChatbotID: c.ChatbotID, MessageID: message, Rating: rating})
		return d.change, nil
	}
}

// Lead stores contact details that the end user left.
func (s *Service) Lead(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, in bot9.LeadInput) (bot9.Conversation, error) {
	if err := checkLead(&in); err != nil {
		return bot9.Conversation{}, err
	}
	bot9.MapAnswer(ctx, conversationOf)
	conversation, _, err := s.store.ChangeConversation(ctx, chatbot, id, capture(in))
	return conversation, err
}

func checkLead(in *bot9.LeadInput) error {
	var c checker
	if in.Details == (bot9.Details{}) {
		c.fault("body", "must have a name, an emailId or a phone")
	}
	c.user("body", in.Details)
	if len(in.Fields) > maxFields {
		c.fault("body.fields", "must be at most "+strconv.Itoa(maxFields))
		return c.err()
	}
	for _, name := range slices.Sorted(maps.Keys(in.Fields)) {
		c.required("body.fields", name, maxFieldName)
		c.text("body.fields", in.Fields[name], maxFieldValue)
	}
	return c.err()
}

func capture(in bot9.LeadInput) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		changed := identify(&c.User, in.Details)
		fields := in.Fields
		if fields == nil {
			fields = map[string]string{}
		}
		d.tell(catalog.LeadCapturedData{
			ChatbotID: c.ChatbotID, Name: in.Name, EmailID: in.EmailID, Phone: in.Phone, Fields: fields,
		})
		d.tellIdentified(changed)
		return d.change, nil
	}
}
