package client_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"

	"github.com/bot9/bot9/client"
)

// Answer end users with a bot of your own: follow what they say, and append what you have to say.
func ExampleClient_Follow() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	bot9, err := client.New(client.Options{URL: os.Getenv("BOT9_URL"), Key: os.Getenv("BOT9_API_KEY")})
	if err != nil {
		log.Fatal(err)
	}
	err = bot9.Follow(ctx, client.FollowOptions{Events: []string{"messageReceived"}}, func(event client.Event) error {
		reply := client.NewMessage{ChatUser: "bot", Message: fmt.Sprintf("That was number %d.", event.Sequence)}
		_, err := bot9.AppendMessage(ctx, event.ConversationID, reply)
		return err
	})
	log.Print(err)
}
