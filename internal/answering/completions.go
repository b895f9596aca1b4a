package answering

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/shared"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	modelRetries   = 3                // after 429, 5xx and broken connections, with the client's backoff
	longestBackoff = 8 * time.Second  // longer is no use to somebody who waits for an answer
	maxModelBody   = 8 << 20          // bytes of one response
	maxModelText   = 64 << 10         // bytes of an answer
	maxToolCalls   = 8                // in one round
	maxArguments   = 16 << 10         // bytes of a call's arguments
	silence        = 20 * time.Second // without a byte in mid-stream, a server is taken for stalled
)

// Errors of a model's server.
var (
	errCutOff  = errors.New("the model's stream ended before the answer did")
	errStalled = errors.New("the model's server stopped in mid-stream")
	errTooLong = errors.New("the model's answer is longer than it was allowed to be")
	errNoReply = errors.New("the model's response has no choices")
)

// toolCall is a model's wish to have a tool run.
type toolCall struct{ id, name, arguments string }

// completion is one answer of a model.
type completion struct {
	text   string
	finish string
	calls  []toolCall
}

// completions returns the client of a chatbot's model. It takes nothing from the environment, where the keys of the
// machine's owner may stand.
func (s *Service) completions(m *bot9.ModelSettings) openai.ChatCompletionService {
	return openai.NewChatCompletionService(serverOptions(s.Models, m.BaseURL, m.APIKey)...)
}

func serverOptions(client *http.Client, baseURL, key string) []option.RequestOption {
	bounded := *client
	bounded.Transport = boundedTransport{client.Transport}
	options := []option.RequestOption{
		option.WithBaseURL(strings.TrimSuffix(baseURL, "/") + "/"), option.WithHTTPClient(&bounded),
		option.WithMaxRetries(modelRetries), option.WithMaxRetryDelay(longestBackoff),
	}
	if key != "" {
		options = append(options, option.WithAPIKey(key))
	}
	return options
}

// boundedTransport bounds what is read of a response.
type boundedTransport struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxModelBody), response.Body}
	}
	return response, err
}

// parameters are what every call of a model begins with.
func parameters(m *bot9.ModelSettings, maxTokens int, messages []openai.ChatCompletionMessageParamUnion) openai.ChatCompletionNewParams {
	p := openai.ChatCompletionNewParams{Messages: messages, Model: shared.ChatModel(m.Model)}
	if m.Temperature != nil {
		p.Temperature = param.NewOpt(*m.Temperature)
	}
	// OpenAI's newer models refuse the older name, which is the one that every other server knows.
	if strings.Contains(m.BaseURL, "://api.openai.com/") {
		p.MaxCompletionTokens = param.NewOpt(int64(maxTokens))
	} else {
		p.MaxTokens = param.NewOpt(int64(maxTokens))
	}
	return p
}

// complete asks for a short answer as a whole.
func (s *Service) complete(ctx context.Context, m *bot9.ModelSettings, maxTokens int, messages []openai.ChatCompletionMessageParamUnion, usage *bot9.Usage) (string, error) {
	client := s.completions(m)
	answer, err := client.New(ctx, parameters(m, maxTokens, messages))
	if err != nil {
		return "", describe(err)
	}
	if len(answer.Choices) == 0 {
		return "", errNoReply
	}
	text := withoutThoughts(answer.Choices[0].Message.Content)
	count(usage, answer.Usage, messages, text)
	return text, nil
}

