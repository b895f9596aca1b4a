// Command own-bot answers what end users say in Bot9's conversations: bring your own bot.
//
// It replies before it acknowledges the event. So a reply that fails is tried again, the next message
// of the same conversation comes only after it, and an idempotency key makes sure that a message
// gets one reply though its event may come twice.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	bot9hooks "github.com/bot9/bot9/sdk/go"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	api := &bot9{
		url: cmp.Or(os.Getenv("BOT9_URL"), "http://127.0.0.1:8420"), chatbot: os.Getenv("BOT9_CHATBOT_ID"), key: os.Getenv("BOT9_API_KEY"),
		http: &http.Client{Timeout: 5 * time.Second},
	}
	if api.chatbot == "" || api.key == "" {
		return errors.New("set BOT9_CHATBOT_ID and BOT9_API_KEY")
	}
	handler, err := bot9hooks.NewHandler(bot9hooks.Options{Secrets: []string{os.Getenv("BOT9_WEBHOOK_SECRET")}})
	if err != nil {
		return fmt.Errorf("BOT9_WEBHOOK_SECRET: %w", err)
	}
	bot9hooks.On(handler, api.answer)
	return serve(ctx, handler)
}

// answer says something to what an end user said, unless a human does.
func (b *bot9) answer(ctx context.Context, event bot9hooks.Event, said bot9hooks.MessageReceivedData) error {
	// What bots and agents say comes as messageSent, which this bot does not listen to. It never
	// answers itself, even if somebody gives it more events than it needs.
	if said.SenderType != "user" || event.ConversationID == "" {
		return nil
	}
	status, err := b.status(ctx, event.ConversationID)
	if err != nil {
		return gone(err)
	}
	if status != "active" { // a human answers, or nobody any more
		return nil
	}
	reply, handOver := think(said.Message)
	if err := b.say(ctx, event.ConversationID, said.MessageID, reply); err != nil {
		return gone(err)
	}
	if handOver {
		if err := b.handOver(ctx, event.ConversationID, "The user asked for a human"); err != nil {
			return gone(err)
		}
	}
	fmt.Printf("%s %3d  %q: %q\n", event.ConversationID, event.Sequence, said.Message, reply)
	return nil
}

// gone turns an answer that trying again won't change, such as that the conversation was closed
// meanwhile, into none. All other errors make the answer 500, and Bot9 sends the event again.
func gone(err error) error {
	var refused *refusal
	if errors.As(err, &refused) && (refused.status == http.StatusNotFound || refused.Code == "conversationClosed") {
		log.Print(err)
		return nil
	}
	return err
}

// serve listens on PORT of this machine until the program is told to end.
func serve(ctx context.Context, handler http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "3000"))
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ending)
}
