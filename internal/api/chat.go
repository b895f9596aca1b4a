package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/bot9/bot9/internal/bot9"
)

// Chat holds conversations.
type Chat interface {
	Start(ctx context.Context, chatbot bot9.ChatbotID, in bot9.StartInput) (bot9.Conversation, error)
	// Post takes all events or none; an error about one of them is a bot9.ItemError.
	Post(ctx context.Context, chatbot bot9.ChatbotID, events []bot9.NewEvent) ([]bot9.EventID, error)
	// Chat stores a message and the bot's reply. It calls onDelta, unless nil, with the reply's parts.
	Chat(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, text string, onDelta func(string)) (bot9.Reply, error)
	Append(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, in bot9.AppendInput) (bot9.Message, error)
	Change(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, by string, in bot9.ChangeInput) (bot9.Conversation, error)
	Review(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, score int, comment string) (bot9.Conversation, error)
	Rate(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, message bot9.MessageID, rating int) error
	Lead(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, in bot9.LeadInput) (bot9.Conversation, error)

	// Say stores a visitor's message; the bot answers after that.
	Say(ctx context.Context, v bot9.Visitor, text, clientID string, attachments ...bot9.Attachment) (bot9.VisitorResult, error)
	LeadAsVisitor(ctx context.Context, v bot9.Visitor, in bot9.LeadInput) error
	AskForHuman(ctx context.Context, v bot9.Visitor, reason string) error
	IdentifyVisitor(ctx context.Context, v bot9.Visitor) error
	AdoptVisitor(ctx context.Context, anonymous, proven bot9.Visitor) error
}

// ChatMessage is what an end user says.
type ChatMessage struct {
	Message string `json:"message" minLength:"1" maxLength:"32768" doc:"What the end user says" example:"How long does delivery take?"`
}

// ChatReply is what the bot answered.
type ChatReply struct {
	Code           int                     `json:"code" doc:"Always 200, for existing Bot9 clients" example:"200"`
	Message        string                  `json:"message" doc:"The reply; empty while a human answers" example:"Delivery takes two working days."`
	ConversationID bot9.ConversationID     `json:"conversationId" doc:"The conversation"`
	MessageID      bot9.MessageID          `json:"messageId" doc:"Of the end user's message"`
	ReplyID        bot9.MessageID          `json:"replyId,omitzero" doc:"Of the reply; absent while a human answers"`
	Status         bot9.ConversationStatus `json:"status" enum:"active,needs_review,closed" doc:"Who answers next: active = the bot, needs_review = a human"`
	AnswerFound    bool                    `json:"answerFound" doc:"Whether the bot trusts its answer"`
	TopScore       float64                 `json:"topScore" doc:"The best passage's score, 0 to 1" example:"0.87"`
	Passages       []bot9.Passage          `json:"passages" doc:"What the answer was made from, best first"`

	Sources     []bot9.Source     `json:"sources" doc:"What the answer is taken from, best first; empty unless answerFound"`
	Suggestions []bot9.Suggestion `json:"suggestions" doc:"Where the bot is unsure, up to three documents that may have been meant: show them as choices, and send the title of the one chosen as the next message. Then answerFound is false, and no answerNotFound is emitted"`

	Usage    OrNull[bot9.Usage]   `json:"usage" doc:"What the reply took; null if nobody was asked"`
	Actions  []bot9.ActionRun     `json:"actions" doc:"Custom actions that were executed for it, in order"`
	Confirm  OrNull[bot9.Confirm] `json:"confirm" doc:"The action that the end user is asked to agree to, by answering yes; null if none"`
	Fallback string               `json:"fallback" doc:"Why the built-in engine answered in place of the model: tokensPerDay or tokensPerConversation is used up; empty if it didn't"`
	LeadForm bool                 `json:"leadForm" doc:"Whether to ask the end user for contact details: a person is wanted, and none is there at this hour"`
}

// ChatDelta is a part of a streamed reply.
type ChatDelta struct {
	Text string `json:"text" doc:"The next part of the reply" example:"Delivery takes "`
}

// MessageAppend is a message that is stored without asking the bot.
type MessageAppend struct {
	ChatUser  bot9.Speaker `json:"chatUser" enum:"user,bot,humanagent" doc:"Who says it"`
	Message   string       `json:"message" minLength:"1" maxLength:"32768" doc:"The text" example:"I am on it."`
	AgentID   string       `json:"agentId,omitempty" maxLength:"256" doc:"Which human, of a humanagent's message" example:"agent-7"`
	AgentName string       `json:"agentName,omitempty" maxLength:"200" doc:"That human's name, of a humanagent's message" example:"Grace Hopper"`

	InReplyTo *Ref[bot9.MessageID] `json:"inReplyTo,omitempty" doc:"Which message a bot or an agent answers; the end user's last one unless given"`

	Attachments []Ref[bot9.AttachmentID] `json:"attachments,omitempty" maxItems:"5" doc:"Files that were uploaded for the chatbot and not sent yet; then the message may be empty"`
}

type chatInput struct {
	ConversationPath
	Body ChatMessage
}

