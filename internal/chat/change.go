package chat

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Change changes the status, the agent or the tags of a conversation, as the package's state
// machine says; an agent named while the bot answers takes over. by is who does it, in the words of events: a member's name, or "api".
func (s *Service) Change(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, by string, in bot9.ChangeInput) (bot9.Conversation, error) {
	if err := checkChange(&in); err != nil {
		return bot9.Conversation{}, err
	}
	if by == "" {
		by = byAPI
	}
	if in.Tags != nil {
		tags := withoutRepeats(*in.Tags)
		in.Tags = &tags
	}
	var recent []bot9.Message
	if in.Status != nil && *in.Status == bot9.StatusNeedsReview && in.AgentID == nil {
		var err error
		if recent, err = s.store.RecentMessages(ctx, id, recentCount); err != nil {
			return bot9.Conversation{}, err
		}
	}
	conversation, _, err := s.store.ChangeConversation(ctx, chatbot, id, apply(in, by, recent))
	s.silenceUnlessActive(conversation)
	return conversation, err
}

func checkChange(in *bot9.ChangeInput) error {
	var c checker
	if in.Status != nil {
		switch *in.Status {
		case bot9.StatusActive, bot9.StatusNeedsReview, bot9.StatusClosed:
		default:
			c.fault("body.status", "must be active, needs_review or closed")
		}
	}
	c.text("body.reason", in.Reason, maxReason)
	if in.AgentID != nil {
		c.required("body.agentId", *in.AgentID, maxExternalID)
	}
	if in.AgentName != nil {
		c.text("body.agentName", *in.AgentName, maxName)
		if in.AgentID == nil {
			c.fault("body.agentName", "needs an agentId")
		}
	}
	if in.AgentID != nil && in.Status != nil && *in.Status == bot9.StatusActive {
		c.fault("body.agentId", "does not go with the status active, in which the bot answers")
	}
	if in.Tags != nil {
		c.tags("body.tags", *in.Tags)
	}
	return c.err()
}

func (c *checker) tags(location string, tags []string) {
	if len(tags) > maxTags {
		c.fault(location, "must be at most "+strconv.Itoa(maxTags))
		return
	}
	for i, tag := range tags {
		c.required(location+"["+strconv.Itoa(i)+"]", tag, maxTag)
	}
}

// withoutRepeats trims tags and keeps the first of equal ones.
func withoutRepeats(tags []string) []string {
	kept := make([]string, 0, len(tags))
	for _, tag := range tags {
		if tag = strings.TrimSpace(tag); !slices.Contains(kept, tag) {
			kept = append(kept, tag)
		}
	}
	return kept
}

// apply decides a change; recent is what a human who is asked for gets to see.
func apply(in bot9.ChangeInput, by string, recent []bot9.Message) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		to := c.Status
		switch {
		case in.Status != nil:
			to = *in.Status
		case in.AgentID != nil && c.Status == bot9.StatusActive:
			to = bot9.StatusNeedsReview // who names an agent takes over
		}
		moved := to != c.Status
		if moved {
			d.setStatus(to, by, in.Reason)
		}
		if in.NoAgent {
			c.AgentID, c.AgentName = "", ""
			if c.Status == bot9.StatusNeedsReview { // back to the queue
				c.Wait(moment.NextID())
			}
		}
		if in.AgentID != nil {
			name := ""
			if in.AgentName != nil {
				name = *in.AgentName
			}
			d.assign(*in.AgentID, name)
			if !in.Delegated {
				c.StopWaiting()
			}
		}
		if moved && c.Status == bot9.StatusNeedsReview && c.AgentID == "" {
			reason := in.Reason
			if reason == "" {
				reason = reasonMarked
			}
			d.requestHandover(reason, by, recent)
		}
		if in.Tags != nil {
			d.setTags(*in.Tags)
		}
		return d.change, d.err
	}
}

// setStatus moves the conversation to another status and tells what that means, but for
// handoverRequested, since only the caller knows whether an agent takes over.
func (d *decision) setStatus(to bot9.ConversationStatus, by, reason string) {
	c := d.conversation
	from := c.Status
	c.Status = to
	if to == bot9.StatusActive {
		c.AgentID, c.AgentName = "", ""
	}
	if to == bot9.StatusNeedsReview {
		c.Wait(d.moment.NextID())
	} else {
		c.StopWaiting()
	}
	d.tell(catalog.ConversationStatusChangedData{ChatbotID: c.ChatbotID, From: from, To: to, By: by, Reason: reason})
	switch {
	case to == bot9.StatusClosed:
		d.tell(catalog.ConversationClosedData{ChatbotID: c.ChatbotID, ClosedBy: by, MessageCount: c.MessageCount})
	case from == bot9.StatusClosed:
		d.tell(catalog.ConversationReopenedData{ChatbotID: c.ChatbotID, By: by})
	case to == bot9.StatusActive:
		d.tell(catalog.ConversationReturnedToBotData{ChatbotID: c.ChatbotID, By: by})
	}
}

// setTags replaces the tags; another order alone is no change.
func (d *decision) setTags(tags []string) {
	c := d.conversation
	added, removed := missing(tags, c.Tags), missing(c.Tags, tags)
	if len(added)+len(removed) == 0 {
		return
	}
	c.Tags = tags
	d.tell(catalog.ConversationTaggedData{ChatbotID: c.ChatbotID, Tags: tags, Added: added, Removed: removed})
}

// missing returns what is in list but not in other; never nil.
func missing(list, other []string) []string {
	only := []string{}
	for _, item := range list {
		if !slices.Contains(other, item) {
			only = append(only, item)
		}
	}
	return only
}
