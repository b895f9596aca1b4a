package chat

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// defaultSource is the source of a conversation that names none.
const defaultSource = "api"

// Start opens a conversation.
func (s *Service) Start(ctx context.Context, chatbot bot9.ChatbotID, in bot9.StartInput) (bot9.Conversation, error) {
	if in.Source == "" {
		in.Source = defaultSource
	}
	if in.Status == "" {
		in.Status = bot9.StatusActive
	}
	if err := checkStart(&in); err != nil {
		return bot9.Conversation{}, err
	}
	return s.store.StartConversation(ctx, bot9.Conversation{
		ChatbotID:         chatbot,
		User:              bot9.EndUser{ExternalID: in.User.ExternalID},
		Status:            in.Status,
		Source:            in.Source,
		ExternalSessionID: in.ExternalSessionID,
	}, start(in.User.Details))
}

func checkStart(in *bot9.StartInput) error {
	var c checker
	c.text("body.source", in.Source, maxSource)
	if in.Status != bot9.StatusActive && in.Status != bot9.StatusNeedsReview {
		c.fault("body.status", "must be active or needs_review")
	}
	c.text("body.externalSessionId", in.ExternalSessionID, maxExternalID)
	c.text("body.user.externalId", in.User.ExternalID, maxExternalID)
	c.user("body.user", in.User.Details)
	return c.err()
}

// start tells of the conversation, and of what became known with it of an end user of old.
func start(details bot9.Details) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		changed := identify(&c.User, details)
		d.tell(catalog.ConversationStartedData{
			ChatbotID:         c.ChatbotID,
			User:              c.User,
			Source:            c.Source,
			ExternalSessionID: orNull(c.ExternalSessionID),
		})
		// An end user who is new is introduced by conversationStarted itself. IDs grow, so one who was
		// there before has a smaller one than the conversation.
		if int64(c.User.ID) < int64(c.ID) {
			d.tellIdentified(changed)
		}
		return d.change, nil
	}
}

// identify adds what became known of a user, and returns the names of the properties that changed.
func identify(user *bot9.EndUser, details bot9.Details) (changed []string) {
	for _, property := range []struct {
		name  string
		known *string
		given string
	}{
		{"name", &user.Name, details.Name},
		{"emailId", &user.EmailID, details.EmailID},
		{"phone", &user.Phone, details.Phone},
	} {
		if property.given != "" && property.given != *property.known {
			*property.known = property.given
			changed = append(changed, property.name)
		}
	}
	return changed
}

func (d *decision) tellIdentified(changed []string) {
	if len(changed) > 0 {
		d.tell(catalog.UserIdentifiedData{ChatbotID: d.conversation.ChatbotID, User: d.conversation.User, Changed: changed})
	}
}
