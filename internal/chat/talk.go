package chat

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

// engineFailed is what messageFailed and the caller are told; the log knows more.
const engineFailed = "The answering engine failed"

// errSilent is an engine's breach of its promise to say something.
var errSilent = errors.New("the engine's answer is empty")

// Chat stores an end user's message and has the bot answer it. The bot is silent while a human
// answers, and drops its answer if the conversation was taken over or closed meanwhile. A user
// who asks for a human gets one: the conversation then needs review.
//
// onDelta, if not nil, is called with the stored reply word by word. Once the message is stored
// the reply is made and stored even if ctx is done. It fails with Conflict "conversationClosed",
// or with Unavailable "answeringFailed" if the engine does; then the message stays stored.
func (s *Service) Chat(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, text string, onDelta func(string)) (bot9.Reply, error) {
	var check checker
	if check.required("body.message", text, maxMessage); check.err() != nil {
		return bot9.Reply{}, check.err()
	}
	reply, err := s.talk(ctx, chatbot, id, text)
	if err == nil && onDelta != nil {
		for word := range wordByWord(reply.Text) {
			onDelta(word)
		}
	}
	return reply, err
}

func (s *Service) talk(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, text string) (bot9.Reply, error) {
	var recent []bot9.Message
	wishes := wishesHuman(text)
	if wishes {
		var err error
		if recent, err = s.store.RecentMessages(ctx, id, recentCount); err != nil {
			return bot9.Reply{}, err
		}
	}
	bot9.MapAnswer(ctx, func(c bot9.Changed) bot9.Reply { return c.Change.Reply })
	_, change, err := s.store.ChangeConversation(ctx, chatbot, id, receive(text, wishes, recent))
	if err != nil || change.Owes == nil {
		return change.Reply, err
	}
	return s.answer(context.WithoutCancel(ctx), chatbot, *change.Owes)
}

// answer asks the engine and stores what it says.
func (s *Service) answer(ctx context.Context, chatbot bot9.ChatbotID, question bot9.Message) (bot9.Reply, error) {
	answer, err := s.ask(ctx, chatbot, question)
	if err != nil {
		s.log.ErrorContext(ctx, "answering failed", "chatbot", chatbot.String(), "conversation", question.ConversationID.String(),
			"message", question.ID.String(), "error", err)
		if err := s.giveUp(ctx, chatbot, question); err != nil && bot9.CodeOf(err) != codeNotOwed {
			return bot9.Reply{}, err
		}
		return bot9.Reply{}, answeringFailed()
	}
	_, change, err := s.store.ChangeConversation(ctx, chatbot, question.ConversationID, respond(question, answer))
	if bot9.CodeOf(err) == codeNotOwed { // it took so long that it was given up
		return bot9.Reply{}, answeringFailed()
	}
	return change.Reply, err
}

func answeringFailed() error {
	return bot9.Errorf(bot9.Unavailable, "answeringFailed", "%s; the message is stored.", engineFailed)
}

// ask asks the engine, telling it what was said before the question.
func (s *Service) ask(ctx context.Context, chatbot bot9.ChatbotID, question bot9.Message) (bot9.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	recent, err := s.store.RecentMessages(ctx, question.ConversationID, historyLength+1)
	if err != nil {
		return bot9.Answer{}, err
	}
	history := recent[:0]
	for _, m := range recent {
		if m.ID < question.ID {
			history = append(history, m)
		}
	}
	answer, err := s.engine.Answer(ctx, chatbot, history, question.Text)
	if err == nil && strings.TrimSpace(answer.Text) == "" {
		err = errSilent
	}
	return answer, err
}

// receive stores an end user's message; one that asks the bot for a human is handed over.
func receive(text string, wishesHuman bool, recent []bot9.Message) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		if err := refuseIfClosed(c); err != nil {
			return bot9.Change{}, err
		}
		d := begin(moment, c)
		received := d.say(bot9.Message{ChatUser: bot9.SpeakerUser, Text: text})
		d.tell(d.about(received))
		if wishesHuman && c.Status == bot9.StatusActive {
			d.setStatus(bot9.StatusNeedsReview, byUser, reasonUserAsked)
			d.requestHandover(reasonUserAsked, byUser, slices.Concat(recent, []bot9.Message{received}))
			said := d.say(bot9.Message{ChatUser: bot9.SpeakerBot, Text: handoverReply, InReplyTo: received.ID})
			d.tellSent(said)
			d.reply(received, said)
			return d.change, d.err
		}
		d.reply(received, bot9.Message{})
		if c.Status == bot9.StatusActive {
			d.change.Owes = &received
		}
		return d.change, nil
	}
}

// respond stores the bot's answer, unless it is no longer the bot's turn.
func respond(question bot9.Message, answer bot9.Answer) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		d.change.Settles = question.ID
		if c.Status != bot9.StatusActive {
			d.reply(question, bot9.Message{})
			return d.change, nil
		}
		if !answer.Found && !answer.Unsure() {
			d.tell(catalog.AnswerNotFoundData{MessageData: d.about(question), TopScore: answer.TopScore})
		}
		said := bot9.Message{ChatUser: bot9.SpeakerBot, Text: answer.Text, InReplyTo: question.ID, Sources: answer.Sources}
		if answer.Unsure() {
			said.Suggestions = answer.Suggestions
		}
		said = d.say(said)
		d.tellSent(said)
		d.reply(question, said)
		reply := &d.change.Reply
		reply.Found, reply.TopScore, reply.Passages = answer.Found, answer.TopScore, answer.Passages
		reply.Sources, reply.Suggestions = said.Sources, said.Suggestions
		return d.change, nil
	}
}

// reply is what the end user is told: what was said, if anything was.
func (d *decision) reply(question, said bot9.Message) {
	d.change.Reply = bot9.Reply{
		MessageID: question.ID, Status: d.conversation.Status,
		Text: said.Text, ReplyID: said.ID, Answered: said.ID != 0,
	}
}

// fail tells that nothing could be answered.
func fail(question bot9.Message) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		d.change.Settles = question.ID
		d.tell(catalog.MessageFailedData{MessageData: d.about(question), Error: engineFailed})
		return d.change, nil
	}
}

// wordByWord cuts a text after the white space that follows each word, and where a word is very
// long, as in scripts that put no spaces. The pieces add up to the text.
func wordByWord(text string) iter.Seq[string] {
	const longest = 24 // characters
	return func(yield func(string) bool) {
		start, length, inSpace := 0, 0, false
		for at, r := range text {
			space := unicode.IsSpace(r)
			if inSpace && !space || length == longest {
				if !yield(text[start:at]) {
					return
				}
				start, length = at, 0
			}
			inSpace = space
			length++
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}
