// Command log-to-file appends every event that Bot9 sends to a file, a line of JSON each.
//
// An event is on the disk before it is acknowledged, and the file itself tells which events it has,
// so that none is lost and none written twice, whatever is killed when.
package main

import (
	"cmp"
	"context"
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
	events, err := openEventLog(cmp.Or(os.Getenv("LOG_FILE"), "events.jsonl"))
	if err != nil {
		return err
	}
	defer events.Close()
	handler, err := bot9hooks.NewHandler(bot9hooks.Options{Secrets: []string{os.Getenv("BOT9_WEBHOOK_SECRET")}, Dedupe: events})
	if err != nil {
		return fmt.Errorf("BOT9_WEBHOOK_SECRET: %w", err)
	}
	handler.OnOther(func(_ context.Context, event bot9hooks.Event) error {
		if err := events.Append(event); err != nil {
			return err // the answer is 500, and Bot9 sends the event again
		}
		fmt.Printf("%-20s %3d  %s\n", cmp.Or(event.ConversationID, "-"), event.Sequence, event.Type)
		return nil
	})
	return serve(ctx, handler)
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
