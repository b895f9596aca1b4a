package bot9hooks_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	bot9hooks "github.com/bot9/bot9/sdk/go"
)

const (
	secret    = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = secret
	oldSecret = "whsec_b2xkIHNlY3JldCBvZiB0aGUgZXhhbXBsZQ=="
)

var messageBody = []byte(`{"event":"messageReceived","data":{"message":"Hello","sender":"user123",` +
	`"chatbotId":"bot_1","messageId":"msg_1","senderType":"user","source":"api"},"id":"evt_1",` +
	`"createdAt":"2026-11-22T19:00:00.123Z","apiVersion":"1","conversationId":"conv_1","sequence":5}`)

func verify(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || bot9hooks.Verify(body, r.Header, secret) != nil {
		w.WriteHeader(http.StatusUnauthorized)
	}
}

// deliver sends a body, signed, and returns the answer.
func deliver(handler http.Handler, body []byte) string {
	header, err := bot9hooks.Sign(body, "evt_1", time.Now(), secret)
	if err != nil {
		log.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "/bot9", bytes.NewReader(body))
	request.Header = header
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return fmt.Sprint(recorder.Code, " ", strings.TrimSpace(recorder.Body.String()))
}

func ExampleVerify() {
	fmt.Println(deliver(http.HandlerFunc(verify), messageBody))
	// Output: 200
}

func ExampleHandler() {
	handler, err := bot9hooks.NewHandler(bot9hooks.Options{Secrets: []string{secret}})
	if err != nil {
		log.Fatal(err)
	}
	bot9hooks.On(handler, func(ctx context.Context, event bot9hooks.Event, data bot9hooks.MessageReceivedData) error {
		fmt.Println(event.ConversationID, data.Sender, "says", data.Message)
		return nil
	})
	handler.OnEvent("custom.orderShipped", func(ctx context.Context, event bot9hooks.Event) error {
		fmt.Printf("shipped: %s\n", event.Data)
		return nil
	})
	handler.OnOther(func(ctx context.Context, event bot9hooks.Event) error {
		fmt.Println("also", event.Type)
		return nil
	})
	http.Handle("POST /bot9", handler)

	fmt.Println(deliver(http.DefaultServeMux, messageBody))
	fmt.Println(deliver(http.DefaultServeMux, messageBody))
	// Output:
	// conv_1 user123 says Hello
	// 200 {"code":"handled"}
	// 200 {"code":"duplicate"}
}

func ExampleOptions() {
	var options bot9hooks.Options
	options.OnSequenceProblem = func(ctx context.Context, problem bot9hooks.SequenceProblem, event bot9hooks.Event) error {
		fmt.Println(problem.Kind, "in", problem.ConversationID, "after", problem.Last, "came", problem.Sequence)
		return nil // an error would have the event sent again later
	}
	options.Secrets = []string{newSecret, oldSecret}

	sequences := bot9hooks.NewMemorySequences(0)
	if err := sequences.Advance(context.Background(), "conv_1", 2); err != nil {
		log.Fatal(err)
	}
	options.Sequences = sequences
	handler, err := bot9hooks.NewHandler(options)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(deliver(handler, messageBody))
	// Output:
	// gap in conv_1 after 2 came 5
	// 200 {"code":"ignored"}
}

func ExampleSign() {
	body := messageBody
	header, err := bot9hooks.Sign(body, "evt_1", time.Now(), secret)
	fmt.Println(bot9hooks.Verify(body, header, oldSecret, newSecret), err)
	// Output: <nil> <nil>
}

// TestReadme keeps the README's code the one that is run above.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 5 {
		t.Fatalf("only %d blocks of code", len(blocks))
	}
	run := flatten(string(examples))
	for _, block := range blocks {
		if !strings.Contains(run, flatten(string(block[1]))) {
			t.Errorf("not in example_test.go:\n%s", block[1])
		}
	}
}

// flatten takes the indentation away.
func flatten(code string) string {
	lines := strings.Split(strings.TrimSpace(code), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
