package answering

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/bot9/bot9/internal/bot9"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// modelServer speaks OpenAI's protocol as a test tells it to.
type modelServer struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []modelRequest
	answer func(n int, in modelRequest, out *modelWriter) // n counts the requests from 0
}

type modelRequest struct {
	Model    string `json:"model"`
	Stream   bool   `json:"stream"`
	Messages []struct {
		Role      string `json:"role"`
		Content   string `json:"content"`
		ToolCalls []struct {
			ID       string `json:"id"`
			Function struct{ Name, Arguments string }
		} `json:"tool_calls"`
		ToolCallID string `json:"tool_call_id"`
	} `json:"messages"`
	Tools []struct {
		Function struct {
			Name       string         `json:"name"`
			Parameters map[string]any `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
	MaxTokens int    `json:"max_tokens"`
	key       string // the Authorization header
}

// last is the content of the last message.
func (r *modelRequest) last() string { return r.Messages[len(r.Messages)-1].Content }

type modelWriter struct {
	http.ResponseWriter
	request *http.Request
}

func (w *modelWriter) send(chunk string) {
	_, _ = fmt.Fprintf(w, "data: %s\n\n", chunk)
	w.ResponseWriter.(http.Flusher).Flush()
}

func (w *modelWriter) delta(delta string, finish string) {
	reason := "null"
	if finish != "" {
		reason = `"` + finish + `"`
	}
	w.send(`{"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":` + delta + `,"finish_reason":` + reason + `}]}`)
}

// say streams a text in pieces of a few bytes, as models do, and ends with what it used.
func (w *modelWriter) say(text string) {
	w.Header().Set("Content-Type", "text/event-stream")
	for len(text) > 0 {
		n := min(len(text), 5)
		for n < len(text) && text[n]&0xC0 == 0x80 {
			n++
		}
		quoted, _ := json.Marshal(text[:n])
		w.delta(`{"content":`+string(quoted)+`}`, "")
		text = text[n:]
	}
	w.delta(`{}`, "stop")
	w.send(`{"id":"c","object":"chat.completion.chunk","model":"m","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":110}}`)
	w.send("[DONE]")
}

// call streams a tool call, its arguments in two parts.
func (w *modelWriter) call(name, arguments string) {
	w.Header().Set("Content-Type", "text/event-stream")
	first, _ := json.Marshal(arguments[:len(arguments)/2])
	rest, _ := json.Marshal(arguments[len(arguments)/2:])
	w.delta(`{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"`+name+`","arguments":`+string(first)+`}}]}`, "")
	w.delta(`{"tool_calls":[{"index":0,"function":{"arguments":`+string(rest)+`}}]}`, "tool_calls")
	w.send("[DONE]")
}

// whole answers a request that doesn't stream.
func (w *modelWriter) whole(text string) {
	quoted, _ := json.Marshal(text)
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id":"c","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":%s},"finish_reason":"stop"}],"usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25}}`, quoted)
}

func newModelServer(t *testing.T, answer func(n int, in modelRequest, out *modelWriter)) *modelServer {
	s := &modelServer{answer: answer}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/chat/completions" {
			http.NotFound(w, r)
			return
		}
		var in modelRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Errorf("the request is no JSON: %v", err)
		}
		in.key = r.Header.Get("Authorization")
		s.mu.Lock()
		n := len(s.asked)
		s.asked = append(s.asked, in)
		s.mu.Unlock()
		s.answer(n, in, &modelWriter{w, r})
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *modelServer) requests() []modelRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]modelRequest{}, s.asked...)
}

// desk is a service with a model's server, some knowledge and a store in memory.
type desk struct {
	*Service
	t        *testing.T
	settings bot9.Answering
	passages []bot9.Passage
	builtIn  bot9.Answer
	actions  []bot9.CustomAction
	rules    []bot9.Instruction
	searched []string

	mu       sync.Mutex
	used     map[int64]int64
	useFails error
	said     strings.Builder
	ran      []bot9.ActionRun
}

func newDesk(t *testing.T, server *modelServer) *desk {
	d := &desk{
		t: t, settings: bot9.DefaultAnswering(1), used: map[int64]int64{},
		passages: []bot9.Passage{
			{DocumentID: 2, Title: "Delivery", Text: "Delivery takes two working days.", Score: 0.9, URL: "https://shop.example/delivery"},
			{DocumentID: 3, Title: "Returns", Text: "Send it back within 30 days: https://shop.example/returns", Score: 0.6},
		},
		builtIn: bot9.Answer{Text: "the built-in engine's answer", Found: true},
	}
	d.settings.Engine = bot9.EngineModel
	d.settings.Model.BaseURL, d.settings.Model.Model, d.settings.Model.APIKey = server.URL+"/v1", "m", "sk-test"
	d.settings.Model.Timeout = 5
	client := server.Client()
	d.Service = New(Options{Store: d, Models: client, Actions: client})
	t.Cleanup(client.CloseIdleConnections)
	return d
}

func (d *desk) Answering(context.Context, bot9.ChatbotID) (bot9.Answering, error) {
	return d.settings, nil
}

func (d *desk) ActiveInstructions(context.Context, bot9.ChatbotID) ([]bot9.Instruction, error) {
	return d.rules, nil
}

func (d *desk) ActiveActions(context.Context, bot9.ChatbotID) ([]bot9.CustomAction, error) {
	return d.actions, nil
}

func (d *desk) TokensUsed(_ context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID) (int64, int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used[int64(chatbot)], d.used[int64(conversation)], nil
}

func (d *desk) UseTokens(_ context.Context, chatbot bot9.ChatbotID, conversation bot9.ConversationID, input, output int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used[int64(chatbot)] += input + output
	d.used[int64(conversation)] += input + output
	return d.useFails
}

// The knowledge.

type knowledgeOf struct{ *desk }

func (d *desk) Search(_ context.Context, _ bot9.ChatbotID, question string, limit int) ([]bot9.Passage, error) {
	d.searched = append(d.searched, question)
	return d.passages[:min(limit, len(d.passages))], nil
}

func (k knowledgeOf) Answer(context.Context, bot9.ChatbotID, string) (bot9.Answer, error) {
	return k.builtIn, nil
}

// ask asks a question of conversation 9.
func (d *desk) ask(text string, history ...bot9.Message) (bot9.Answer, error) {
	d.Knowledge = knowledgeOf{d}
	d.said.Reset()
	return d.Service.Answer(d.t.Context(), &d.settings, bot9.Question{
		ChatbotID: 1, ConversationID: 9, Text: text, History: history, User: bot9.EndUser{ExternalID: "user123"},
	}, bot9.AnswerStream{
		Say: func(text string) { d.said.WriteString(text) },
		Ran: func(_ context.Context, run bot9.ActionRun) error { d.ran = append(d.ran, run); return nil },
	})
}

func (d *desk) mustAsk(text string, history ...bot9.Message) bot9.Answer {
	d.t.Helper()
	answer, err := d.ask(text, history...)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer
}