// stream asks for an answer and hands its text on part by part.
func (s *Service) stream(ctx context.Context, m *bot9.ModelSettings, messages []openai.ChatCompletionMessageParamUnion, tools []openai.ChatCompletionToolUnionParam,
	usage *bot9.Usage, say func(string) error,
) (completion, error) {
	p := parameters(m, m.MaxTokens, messages)
	p.Tools = tools
	p.StreamOptions.IncludeUsage = param.NewOpt(true)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client := s.completions(m)
	chunks := client.NewStreaming(ctx, p)
	defer func() { _ = chunks.Close() }()
	watchdog := time.AfterFunc(silence, func() { cancel(errStalled) })
	defer watchdog.Stop()
	var done completion
	var text strings.Builder
	var used openai.CompletionUsage
	for chunks.Next() {
		watchdog.Reset(silence)
		chunk := chunks.Current()
		if chunk.Usage.TotalTokens > 0 {
			used = chunk.Usage
		}
		if len(chunk.Choices) == 0 {
			continue
		}
		choice := chunk.Choices[0]
		if choice.FinishReason != "" {
			done.finish = choice.FinishReason
		}
		text.WriteString(choice.Delta.Content)
		if text.Len() > maxModelText {
			return done, errTooLong
		}
		if err := done.addCalls(choice.Delta.ToolCalls); err != nil {
			return done, err
		}
		if choice.Delta.Content != "" {
			if err := say(choice.Delta.Content); err != nil {
				count(usage, used, messages, text.String())
				return done, err
			}
		}
	}
	done.text = text.String()
	count(usage, used, messages, done.text)
	if err := chunks.Err(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return done, cause
		}
		return done, describe(err)
	}
	if cause := context.Cause(ctx); cause != nil {
		return done, cause
	}
	if done.finish == "" {
		return done, errCutOff
	}
	return done, nil
}

// addCalls puts the parts of tool calls together.
func (c *completion) addCalls(parts []openai.ChatCompletionChunkChoiceDeltaToolCall) error {
	for _, part := range parts {
		if part.Index < 0 || part.Index >= maxToolCalls {
			return fmt.Errorf("the model asked for more than %d tools at once", maxToolCalls)
		}
		for len(c.calls) <= int(part.Index) {
			c.calls = append(c.calls, toolCall{})
		}
		call := &c.calls[part.Index]
		if part.ID != "" {
			call.id = part.ID
		}
		call.name += part.Function.Name
		call.arguments += part.Function.Arguments
		if len(call.arguments) > maxArguments || len(call.name) > maxArguments {
			return errors.New("the arguments of a tool call are too long")
		}
	}
	return nil
}

// count adds what a call used. A server that doesn't tell is estimated: a token has about four bytes.
func count(usage *bot9.Usage, used openai.CompletionUsage, messages []openai.ChatCompletionMessageParamUnion, text string) {
	if used.TotalTokens > 0 {
		usage.InputTokens += used.PromptTokens
		usage.OutputTokens += used.CompletionTokens
		return
	}
	const bytesPerToken = 4
	for _, m := range messages {
		usage.InputTokens += int64(len(contentOf(m))+bytesPerToken-1) / bytesPerToken
	}
	usage.OutputTokens += int64(len(text)+bytesPerToken-1) / bytesPerToken
}

func contentOf(m openai.ChatCompletionMessageParamUnion) string {
	if text, ok := m.GetContent().AsAny().(*string); ok {
		return *text
	}
	return ""
}

// describe leaves out of a server's error what may hold the prompt or a key.
func describe(err error) error {
	if answered, ok := errors.AsType[*openai.Error](err); ok {
		return fmt.Errorf("the model's server answered %d %s", answered.StatusCode, http.StatusText(answered.StatusCode))
	}
	return err
}

// Thoughts of models that write them into their answer.
const (
	thinkBegins = "<think>"
	thinkEnds   = "</think>"
)

// withoutThoughts removes what a model thought before it answered.
func withoutThoughts(text string) string {
	trimmed := strings.TrimLeft(text, " \t\r\n")
	if !strings.HasPrefix(trimmed, thinkBegins) {
		return text
	}
	_, after, found := strings.Cut(trimmed, thinkEnds)
	if !found {
		return ""
	}
	return strings.TrimLeft(after, " \t\r\n")
}
