package chat

import (
	"context"
	"errors"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// defaultSource is the source of a conversation that names none.
const defaultSource = "api"

// Start opens a conversation. Where ExternalSessionID and source are those of one that there is, it returns
// that one as it stands.
func (s *Service) Start(ctx context.Context, chatbot bot9.ChatbotID, in bot9.StartInput) (bot9.Conversation, error) {
	if err := checkStart(&in, "body"); err != nil {
		return bot9.Conversation{}, err
	}
	conversation, decide := opening(chatbot, &in)
	return s.store.StartConversation(ctx, conversation, decide)
}

// Post commits events that happened elsewhere, all or none, and returns their IDs in order. An event with a
// Session belongs to the conversation of that source and ExternalSessionID, which is begun if there is none.
// An error about one of the events is an ItemError.
func (s *Service) Post(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error) {
	named := false
	for i := range events {
		if events[i].Session == nil {
			continue
		}
		named = true
		err := checkSession(events[i].Session)
		if wrong, ok := errors.AsType[*bot9.Error](err); ok {
			return nil, &bot9.ItemError{Item: i, Err: wrong}
		}
	}
	if !named {
		return s.store.AppendEvents(ctx, chatbot, events)
	}
	return s.store.AppendToSessions(ctx, chatbot, events, func(in *bot9.StartInput) (bot9.Conversation, decide) { return opening(chatbot, in) })
}

func checkSession(in *bot9.StartInput) error {
	if in.ExternalSessionID == "" {
		return bot9.InvalidField(codeValidation, "conversation.externalSessionId", "It names the conversation, so it can't be empty.")
	}
	return checkStart(in, "conversation")
}

// opening is the conversation that in asks for, and what its start tells.
func opening(chatbot bot9.ChatbotID, in *bot9.StartInput) (bot9.Conversation, decide) {
	return bot9.Conversation{
		ChatbotID:         chatbot,
		User:              bot9.EndUser{ExternalID: in.User.ExternalID},
		Status:            in.Status,
		Source:            in.Source,
		ExternalSessionID: in.ExternalSessionID,
	}, start(in.User.Details)
}

// checkStart completes and checks in. Locations in its error begin with at.
func checkStart(in *bot9.StartInput, at string) error {
	if in.Source == "" {
		in.Source = defaultSource
	}
	if in.Status == "" {
		in.Status = bot9.StatusActive
	}
	var c checker
	c.text(at+".source", in.Source, maxSource)
	if in.Status != bot9.StatusActive && in.Status != bot9.StatusNeedsReview {
		c.fault(at+".status", "must be active or needs_review")
	}
	c.text(at+".externalSessionId", in.ExternalSessionID, maxExternalID)
	c.text(at+".user.externalId", in.User.ExternalID, maxExternalID)
	c.user(at+".user", in.User.Details)
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
		if c.Status == bot9.StatusNeedsReview {
			c.Wait(moment.NextID())
			d.assignNext()
		}
		return d.change, d.err
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
