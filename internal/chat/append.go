package chat

import (
	"context"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// Append stores a message. An agent who speaks under a name of their own, where a human answers,
// takes the conversation over. It fails with Conflict "conversationClosed".
func (s *Service) Append(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, in bot9.AppendInput) (bot9.Message, error) {
	if err := checkAppend(&in); err != nil {
		return bot9.Message{}, err
	}
	if in.InReplyTo != 0 {
		if _, err := s.store.Message(ctx, chatbot, id, in.InReplyTo); bot9.KindOf(err) == bot9.NotFound {
			return bot9.Message{}, bot9.InvalidField(codeValidation, "body.inReplyTo", "It is not a message of this conversation.")
		} else if err != nil {
			return bot9.Message{}, err
		}
	} else if in.ChatUser != bot9.SpeakerUser {
		recent, err := s.store.RecentMessages(ctx, id, historyLength)
		if err != nil {
			return bot9.Message{}, err
		}
		in.InReplyTo = lastOf(recent, bot9.SpeakerUser).ID
	}
	bot9.MapAnswer(ctx, func(c bot9.Changed) bot9.Message { return c.Change.Messages[0] })
	_, change, err := s.store.ChangeConversation(ctx, chatbot, id, store(in))
	if err != nil {
		return bot9.Message{}, err
	}
	return change.Messages[0], nil
}

func checkAppend(in *bot9.AppendInput) error {
	var c checker
	switch in.ChatUser {
	case bot9.SpeakerUser, bot9.SpeakerBot, bot9.SpeakerAgent:
	default:
		c.fault("body.chatUser", "must be user, bot or humanagent")
	}
	if in.Message == "" && len(in.Attachments) > 0 {
		in.Message = in.Attachments[0].Name
	}
	c.required("body.message", in.Message, maxMessage)
	c.text("body.agentId", in.AgentID, maxExternalID)
	c.text("body.agentName", in.AgentName, maxName)
	if in.AgentID != "" && in.ChatUser != bot9.SpeakerAgent {
		c.fault("body.agentId", "is only for messages of a humanagent")
	}
	if in.AgentName != "" && in.AgentID == "" {
		c.fault("body.agentName", "needs an agentId")
	}
	return c.err()
}

// store stores a message as it was given.
func store(in bot9.AppendInput) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		if err := refuseIfClosed(c); err != nil {
			return bot9.Change{}, err
		}
		d := begin(moment, c)
		if in.ChatUser == bot9.SpeakerUser {
			d.tell(d.about(d.say(bot9.Message{ChatUser: in.ChatUser, Text: in.Message, Attachments: in.Attachments})))
			return d.change, nil
		}
		if in.AgentID != "" && c.Status == bot9.StatusNeedsReview {
			d.assign(in.AgentID, in.AgentName)
		}
		if in.ChatUser == bot9.SpeakerAgent {
			c.StopWaiting()
		}
		d.tellSent(d.say(bot9.Message{ChatUser: in.ChatUser, Text: in.Message, InReplyTo: in.InReplyTo, AgentID: in.AgentID, Attachments: in.Attachments}))
		return d.change, nil
	}
}

// assign makes the agent the one who answers. An empty name leaves the same agent's name as it is.
func (d *decision) assign(agentID, agentName string) {
	c := d.conversation
	if c.AgentID == agentID && (agentName == "" || c.AgentName == agentName) {
		return
	}
	c.AgentID, c.AgentName = agentID, agentName
	d.tell(catalog.AgentAssignedData{ChatbotID: c.ChatbotID, AgentID: agentID, AgentName: agentName})
}

// assignNext hands a conversation that asks for a human to the agent whose turn it is, where the chatbot has agents take
// turns. The end user waits on until the agent answers.
func (d *decision) assignNext() {
	if d.moment.NextAgent == nil || d.conversation.AgentID != "" {
		return
	}
	agent, err := d.moment.NextAgent()
	if err != nil {
		d.err = err
		return
	}
	if agent.ID != "" {
		d.assign(agent.ID, agent.Name)
	}
}

// lastOf returns the last message by one of the speakers, the zero message if there is none.
func lastOf(messages []bot9.Message, speakers ...bot9.Speaker) bot9.Message {
	for i := len(messages) - 1; i >= 0; i-- {
		for _, speaker := range speakers {
			if messages[i].ChatUser == speaker {
				return messages[i]
			}
		}
	}
	return bot9.Message{}
}
