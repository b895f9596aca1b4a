package bot9

import "time"

// Signal is what somebody in a conversation does at this moment: type, or look at it. Nobody keeps it: it is in no
// log and goes to no webhook.
type Signal struct {
	ChatbotID      ChatbotID      `json:"b"`
	ConversationID ConversationID `json:"c"`
	AgentID        string         `json:"a,omitempty"` // "" = the end user
	AgentName      string         `json:"n,omitempty"`
	Typing         bool           `json:"t,omitempty"`
	Gone           bool           `json:"g,omitempty"` // the agent looks elsewhere now
}

// How long a signal holds unless it is repeated.
const (
	TypingTime   = 6 * time.Second
	PresenceTime = 45 * time.Second
)

// PresentAgent is a member who has a conversation open.
type PresentAgent struct {
	ID     string `json:"id" doc:"The member" example:"mem_38g4k4jvm0001"`
	Name   string `json:"name" doc:"The member's name" example:"Grace Hopper"`
	Typing bool   `json:"typing" doc:"The member is writing at this moment"`
}

// Presence is who is in a conversation at this moment.
type Presence struct {
	ConversationID ConversationID `json:"conversationId" doc:"The conversation"`
	Agents         []PresentAgent `json:"agents" doc:"The members who have it open, by ID"`
	UserTyping     bool           `json:"userTyping" doc:"The end user is writing at this moment"`

	ChatbotID ChatbotID `json:"-"`
}

// AgentTyping returns the first agent who is writing, the zero one if nobody is: what the end user may see.
func (p Presence) AgentTyping() PresentAgent {
	for _, agent := range p.Agents {
		if agent.Typing {
			return agent
		}
	}
	return PresentAgent{}
}
