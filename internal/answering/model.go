package answering

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/phrase"
)

const (
	maxRounds       = 4 // of tools and answers
	passagesToModel = 6
)

// turn is the answering of one question by a model.
type turn struct {
	*Service
	settings *bot9.Answering
	q        bot9.Question
	stream   bot9.AnswerStream
	texts    phrase.Texts

	prompt   prompt
	passages []bot9.Passage
	sources  []bot9.Source // the same, as they are cited
	tools    toolbox
	results  []string // what actions returned
	usage    bot9.Usage
	runs     []bot9.ActionRun
}

// byModel has the chatbot's model answer.
func (s *Service) byModel(ctx context.Context, settings *bot9.Answering, q bot9.Question, stream bot9.AnswerStream) (bot9.Answer, error) {
	limited, cancel := context.WithTimeout(ctx, time.Duration(settings.Model.Timeout)*time.Second)
	defer cancel()
	t := &turn{Service: s, settings: settings, q: q, stream: stream, texts: phrase.In(languageOf(settings, &q))}
	t.usage.Model = settings.Model.Model
	answer, err := t.answer(limited)
	answer.Usage, answer.Actions, answer.Prompt, answer.Passages = &t.usage, t.runs, t.prompt.shown, t.passages
	if len(t.passages) > 0 {
		answer.TopScore = t.passages[0].Score
	}
	if t.usage.InputTokens+t.usage.OutputTokens > 0 {
		spent := s.Store.UseTokens(context.WithoutCancel(ctx), q.ChatbotID, q.ConversationID, t.usage.InputTokens, t.usage.OutputTokens)
		if spent != nil {
			s.Log.Warn("count the tokens of an answer", "chatbot", q.ChatbotID.String(), "error", spent)
		}
	}
	if err != nil {
		answer.Found, answer.Sources, answer.Text = false, nil, offering(settings, t.texts, t.texts.Trouble)
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("the model did not answer within %d seconds: %w", settings.Model.Timeout, err)
		}
	}
	return answer, err
}

func (t *turn) answer(ctx context.Context) (bot9.Answer, error) {
	leave, err := t.slots.enter(ctx, t.q.ChatbotID, t.settings.Model.MaxConcurrent)
	if err != nil {
		return bot9.Answer{}, err
	}
	defer leave()
	asked, consent := confirmable(t.q.History), phrase.Unclear
	if asked != nil {
		consent = phrase.ConsentOf(t.q.Text)
	}
	if consent == phrase.No {
		return bot9.Answer{Text: t.texts.Declined, Found: true}, nil
	}
	if err := t.prepare(ctx); err != nil {
		return bot9.Answer{}, err
	}
	if consent == phrase.Yes {
		if answer, done, err := t.confirmed(ctx, asked); done || err != nil {
			return answer, err
		}
	}
	return t.rounds(ctx)
}

// languageOf is the language that the bot says its own words in. A short message, such as "no", says little about it, so
// what was said before counts too.
func languageOf(settings *bot9.Answering, q *bot9.Question) phrase.Language {
	const enough = 4 // words
	text := q.Text
	for _, m := range slices.Backward(q.History) {
		if len(strings.Fields(text)) >= enough {
			break
		}
		if m.ChatUser == bot9.SpeakerUser {
			text = m.Text + " " + text
		}
	}
	return phrase.For(settings.Language, text)
}

