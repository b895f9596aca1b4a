// Command libraryreceiver is an integrator's program: it receives webhooks with the Go library, in
// a module of its own as theirs would be. Every fifth event fails the first time that it is handled.
// GET /state tells what happened.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	bot9hooks "github.com/bot9/bot9/sdk/go"
)

// state is what happened so far.
type state struct {
	mu       sync.Mutex
	Handled  map[string]int  // how often each event was handled to its end
	Received map[string]bool // messages, by their text
	Problems map[string]int  // of sequence, by kind
	failed   map[string]bool
	seen     int
}

func main() {
	s := &state{Handled: map[string]int{}, Received: map[string]bool{}, Problems: map[string]int{}, failed: map[string]bool{}}
	handler, err := bot9hooks.NewHandler(bot9hooks.Options{
		Secrets: []string{os.Args[1]},
		OnSequenceProblem: func(_ context.Context, problem bot9hooks.SequenceProblem, _ bot9hooks.Event) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.Problems[string(problem.Kind)]++
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	bot9hooks.On(handler, func(_ context.Context, event bot9hooks.Event, data bot9hooks.MessageReceivedData) error {
		return s.handle(event, data.Message)
	})
	handler.OnOther(func(_ context.Context, event bot9hooks.Event) error { return s.handle(event, "") })
	http.Handle("/hook", handler)
	http.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s) // the client may be gone
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(http.Serve(listener, nil))
}

func (s *state) handle(event bot9hooks.Event, message string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen++; s.seen%5 == 0 && !s.failed[event.ID] {
		s.failed[event.ID] = true
		return errors.New("not this time")
	}
	s.Handled[event.ID]++
	if message != "" {
		s.Received[message] = true
	}
	return nil
}
