package bot9

// Details is what an end user may be known by. What is empty is not known, and changes nothing.
type Details struct {
	Name    string
	EmailID string
	Phone   string
}

// StartUser is the end user who starts a conversation.
type StartUser struct {
	Details
	ExternalID string // the integrator's own name for the end user; the same one is the same user
}

// StartInput is how a conversation starts.
type StartInput struct {
	Source            string             // "api" if empty
	Status            ConversationStatus // active if empty
	ExternalSessionID string
	User              StartUser
}

// AppendInput is a message that is stored without asking the bot: the end user's, an integrator's
// own bot's, or a human agent's.
type AppendInput struct {
	ChatUser  Speaker // user, bot or humanagent
	Message   string
	AgentID   string    // of a humanagent
	AgentName string    // of a humanagent
	InReplyTo MessageID // if zero, the last message of the user

	Attachments []Attachment
}

// ChangeInput is what is to change about a conversation; nil leaves as it is.
type ChangeInput struct {
	Status    *ConversationStatus
	Reason    string // why the status changes; may be empty
	AgentID   *string
	NoAgent   bool    // nobody has taken over any more; AgentID and AgentName are nil
	AgentName *string // with AgentID only
	Delegated bool    // somebody else chose the agent, who has yet to look at it: the end user waits on
	Tags      *[]string
}

// LeadInput is contact details that an end user left; at least one of Details is given.
type LeadInput struct {
	Details
	Fields map[string]string // what else the form asked for, by name
}

// Reply is what came of an end user's message.
type Reply struct {
	Text      string    // "" if the bot is silent
	MessageID MessageID // the end user's message
	ReplyID   MessageID // zero if the bot is silent
	Answered  bool      // whether the bot said something, be it that it has no answer
	Found     bool      // whether it had an answer
	TopScore  float64   // the best passage's score, 0 to 1
	Passages  []Passage // what the answer was made from
	Status    ConversationStatus

	Sources     []Source       // of the answer
	Suggestions []Suggestion   // what may have been meant, if the bot is unsure
	Details     *AnswerDetails // how the answer came about; nil if the bot said nothing of its own
}
