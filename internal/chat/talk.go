package chat

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"
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
// onDelta, if not nil, is called with parts of the reply: as an engine that streams writes it, else word by word once it is
// stored. What the Reply says counts: a reply that was withdrawn while it was written is another one, or none. Once the
// message is stored the reply is made and stored even if ctx is done. It fails with Conflict "conversationClosed",
// or with Unavailable "answeringFailed" if the engine does; then the message stays stored.
func (s *Service) Chat(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, text string, onDelta func(string)) (bot9.Reply, error) {
	var check checker
	if check.required("body.message", text, maxMessage); check.err() != nil {
		return bot9.Reply{}, check.err()
	}
	streamed := false
	say := func(part string) {
		streamed = true
		if onDelta != nil {
			onDelta(part)
		}
	}
	reply, err := s.talk(ctx, chatbot, id, text, say)
	if err == nil && onDelta != nil && !streamed {
		for word := range wordByWord(reply.Text) {
			onDelta(word)
		}
	}
	return reply, err
}

func (s *Service) talk(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ConversationID, text string, say func(string)) (bot9.Reply, error) {
	settings, err := s.store.Answering(ctx, chatbot)
	if err != nil {
		return bot9.Reply{}, err
	}
	in, err := s.consider(ctx, &settings, id, text)
	if err != nil {
		return bot9.Reply{}, err
	}
	bot9.MapAnswer(ctx, func(c bot9.Changed) bot9.Reply { return c.Change.Reply })
	conversation, change, err := s.store.ChangeConversation(ctx, chatbot, id, receive(bot9.Message{Text: text}, in))
	if err != nil || change.Owes == nil {
		s.silenceUnlessActive(conversation)
		return change.Reply, err
	}
	return s.answerAs(context.WithoutCancel(ctx), &settings, *change.Owes, say)
}

// answerAs answers a question as the settings say; say takes parts of the answer.
func (s *Service) answerAs(ctx context.Context, settings *bot9.Answering, question bot9.Message, say func(string)) (bot9.Reply, error) {
	chatbot := settings.ChatbotID
	limited, page, end := s.writing.begin(ctx, question.ConversationID)
	defer end()
	if settings.Engine == bot9.EngineModel { // the others are done sooner than it would be looked
		go s.watch(limited, chatbot, question.ConversationID, page)
	}
	var replyID bot9.MessageID
	stream := bot9.AnswerStream{
		Say: func(part string) {
			if page.silenced.Load() {
				return
			}
			if replyID == 0 && s.delta != nil {
				id, err := s.newID(ctx)
				if err != nil { // then it is told when it is complete
					s.log.WarnContext(ctx, "name a reply before it is stored", "error", err)
				}
				replyID = bot9.MessageID(id)
			}
			if replyID != 0 {
				s.delta(chatbot, question.ConversationID, replyID, part)
			}
			say(part)
		},
		Ran: func(ctx context.Context, run bot9.ActionRun) error { return s.tellAction(ctx, chatbot, question, run) },
	}
	history, answer, err := s.ask(limited, settings, question, stream)
	decision := settleSilenced(question)
	if !page.silenced.Load() {
		if err != nil {
			return bot9.Reply{}, s.failed(ctx, chatbot, question, answer.Text, err)
		}
		h := afterAnswer(settings, question, history, &answer, time.Now())
		h.recent = slices.Concat(history, []bot9.Message{question})
		decision = respond(question, answer, replyID, h)
	}
	_, change, err := s.store.ChangeConversation(ctx, chatbot, question.ConversationID, decision)
	if bot9.CodeOf(err) == codeNotOwed { // it took so long that it was given up
		return bot9.Reply{}, answeringFailed()
	}
	return change.Reply, err
}

// failed tells that a question has no answer, and what the end user is told instead, if anything.
func (s *Service) failed(ctx context.Context, chatbot bot9.ChatbotID, question bot9.Message, instead string, err error) error {
	s.log.ErrorContext(ctx, "answering failed", "chatbot", chatbot.String(), "conversation", question.ConversationID.String(),
		"message", question.ID.String(), "error", err)
	if err := s.giveUp(ctx, chatbot, question, instead); err != nil && bot9.CodeOf(err) != codeNotOwed {
		return err
	}
	return answeringFailed()
}

func answeringFailed() error {
	return bot9.Errorf(bot9.Unavailable, "answeringFailed", "%s; the message is stored.", engineFailed)
}

// ask asks the engine, telling it what was said before the question.
func (s *Service) ask(ctx context.Context, settings *bot9.Answering, question bot9.Message, stream bot9.AnswerStream) (history []bot9.Message, answer bot9.Answer, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	recent, err := s.store.RecentMessages(ctx, question.ConversationID, historyLength+1)
	if err != nil {
		return nil, bot9.Answer{}, err
	}
	history = recent[:0]
	for _, m := range recent {
		if m.ID < question.ID {
			history = append(history, m)
		}
	}
	q := bot9.Question{ChatbotID: settings.ChatbotID, ConversationID: question.ConversationID, Text: question.Text, History: history}
	if settings.Engine == bot9.EngineModel { // for its actions
		conversation, err := s.store.Conversation(ctx, settings.ChatbotID, question.ConversationID)
		if err != nil {
			return nil, bot9.Answer{}, err
		}
		q.User = conversation.User
	}
	answer, err = s.engine.Answer(ctx, settings, q, stream)
	if err == nil && !answer.Silent && strings.TrimSpace(answer.Text) == "" {
		answer.Text, err = "", errSilent
	}
	return history, answer, err
}