// prepare reads what the model is told.
func (t *turn) prepare(ctx context.Context) error {
	instructions, err := t.Store.ActiveInstructions(ctx, t.q.ChatbotID)
	if err != nil {
		return err
	}
	actions, err := t.Store.ActiveActions(ctx, t.q.ChatbotID)
	if err != nil {
		return err
	}
	t.tools = newToolbox(actions, t.settings.Handover.Offer)
	search := t.q.Text
	if asksAgain(t.q.History) {
		again := rewriting(&t.q)
		rewritten, err := t.complete(ctx, &t.settings.Model, rewriteLimit, again.messages, &t.usage)
		t.prompt.shown = append(t.prompt.shown, again.shown...)
		switch rewritten = strings.TrimSpace(rewritten); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return err
		case rewritten != "" && len(rewritten) <= 2*toldLength:
			search = rewritten
		}
	}
	if err := t.retrieve(ctx, search); err != nil {
		return err
	}
	t.prompt.add("system", rules(t.settings, instructions, len(t.tools.byName) > 0))
	t.prompt.tell(t.q.History)
	t.prompt.add("user", question(t.sources, t.q.Text))
	return nil
}

// retrieve finds the passages that the model may cite.
func (t *turn) retrieve(ctx context.Context, text string) error {
	passages, err := t.Knowledge.Search(ctx, t.q.ChatbotID, text, passagesToModel)
	if err != nil {
		return err
	}
	t.passages = passages
	for _, p := range passages {
		text := p.Text
		if p.Heading != "" && !strings.Contains(text, p.Heading) {
			text = p.Heading + "\n" + text
		}
		t.sources = append(t.sources, bot9.Source{DocumentID: p.DocumentID, Title: p.Title, URL: p.URL, Passage: text, Score: p.Score})
	}
	return nil
}

// rounds asks the model until it answers rather than asks for a tool.
func (t *turn) rounds(ctx context.Context) (bot9.Answer, error) {
	if t.settings.Model.Strict && len(t.sources) == 0 && len(t.tools.byName) == 0 && !phrase.IsGreeting(t.q.Text) {
		return t.notFound(ctx) // there is nothing that it could answer from
	}
	for round := range maxRounds {
		w := t.writer()
		tools := t.tools.declared
		if round == maxRounds-1 {
			tools = nil // it has to say something now
		}
		done, err := t.Service.stream(ctx, &t.settings.Model, t.prompt.messages, tools, &t.usage, w.write)
		if err != nil && !errors.Is(err, errForeignCitation) {
			return bot9.Answer{}, err
		}
		if len(done.calls) > 0 && err == nil && tools != nil {
			answer, ended, err := t.call(ctx, done)
			if ended || err != nil {
				return answer, err
			}
			continue
		}
		return t.judge(ctx, w, done)
	}
	return bot9.Answer{}, errNoReply // the last round has no tools, so it returned
}

// mustCite tells whether an answer must cite a passage.
func (t *turn) mustCite() bool {
	if !t.settings.Model.Strict || phrase.IsGreeting(t.q.Text) {
		return false
	}
	for _, run := range t.runs {
		if run.OK {
			return false // then what the action returned is its source
		}
	}
	return true
}

func (t *turn) writer() *writer {
	texts, urls := append([]string{}, t.results...), []string{}
	for _, source := range t.sources {
		texts, urls = append(texts, source.Passage), append(urls, source.URL)
	}
	return &writer{passages: t.sources, links: knownLinks(texts, urls), strict: t.mustCite(), say: t.stream.Say}
}

// judge decides whether what the model wrote is an answer.
func (t *turn) judge(ctx context.Context, w *writer, done completion) (bot9.Answer, error) {
	text := w.finish()
	if w.foreign || text == "" || w.isNoAnswer() || done.finish == "content_filter" || w.strict && len(w.cited) == 0 {
		return t.notFound(ctx)
	}
	if done.finish == "length" {
		text += " …"
	}
	return bot9.Answer{Text: text, Found: true, Sources: w.sources()}, nil
}

// notFound says that there is no answer, or asks back if the built-in engine knows what may be meant.
func (t *turn) notFound(ctx context.Context) (bot9.Answer, error) {
	builtIn, err := t.Knowledge.Answer(ctx, t.q.ChatbotID, t.q.Text)
	if err == nil && builtIn.Unsure() {
		return bot9.Answer{Text: builtIn.Text, Suggestions: builtIn.Suggestions}, nil
	}
	return bot9.Answer{Text: noAnswerText(t.settings, t.q.Text)}, nil
}

