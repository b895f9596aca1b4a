package app

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/receiver"
	"github.com/bot9/bot9/internal/webhook"
)

// Demo is what quickstart makes for a newcomer, and tells them. It is kept beside the database,
// readable by its owner only, since the secrets in it can't be read back from there: as JSON for
// the next start, and as quickstart.env for a shell.
type Demo struct {
	Email          string              `json:"email"`
	Password       string              `json:"password"`
	ChatbotID      bot9.ChatbotID      `json:"chatbotId"`
	SecretKey      string              `json:"secretKey"`
	ConversationID bot9.ConversationID `json:"conversationId"`
	WebhookID      bot9.WebhookID      `json:"webhookId"`
	WebhookSecret  string              `json:"webhookSecret"`
	ReceiverToken  string              `json:"receiverToken"`
}

const demoEmail = "demo@bot9.example"

//go:embed demo.md
var demoKnowledge string

// Quickstart makes the demo account, or finds the one that it made before, with the receiver that its
// webhook points to. It is called between New and Start.
func (a *App) Quickstart(ctx context.Context) (Demo, error) {
	path, ok := strings.CutPrefix(a.settings.DatabaseURL, "sqlite:")
	if !ok {
		return Demo{}, bot9.Errorf(bot9.Invalid, "quickstartNeedsSQLite", "quickstart works on the embedded database only. Use serve.")
	}
	folder := filepath.Dir(path)
	demo, err := a.findDemo(ctx, filepath.Join(folder, "quickstart.json"))
	if err != nil {
		return Demo{}, err
	}
	if err := a.keepReceiver(ctx, demo); err != nil {
		return Demo{}, err
	}
	return demo, os.WriteFile(filepath.Join(folder, "quickstart.env"), []byte(a.shellLines(demo)), 0o600)
}

// keepReceiver makes the receiver that the demo's webhook points to, unless it is there. It knows
// the secret that was printed and no other, as an integrator's own would.
func (a *App) keepReceiver(ctx context.Context, d Demo) error {
	_, err := a.store.ReceiverByToken(ctx, d.ReceiverToken)
	if bot9.KindOf(err) == bot9.NotFound {
		_, err = a.store.CreateReceiver(ctx, bot9.Receiver{
			ChatbotID: d.ChatbotID, Token: d.ReceiverToken,
			Secret: d.WebhookSecret, Description: "The receiver of quickstart",
		}, true)
	}
	return err
}

// shellLines is the demo as shell variables.
func (a *App) shellLines(d Demo) string {
	return fmt.Sprintf("export BOT9_URL=%s\nexport BOT9_CHATBOT_ID=%s\nexport BOT9_API_KEY=%s\nexport BOT9_CONVERSATION_ID=%s\n"+
		"export BOT9_WEBHOOK_ID=%s\nexport BOT9_WEBHOOK_SECRET=%s\nexport BOT9_RECEIVER=%s\n",
		a.baseURL, d.ChatbotID, d.SecretKey, d.ConversationID, d.WebhookID, d.WebhookSecret, a.ReceiverURL(d))
}

// ReceiverURL is where the demo's webhook points, and where a browser shows what arrived.
func (a *App) ReceiverURL(d Demo) string { return a.baseURL + webhook.ReceiverPath + d.ReceiverToken }

func (a *App) findDemo(ctx context.Context, path string) (demo Demo, err error) {
	kept, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return a.makeDemo(ctx, path)
	}
	if err != nil {
		return demo, fmt.Errorf("read the demo account: %w", err)
	}
	if err := json.Unmarshal(kept, &demo); err != nil {
		return demo, fmt.Errorf("read the demo account from %s: %w", path, err)
	}
	// The port may be another one than last time.
	_, err = a.store.ChangeWebhook(ctx, demo.ChatbotID, demo.WebhookID, func(w *bot9.Webhook) error {
		w.URL = a.ReceiverURL(demo)
		return nil
	})
	if bot9.KindOf(err) == bot9.NotFound { // its owner deleted it: that is fine
		err = nil
	}
	return demo, err
}

func (a *App) makeDemo(ctx context.Context, path string) (Demo, error) {
	demo := Demo{Email: demoEmail, Password: strings.ToLower(rand.Text()[:16]), ReceiverToken: receiver.NewToken(), WebhookSecret: webhook.NewSecret()}
	begun, err := a.auth.MakeAccount(ctx, demo.Email, demo.Password, "Demo", bot9.LoginFrom{})
	if bot9.CodeOf(err) == "invalidCredentials" {
		return demo, bot9.Errorf(bot9.Conflict, "demoExists", "The demo account exists, but %s is gone, and with it the password. "+
			"Remove the data folder to start over, or use serve.", path)
	}
	if err != nil {
		return demo, err
	}
	secret, key := a.auth.NewKey("quickstart")
	chatbot, _, err := a.store.CreateChatbot(ctx, begun.Member.AccountID, "Demo chatbot", key)
	if err != nil {
		return demo, err
	}
	demo.SecretKey, demo.ChatbotID = secret, chatbot.ID
	if _, err := a.store.CreateDocument(ctx, bot9.Document{ChatbotID: chatbot.ID, Title: "About Bot9", Text: demoKnowledge}); err != nil {
		return demo, err
	}
	w, err := a.store.CreateWebhook(ctx, bot9.Webhook{
		ChatbotID: chatbot.ID, AccountID: begun.Member.AccountID, URL: a.ReceiverURL(demo),
		Events: []string{bot9.AllEvents}, Description: "The receiver of quickstart", Ordering: bot9.OrderConversation,
		SetAsideAfter: bot9.DefaultSetAsideAfter, TimeoutSeconds: int(bot9.DefaultTimeout.Seconds()), Signatures: []string{"v1"},
		Status: bot9.WebhookEnabled, Secrets: []bot9.Secret{{Text: demo.WebhookSecret}},
	})
	if err != nil {
		return demo, err
	}
	demo.WebhookID = w.ID
	conversation, err := a.chat.Start(ctx, chatbot.ID, bot9.StartInput{
		Source: "quickstart", Status: bot9.StatusActive,
		User: bot9.StartUser{Details: bot9.Details{Name: "Ada"}, ExternalID: "ada"},
	})
	if err != nil {
		return demo, err
	}
	demo.ConversationID = conversation.ID
	kept, err := json.MarshalIndent(demo, "", "  ")
	if err != nil {
		return demo, err
	}
	return demo, os.WriteFile(path, append(kept, '\n'), 0o600)
}