type chatOutput struct {
	Body func(huma.Context)
}

type appendInput struct {
	ConversationPath
	Body MessageAppend
}

func (s *server) registerChat() {
	const one = chatbotPath + "conversations/{conversationId}"
	creating := access{role: bot9.Developer, creates: true, historic: true}
	chat := operation(http.MethodPost, one+"/chat", tagConversations, "chat",
		"Say something to the bot", "Stores the end user's message and the bot's reply. With `Accept: text/event-stream` the reply "+
			"streams: `delta` events with parts of the text, then `done` with what the call answers otherwise, or `error` with a "+
			"problem. While a human answers (`needs_review`) the bot is silent: `message` is empty and there is no `replyId`. "+
			"A closed conversation answers 409.")
	describeChat(s.registry(), &chat)
	register(s, creating, chat, s.chat)
	add := operation(http.MethodPost, one+"/messages", tagConversations, "appendMessage",
		"Append a message", "Stores a message of the end user, of a bot of your own or of an agent, without asking the bot.")
	add.DefaultStatus = http.StatusCreated
	register(s, creating, add, s.appendMessage)
}

func (s *server) chat(ctx context.Context, c *caller, in *chatInput) (*chatOutput, error) {
	return &chatOutput{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		streams := strings.Contains(r.Header.Get("Accept"), "text/event-stream")
		answeringWith(ctx, func(reply bot9.Reply) (savedAnswer, error) { return savedReply(in.ConversationID.ID, &reply, streams) })
		if streams {
			s.chatStreaming(ctx, c, in, w, r)
			return
		}
		reply, err := s.Chat.Chat(ctx, c.chatbot, in.ConversationID.ID, in.Body.Message, nil)
		if err != nil {
			fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = jsonFormat.Marshal(w, chatReply(in.ConversationID.ID, &reply)) // an error means that the client is gone
	}}, nil
}

// chatStreaming begins the stream with the first part of the reply, so that what goes wrong before
// it is answered with its own status.
func (s *server) chatStreaming(ctx context.Context, c *caller, in *chatInput, w http.ResponseWriter, r *http.Request) {
	var out *eventWriter
	reply, err := s.Chat.Chat(ctx, c.chatbot, in.ConversationID.ID, in.Body.Message, func(text string) {
		if out == nil {
			out = newEventWriter(w)
		}
		_ = out.send("delta", ChatDelta{Text: text}) // a client that is gone can read the reply later
	})
	switch {
	case err != nil && out == nil:
		fail(w, r, err)
	case err != nil:
		out.fail(ctx, err)
		out.end()
	default:
		if out == nil {
			out = newEventWriter(w)
		}
		_ = out.send("done", chatReply(in.ConversationID.ID, &reply)) // an error means that the client is gone
		out.end()
	}
}

// savedReply is the answer that is kept; of a stream the reply is one part.
func savedReply(conversation bot9.ConversationID, reply *bot9.Reply, streams bool) (savedAnswer, error) {
	if !streams {
		return jsonAnswer(chatReply(conversation, reply))
	}
	var body []byte
	if reply.Text != "" {
		delta, err := encodeLine(ChatDelta{Text: reply.Text})
		if err != nil {
			return savedAnswer{}, err
		}
		body = appendServerSent(body, "", "delta", delta)
	}
	done, err := encodeLine(chatReply(conversation, reply))
	return savedAnswer{ContentType: "text/event-stream", Body: appendServerSent(body, "", "done", done)}, err
}

func chatReply(conversation bot9.ConversationID, reply *bot9.Reply) ChatReply {
	passages := nonNil(reply.Passages)
	for i := range passages {
		passages[i].Matched = nonNil(passages[i].Matched)
	}
	details := reply.Details
	if details == nil {
		details = &bot9.AnswerDetails{}
	}
	return ChatReply{
		Usage: OrNull[bot9.Usage]{details.Usage}, Actions: nonNil(details.Actions), Confirm: OrNull[bot9.Confirm]{details.Confirm}, Fallback: details.Fallback, LeadForm: details.LeadForm,
		Code: http.StatusOK, Message: reply.Text, ConversationID: conversation,
		MessageID: reply.MessageID, ReplyID: reply.ReplyID, Status: reply.Status,
		AnswerFound: reply.Found, TopScore: reply.TopScore, Passages: passages,
		Sources: nonNil(reply.Sources), Suggestions: nonNil(reply.Suggestions),
	}
}

func (s *server) appendMessage(ctx context.Context, c *caller, in *appendInput) (*output[bot9.Message], error) {
	message := bot9.AppendInput{
		ChatUser: in.Body.ChatUser, Message: in.Body.Message, AgentID: in.Body.AgentID, AgentName: in.Body.AgentName,
	}
	if in.Body.InReplyTo != nil {
		message.InReplyTo = in.Body.InReplyTo.ID
	}
	attachments, err := s.unsent(ctx, c.chatbot, []byte{}, in.Body.Attachments)
	if err != nil {
		return nil, err
	}
	message.Attachments = attachments
	return answer(s.Chat.Append(ctx, c.chatbot, in.ConversationID.ID, message))
}