// confirmable returns the action that the bot has just asked about, nil if it hasn't.
func confirmable(history []bot9.Message) *bot9.Confirm {
	if len(history) == 0 {
		return nil
	}
	last := history[len(history)-1]
	if last.ChatUser != bot9.SpeakerBot || last.Answer == nil {
		return nil
	}
	return last.Answer.Confirm
}

// confirmed executes what the end user has agreed to, and lets the model say what came of it. done is false if the action is
// gone: then the message is one like any other.
func (t *turn) confirmed(ctx context.Context, asked *bot9.Confirm) (answer bot9.Answer, done bool, err error) {
	tool, ok := t.tools.byName[ToolName(asked.Action)]
	if !ok || tool.action.ID != asked.ActionID || t.q.Trial {
		return bot9.Answer{}, false, nil
	}
	arguments, problem := tool.check(asked.Arguments)
	if problem != "" {
		return bot9.Answer{}, false, nil
	}
	result, err := t.run(ctx, tool, arguments)
	if err != nil {
		return bot9.Answer{}, true, err
	}
	if run := t.runs[len(t.runs)-1]; !run.OK {
		return bot9.Answer{Text: t.texts.ActionFailed}, true, nil
	}
	call := toolCall{id: "confirmed", name: ToolName(asked.Action), arguments: encode(asked.Arguments)}
	t.prompt.addCalls("", []toolCall{call})
	t.prompt.addResult(call.id, result)
	t.tools.declared = nil // what was agreed to is done, and nothing else
	answer, err = t.rounds(ctx)
	return answer, true, err
}

// call has the tools run that the model asked for. ended is true if their outcome is the answer.
func (t *turn) call(ctx context.Context, done completion) (answer bot9.Answer, ended bool, err error) {
	t.prompt.addCalls(done.text, done.calls)
	for _, call := range done.calls {
		result, answer, err := t.callOne(ctx, call)
		if err != nil || answer != nil {
			if answer == nil {
				answer = &bot9.Answer{}
			}
			return *answer, true, err
		}
		t.prompt.addResult(call.id, result)
	}
	return bot9.Answer{}, false, nil
}

// callOne runs one tool. What is wrong with a call is told to the model, which may do better in the next round.
func (t *turn) callOne(ctx context.Context, call toolCall) (result string, answer *bot9.Answer, err error) {
	if call.name == askHuman && t.tools.human {
		return "", &bot9.Answer{Text: t.texts.HandedOver, Found: true, Handover: "The bot handed over: " + reasonOf(call.arguments)}, nil
	}
	tool, ok := t.tools.byName[call.name]
	if !ok {
		return "Error: there is no such tool.", nil, nil
	}
	arguments, problem := tool.parse(call.arguments)
	if problem != "" {
		return "Error: " + problem, nil, nil
	}
	if tool.action.SideEffect {
		return "", t.ask(tool, arguments), nil
	}
	result, err = t.run(ctx, tool, arguments)
	return result, nil, err
}

// ask asks the end user to agree to an action. Its description is the owner's, not the model's.
func (t *turn) ask(tool *tool, arguments map[string]any) *bot9.Answer {
	text := strings.NewReplacer("{action}", tool.title(), "{arguments}", describeArguments(arguments)).Replace(t.texts.Confirm)
	return &bot9.Answer{
		Text: text, Found: true,
		Confirm: &bot9.Confirm{ActionID: tool.action.ID, Action: tool.action.Name, Arguments: arguments},
	}
}

// run executes an action, and tells of it.
func (t *turn) run(ctx context.Context, tool *tool, arguments map[string]any) (string, error) {
	run, result := t.Execute(ctx, &tool.action, arguments, variablesOf(&t.q))
	t.runs = append(t.runs, run)
	t.results = append(t.results, result)
	if err := t.stream.Ran(ctx, run); err != nil {
		return "", err
	}
	return result, ctx.Err()
}
