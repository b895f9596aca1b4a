package api

import (
	"context"
	"errors"

	"github.com/bot9/bot9/internal/bot9"
)

// rules of the world: instructions and actions, by chatbot.
type fakeRules struct {
	instructions []bot9.Instruction
	categories   []bot9.InstructionCategory
	actions      []bot9.CustomAction
}

func (w *world) Instructions(_ context.Context, chatbot bot9.ChatbotID) ([]bot9.Instruction, error) {
	return filtered(w.rules.instructions, func(i bot9.Instruction) bool { return i.ChatbotID == chatbot }), nil
}

func (w *world) Instruction(_ context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID) (bot9.Instruction, error) {
	return first(w.rules.instructions, func(i bot9.Instruction) bool { return i.ID == id && i.ChatbotID == chatbot })
}

func (w *world) CreateInstruction(ctx context.Context, i bot9.Instruction) (bot9.Instruction, error) {
	i.ID, i.Version = bot9.InstructionID(w.id()), 1
	w.rules.instructions = append(w.rules.instructions, i)
	return i, w.write(ctx, &i)
}

func (w *world) ChangeInstruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID, change func(*bot9.Instruction) error) (bot9.Instruction, error) {
	i, err := w.Instruction(ctx, chatbot, id)
	if err = errors.Join(err, expected(ctx, i)); err != nil {
		return i, err
	}
	if err := change(&i); err != nil {
		return i, err
	}
	i.Version++
	for at := range w.rules.instructions {
		if w.rules.instructions[at].ID == id {
			w.rules.instructions[at] = i
		}
	}
	return i, w.write(ctx, &i)
}

func (w *world) DeleteInstruction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.InstructionID) error {
	i, err := w.Instruction(ctx, chatbot, id)
	if err = errors.Join(err, expected(ctx, i)); err != nil {
		return err
	}
	w.rules.instructions = filtered(w.rules.instructions, func(i bot9.Instruction) bool { return i.ID != id })
	return nil
}

func (w *world) Categories(_ context.Context, chatbot bot9.ChatbotID) ([]bot9.InstructionCategory, error) {
	return filtered(w.rules.categories, func(c bot9.InstructionCategory) bool { return c.ChatbotID == chatbot }), nil
}

func (w *world) CreateCategory(ctx context.Context, c bot9.InstructionCategory) (bot9.InstructionCategory, error) {
	c.ID = bot9.CategoryID(w.id())
	w.rules.categories = append(w.rules.categories, c)
	return c, w.write(ctx, &c)
}

func (w *world) DeleteCategory(_ context.Context, _ bot9.ChatbotID, id bot9.CategoryID) error {
	_, err := first(w.rules.categories, func(c bot9.InstructionCategory) bool { return c.ID == id })
	return err
}

func (w *world) Actions(_ context.Context, chatbot bot9.ChatbotID) ([]bot9.CustomAction, error) {
	return filtered(w.rules.actions, func(a bot9.CustomAction) bool { return a.ChatbotID == chatbot }), nil
}

func (w *world) Action(_ context.Context, chatbot bot9.ChatbotID, id bot9.ActionID) (bot9.CustomAction, error) {
	return first(w.rules.actions, func(a bot9.CustomAction) bool { return a.ID == id && a.ChatbotID == chatbot })
}

func (w *world) CreateAction(ctx context.Context, a bot9.CustomAction) (bot9.CustomAction, error) {
	a.ID, a.Version = bot9.ActionID(w.id()), 1
	w.rules.actions = append(w.rules.actions, a)
	return a, w.write(ctx, &a)
}

func (w *world) ChangeAction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID, change func(*bot9.CustomAction) error) (bot9.CustomAction, error) {
	a, err := w.Action(ctx, chatbot, id)
	if err = errors.Join(err, expected(ctx, a)); err != nil {
		return a, err
	}
	if err := change(&a); err != nil {
		return a, err
	}
	a.Version++
	for at := range w.rules.actions {
		if w.rules.actions[at].ID == id {
			w.rules.actions[at] = a
		}
	}
	return a, w.write(ctx, &a)
}

func (w *world) DeleteAction(ctx context.Context, chatbot bot9.ChatbotID, id bot9.ActionID) error {
	a, err := w.Action(ctx, chatbot, id)
	if err = errors.Join(err, expected(ctx, a)); err != nil {
		return err
	}
	w.rules.actions = filtered(w.rules.actions, func(a bot9.CustomAction) bool { return a.ID != id })
	return nil
}

// Answer repeats the question, and fails as a model's server does if the question says so.
func (w *world) Answer(_ context.Context, settings *bot9.Answering, q bot9.Question, _ bot9.AnswerStream) (bot9.Answer, error) {
	if q.Text == "stall" {
		return bot9.Answer{Text: "Sorry."}, errors.New("the model did not answer within 30 seconds")
	}
	return bot9.Answer{
		Text: q.Text + ", after " + settings.Instructions, Found: true, Usage: &bot9.Usage{InputTokens: 7, Model: "m"},
		Prompt: []bot9.PromptMessage{{Role: "user", Content: q.History[0].Text}}, Sources: []bot9.Source{{Title: "Delivery"}},
	}, nil
}

func (w *world) TryAction(_ context.Context, a *bot9.CustomAction, arguments map[string]any, _ map[string]string) (bot9.ActionRun, string, error) {
	if len(arguments) == 0 {
		return bot9.ActionRun{}, "", bot9.InvalidField("invalidArguments", "body.arguments", "The arguments don't fit.")
	}
	return bot9.ActionRun{Name: a.Name, OK: true, Status: 200, Request: bot9.ActionRequest{Method: a.Meta.Method, URL: "https://shop.example/orders/A-17"}}, "shipped", nil
}

func (w *world) RawChats(_ context.Context, chatbot bot9.ChatbotID, since, until bot9.Time, _, _ int) ([]bot9.Conversation, []bot9.Message, error) {
	began := filtered(w.conversations, func(c bot9.Conversation) bool {
		return c.ChatbotID == chatbot && since <= c.CreatedAt && c.CreatedAt < until
	})
	return began, filtered(w.messages, func(m bot9.Message) bool {
		_, err := first(began, func(c bot9.Conversation) bool { return c.ID == m.ConversationID })
		return err == nil
	}), nil
}
