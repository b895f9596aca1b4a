package api

import (
	"context"
	"net/http"

	"github.com/bot9/bot9/internal/bot9"
)

// ChatbotStore keeps chatbots.
type ChatbotStore interface {
	CreateChatbot(ctx context.Context, account bot9.AccountID, name string, key bot9.NewKey) (bot9.Chatbot, bot9.Key, error)
	Chatbots(ctx context.Context, account bot9.AccountID) ([]bot9.Chatbot, error)
	Chatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID) (bot9.Chatbot, error)
	ChatbotName(ctx context.Context, id bot9.ChatbotID) (string, error)
	RenameChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID, name string) (bot9.Chatbot, error)
	DeleteChatbot(ctx context.Context, account bot9.AccountID, id bot9.ChatbotID) error
}

// ChatbotName is a chatbot in short.
type ChatbotName struct {
	ID   bot9.ChatbotID `json:"id" doc:"The chatbot"`
	Name string         `json:"name" doc:"What it is called" example:"Support"`
}

// ListedChatbot is a chatbot as existing Bot9 clients read it.
type ListedChatbot struct {
	ChatbotName
	URL string `json:"url" doc:"Its page in the dashboard, with the chatbot selected" example:"https://bot9.example.com/bot_38g4k4jvm0001/overview"`
}

// ChatbotInput is what a chatbot is called.
type ChatbotInput struct {
	Name string `json:"name" minLength:"1" maxLength:"100" doc:"What to call it" example:"Support"`
}

// NewChatbot is a chatbot with its first key.
type NewChatbot struct {
	bot9.Chatbot
	APIKey KeySecret `json:"apiKey" doc:"Its first secret key"`
}

// KeySecret is a key's secret, which is shown this once.
type KeySecret struct {
	ID     bot9.KeyID `json:"id" doc:"The key"`
	Secret string     `json:"secret" doc:"Shown once; only a hash is kept" example:"bot9_sk_5tTgWq0rB1o7c2WkVd3N8xYzA4hLmP9s"`
}

type chatbotInput struct{ Body ChatbotInput }

type renameChatbotInput struct {
	IfMatch
	Body ChatbotInput
}

const firstKeyName = "default"

func (s *server) registerChatbots() {
	const path, one = basePath + "chatbots", basePath + "chatbots/{chatbotId}"
	read := access{role: bot9.Viewer}
	create := operation(http.MethodPost, path, tagAccount, "createChatbot",
		"Create a chatbot", "With a first secret key, which is shown here only.")
	create.DefaultStatus = http.StatusCreated
	register(s, access{role: bot9.Admin, session: true, creates: true}, create, s.createChatbot)
	register(s, read, operation(http.MethodGet, path, tagAccount, "listChatbots",
		"List chatbots", "Oldest first. With a key: the key's chatbot."), s.listChatbots)
	register(s, access{role: bot9.Viewer, historic: true}, operation(http.MethodGet, basePath+"auth/chatbot/", tagAccount, "listChatbotNames",
		"List chatbots in short", "A bare array, as existing Bot9 clients read it."), s.listChatbotNames)
	register(s, read, operation(http.MethodGet, one, tagAccount, "getChatbot", "Get a chatbot", "Its name, and when it was created."), s.getChatbot)
	register(s, access{role: bot9.Developer}, operation(http.MethodPatch, one, tagAccount, "renameChatbot",
		"Rename a chatbot", "Its ID, keys and webhooks stay as they are."), s.renameChatbot)
	register(s, access{role: bot9.Admin, session: true}, operation(http.MethodDelete, one, tagAccount, "deleteChatbot",
		"Delete a chatbot", "With its keys, conversations, knowledge, events and webhooks. It can't be undone."), s.deleteChatbot)
}

func (s *server) createChatbot(ctx context.Context, c *caller, in *chatbotInput) (*output[NewChatbot], error) {
	secret, fresh := s.Auth.NewKey(firstKeyName)
	shown := func(made bot9.ChatbotWithKey) NewChatbot {
		return NewChatbot{Chatbot: made.Chatbot, APIKey: KeySecret{ID: made.Key.ID, Secret: secret}}
	}
	answering(ctx, shown)
	chatbot, key, err := s.Store.CreateChatbot(ctx, c.AccountID, in.Body.Name, fresh)
	return answer(shown(bot9.ChatbotWithKey{Chatbot: chatbot, Key: key}), err)
}

func (s *server) listChatbots(ctx context.Context, c *caller, in *PageQuery) (*output[bot9.List[bot9.Chatbot]], error) {
	all, err := s.chatbotsOf(ctx, c)
	return answerPart(ctx, in, all, func(one bot9.Chatbot) int64 { return int64(one.ID) }, err)
}

func (s *server) listChatbotNames(ctx context.Context, c *caller, _ *struct{}) (*output[[]ListedChatbot], error) {
	chatbots, err := s.chatbotsOf(ctx, c)
	names := make([]ListedChatbot, 0, len(chatbots))
	for _, chatbot := range chatbots {
		names = append(names, ListedChatbot{ChatbotName: ChatbotName{ID: chatbot.ID, Name: chatbot.Name}, URL: s.BaseURL + "/" + chatbot.ID.String() + "/overview"})
	}
	return answer(names, err)
}

// chatbotsOf lists what the caller may see: a person all of the account's, a key its own.
func (s *server) chatbotsOf(ctx context.Context, c *caller) ([]bot9.Chatbot, error) {
	if c.Member != nil {
		return s.Store.Chatbots(ctx, c.AccountID)
	}
	chatbot, err := s.Store.Chatbot(ctx, c.AccountID, c.ChatbotID)
	return []bot9.Chatbot{chatbot}, err
}

func (s *server) getChatbot(ctx context.Context, c *caller, _ *struct{}) (*editable[bot9.Chatbot], error) {
	chatbot, err := s.Store.Chatbot(ctx, c.AccountID, c.chatbot)
	return answerEditable(chatbot, chatbot, err)
}

func (s *server) renameChatbot(ctx context.Context, c *caller, in *renameChatbotInput) (*editable[bot9.Chatbot], error) {
	chatbot, err := s.Store.RenameChatbot(in.expect(ctx), c.AccountID, c.chatbot, in.Body.Name)
	return answerEditable(chatbot, chatbot, err)
}

func (s *server) deleteChatbot(ctx context.Context, c *caller, in *IfMatch) (*struct{}, error) {
	defer s.Auth.ForgetKeys()
	return nil, s.Store.DeleteChatbot(in.expect(ctx), c.AccountID, c.chatbot)
}