// tellAction tells of an action at once: whatever becomes of the answer, it was executed.
func (s *Service) tellAction(ctx context.Context, chatbot bot9.ChatbotID, question bot9.Message, run bot9.ActionRun) error {
	_, _, err := s.store.ChangeConversation(bot9.WithIdempotency(context.WithoutCancel(ctx), nil), chatbot, question.ConversationID, acted(question, run))
	return err
}

func acted(question bot9.Message, run bot9.ActionRun) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		data := catalog.ActionData{
			ChatbotID: c.ChatbotID, ActionID: run.ActionID, Name: run.Name, MessageID: question.ID, Milliseconds: run.Milliseconds,
			Request:  catalog.ActionRequest(run.Request),
			Response: catalog.ActionResponse{Status: run.Status, Body: run.Answer},
		}
		if run.OK {
			d.tell(catalog.ActionExecutedData{ActionData: data})
		} else {
			d.tell(catalog.ActionFailedData{ActionData: data, Error: run.Error})
		}
		return d.change, nil
	}
}

// receive stores an end user's message; one that asks the bot for a human is handed over.
func receive(said bot9.Message, in reception) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		if err := refuseIfClosed(c); err != nil {
			return bot9.Change{}, err
		}
		d := begin(moment, c)
		said.ChatUser = bot9.SpeakerUser
		received := d.say(said)
		d.tell(d.about(received))
		if in.handsOver.reason != "" && c.Status == bot9.StatusActive {
			h := in.handsOver // in stays as it is: the store may decide again
			h.recent = slices.Concat(h.recent, []bot9.Message{received})
			d.handOver(h)
			answer := bot9.Message{ChatUser: bot9.SpeakerBot, Text: h.text, InReplyTo: received.ID}
			if h.leadForm {
				answer.Answer = &bot9.AnswerDetails{Found: true, LeadForm: true}
			}
			answer = d.say(answer)
			d.tellSent(answer)
			d.reply(received, answer)
			d.change.Reply.Details = answer.Answer
			return d.change, d.err
		}
		d.reply(received, bot9.Message{})
		if c.Status == bot9.StatusActive && !in.silent {
			d.change.Owes = &received
		}
		return d.change, nil
	}
}

// handOver gives the conversation to a person.
func (d *decision) handOver(h handover) {
	d.setStatus(bot9.StatusNeedsReview, h.by, h.reason)
	d.requestHandover(h.reason, h.by, h.recent)
}

// respond stores the bot's answer, unless it is no longer the bot's turn. With a handover, a person goes on.
func respond(question bot9.Message, answer bot9.Answer, id bot9.MessageID, h handover) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		d.change.Settles = question.ID
		if c.Status != bot9.StatusActive || answer.Silent {
			d.reply(question, bot9.Message{})
			return d.change, nil
		}
		if !answer.Found && !answer.Unsure() {
			d.tell(catalog.AnswerNotFoundData{MessageData: d.about(question), TopScore: answer.TopScore})
		}
		text := answer.Text
		if h.reason != "" {
			text = h.text
			d.handOver(h)
		}
		details := &bot9.AnswerDetails{
			Found: answer.Found, Usage: answer.Usage, Actions: answer.Actions, Confirm: answer.Confirm, Fallback: answer.Fallback, LeadForm: h.leadForm,
		}
		said := bot9.Message{ID: id, ChatUser: bot9.SpeakerBot, Text: text, InReplyTo: question.ID, Sources: answer.Sources, Answer: details}
		if answer.Unsure() {
			said.Suggestions = answer.Suggestions
		}
		said = d.say(said)
		d.tellSent(said)
		d.reply(question, said)
		reply := &d.change.Reply
		reply.Found, reply.TopScore, reply.Passages = answer.Found, answer.TopScore, answer.Passages
		reply.Sources, reply.Suggestions, reply.Details = said.Sources, said.Suggestions, details
		return d.change, d.err
	}
}

// settleSilenced ends a question whose answer was silenced. Where the conversation is the bot's again by then, nobody has
// seen to the question.
func settleSilenced(question bot9.Message) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		if c.Status == bot9.StatusActive {
			return fail(question, "")(moment, c)
		}
		d := begin(moment, c)
		d.change.Settles = question.ID
		d.reply(question, bot9.Message{})
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

// fail tells that nothing could be answered, and says something instead, if anything, where it is the bot's turn.
func fail(question bot9.Message, instead string) decide {
	return func(moment bot9.Moment, c *bot9.Conversation) (bot9.Change, error) {
		d := begin(moment, c)
		d.change.Settles = question.ID
		d.tell(catalog.MessageFailedData{MessageData: d.about(question), Error: engineFailed})
		if instead != "" && c.Status == bot9.StatusActive {
			d.tellSent(d.say(bot9.Message{ChatUser: bot9.SpeakerBot, Text: instead, InReplyTo: question.ID}))
		}
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
