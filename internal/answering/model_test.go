package answering

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func saying(text string) func(int, modelRequest, *modelWriter) {
	return func(_ int, _ modelRequest, out *modelWriter) { out.say(text) }
}

func TestAModelAnswersFromPassagesWithSources(t *testing.T) {
	server := newModelServer(t, saying("Two working days [1], see https://shop.example/delivery."))
	d := newDesk(t, server)
	d.settings.Instructions = "Be friendly."
	d.rules = []bot9.Instruction{{Name: "Tone", Text: "No jokes."}}
	answer := d.mustAsk("How long does delivery take?")
	if answer.Text != "Two working days [1], see https://shop.example/delivery." || !answer.Found || d.said.String() != answer.Text {
		t.Errorf("answer %q, streamed %q", answer.Text, d.said.String())
	}
	want := []bot9.Source{{DocumentID: 2, Title: "Delivery", URL: "https://shop.example/delivery", Passage: "Delivery takes two working days.", Score: 0.9}}
	if !slices.Equal(answer.Sources, want) {
		t.Errorf("sources %+v", answer.Sources)
	}
	if u := answer.Usage; u.InputTokens != 100 || u.OutputTokens != 10 || u.Model != "m" || d.used[1] != 110 || d.used[9] != 110 {
		t.Errorf("usage %+v, kept %v", u, d.used)
	}
	asked := server.requests()[0]
	if asked.key != "Bearer sk-test" || asked.Model != "m" || !asked.Stream || asked.MaxTokens != bot9.DefaultMaxTokens {
		t.Errorf("%+v", asked)
	}
	system := asked.Messages[0].Content
	if asked.Messages[0].Role != "system" || !strings.Contains(system, "Be friendly.") || !strings.Contains(system, "- Tone: No jokes.") || strings.Contains(system, "two working days") {
		t.Errorf("system: %s", system)
	}
	if last := asked.last(); !strings.Contains(last, "[1] Delivery\nLink: https://shop.example/delivery\nDelivery takes two working days.") || !strings.Contains(last, "How long does delivery take?") {
		t.Errorf("question: %s", last)
	}
	if len(answer.Prompt) != 2 || answer.TopScore != 0.9 || len(answer.Passages) != 2 {
		t.Errorf("%+v", answer)
	}
}

// What is no answer, in strict mode: nothing of it is ever shown.
func TestWhatIsNoAnswer(t *testing.T) {
	for name, text := range map[string]string{
		"it says so":                 "NO_ANSWER",
		"it says so, in bold":        "**NO_ANSWER**",
		"it cites nothing":           "Delivery takes four weeks, I think.",
		"it cites what isn't there":  "Delivery takes four weeks [3].",
		"it cites zero":              "Delivery takes four weeks [0].",
		"it is empty":                "  ",
		"it thinks and says nothing": "<think>Two days [1].</think>",
		"it never stops thinking":    "<think>Two days [1].",
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, newModelServer(t, saying(text)))
			answer := d.mustAsk("How long does delivery take?")
			if answer.Found || d.said.String() != "" || len(answer.Sources) != 0 || !strings.HasPrefix(answer.Text, "Sorry, I have no answer") {
				t.Errorf("answer %+v, streamed %q", answer, d.said.String())
			}
			d.settings.Handover.Offer = false
			if answer := d.mustAsk("Wie lange dauert die Lieferung?"); answer.Text != "Darauf habe ich leider keine Antwort." {
				t.Errorf("in German, without an offer: %q", answer.Text)
			}
		})
	}
}

// A later citation of what isn't there takes everything back, strict or not.
func TestAForeignCitationTakesTheAnswerBack(t *testing.T) {
	for _, strict := range []bool{true, false} {
		d := newDesk(t, newModelServer(t, saying("Two working days [1]. And it is free [7]. Really it is, I promise you that.")))
		d.settings.Model.Strict = strict
		answer := d.mustAsk("How long does delivery take?")
		if answer.Found || strings.Contains(answer.Text, "free") || strings.Contains(d.said.String(), "promise") {
			t.Errorf("strict %v: answer %q, streamed %q", strict, answer.Text, d.said.String())
		}
	}
}

func TestCitationsAreNumberedAsTheSourcesAre(t *testing.T) {
	d := newDesk(t, newModelServer(t, saying("Within 30 days [2]. It takes two days [1, 2].")))
	answer := d.mustAsk("Returns?")
	if answer.Text != "Within 30 days [1]. It takes two days [2][1]." || answer.Sources[0].Title != "Returns" || answer.Sources[1].Title != "Delivery" || d.said.String() != answer.Text {
		t.Errorf("%q from %+v, streamed %q", answer.Text, answer.Sources, d.said.String())
	}
}

func TestThoughtsAreLeftOut(t *testing.T) {
	d := newDesk(t, newModelServer(t, saying("<think>\nThe user asks [1] about delivery.\n</think>\n\nTwo days [1].")))
	if answer := d.mustAsk("How long?"); answer.Text != "Two days [1]." || d.said.String() != answer.Text {
		t.Errorf("%q, streamed %q", answer.Text, d.said.String())
	}
}

func TestGreetingsNeedNoPassage(t *testing.T) {
	d := newDesk(t, newModelServer(t, saying("Hello! How can I help?")))
	d.passages = nil
	if answer := d.mustAsk("Hi"); !answer.Found || answer.Text != "Hello! How can I help?" {
		t.Errorf("%+v", answer)
	}
}

func TestWithoutPassagesAStrictModelIsNotAsked(t *testing.T) {
	server := newModelServer(t, saying("Whatever [1]."))
	d := newDesk(t, server)
	d.passages, d.settings.Handover.Offer = nil, false
	if answer := d.mustAsk("Who won the cup?"); answer.Found || len(server.requests()) != 0 {
		t.Errorf("%+v after %d requests", answer, len(server.requests()))
	}
}

// "And how long does that take?" is rewritten before anything is searched.
func TestAFollowUpIsRewrittenFirst(t *testing.T) {
	server := newModelServer(t, func(n int, _ modelRequest, out *modelWriter) {
		if n == 0 {
			out.whole("How long does a delivery to Austria take?")
			return
		}
		out.say("Two days [1].")
	})
	d := newDesk(t, server)
	answer := d.mustAsk("And how long does that take?",
		bot9.Message{ChatUser: bot9.SpeakerUser, Text: "Do you deliver to Austria?"}, bot9.Message{ChatUser: bot9.SpeakerBot, Text: "Yes, we do."})
	if d.searched[0] != "How long does a delivery to Austria take?" || !answer.Found || answer.Usage.InputTokens != 120 {
		t.Errorf("searched %q, answer %+v, usage %+v", d.searched, answer, answer.Usage)
	}
	asked := server.requests()
	if asked[0].Stream || !strings.Contains(asked[0].last(), "Visitor: Do you deliver to Austria?\nAssistant: Yes, we do.") {
		t.Errorf("rewriting: %+v", asked[0])
	}
	if len(asked[1].Messages) != 4 || asked[1].Messages[1].Content != "Do you deliver to Austria?" || asked[1].Messages[2].Role != "assistant" {
		t.Errorf("answering: %+v", asked[1].Messages)
	}
}

func TestServersThatFail(t *testing.T) {
	stall := func(_ int, _ modelRequest, out *modelWriter) {
		out.Header().Set("Content-Type", "text/event-stream")
		out.delta(`{"content":"Two days [1] "}`, "")
		<-out.request.Context().Done()
	}
	for name, c := range map[string]struct {
		answer func(int, modelRequest, *modelWriter)
		says   string
		asked  int
	}{
		"a wrong key": {func(_ int, _ modelRequest, out *modelWriter) {
			http.Error(out, `{"error":{"message":"sk-test is wrong"}}`, http.StatusUnauthorized)
		}, "401", 1},
		"no model":                 {func(_ int, _ modelRequest, out *modelWriter) { http.Error(out, `{"error":{"message":"no"}}`, 404) }, "404", 1},
		"a stall in mid-stream":    {stall, "within 1 seconds", 1},
		"a stall before it begins": {func(_ int, _ modelRequest, out *modelWriter) { <-out.request.Context().Done() }, "within 1 seconds", 1},
		"a malformed chunk": {func(_ int, _ modelRequest, out *modelWriter) {
			out.Header().Set("Content-Type", "text/event-stream")
			out.delta(`{"content":"Two "}`, "")
			out.send(`{"choices":[{"delta":{"content":`)
		}, "", 1},
		"a stream that is cut off": {func(_ int, _ modelRequest, out *modelWriter) {
			out.Header().Set("Content-Type", "text/event-stream")
			out.delta(`{"content":"Two days [1] "}`, "")
		}, "ended before", 1},
		"a connection that breaks": {func(_ int, _ modelRequest, out *modelWriter) {
			out.Header().Set("Content-Type", "text/event-stream")
			out.delta(`{"content":"Two days [1] "}`, "")
			panic(http.ErrAbortHandler)
		}, "", 1},
		"an error in the stream": {func(_ int, _ modelRequest, out *modelWriter) {
			out.Header().Set("Content-Type", "text/event-stream")
			out.send(`{"error":{"message":"overloaded","type":"server_error"}}`)
		}, "", 1},
		"no JSON at all": {func(_ int, _ modelRequest, out *modelWriter) { _, _ = out.Write([]byte("<html>Welcome</html>")) }, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := newModelServer(t, c.answer)
			d := newDesk(t, server)
			d.settings.Model.Timeout = 1
			began := time.Now()
			answer, err := d.ask("How long?")
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "sk-test") {
				t.Fatalf("got %+v, %v", answer, err)
			}
			if answer.Found || !strings.HasPrefix(answer.Text, "Sorry, I can't answer at the moment.") || !strings.Contains(answer.Text, "talk to a human") {
				t.Errorf("the end user is told %q", answer.Text)
			}
			if took := time.Since(began); took > 4*time.Second { // the limit and some patience for a busy machine
				t.Errorf("it took %v", took)
			}
			if n := len(server.requests()); n != c.asked {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestBusyServersAreAskedAgain(t *testing.T) {
	for _, status := range []int{429, 500, 503} {
		server := newModelServer(t, func(n int, _ modelRequest, out *modelWriter) {
			if n < 2 {
				out.Header().Set("Retry-After-Ms", "5")
				out.WriteHeader(status)
				return
			}
			out.say("Two days [1].")
		})
		d := newDesk(t, server)
		if answer := d.mustAsk("How long?"); !answer.Found || len(server.requests()) != 3 {
			t.Errorf("%d: %+v after %d requests", status, answer, len(server.requests()))
		}
	}
}

func TestBudgets(t *testing.T) {
	server := newModelServer(t, saying("Two days [1]."))
	d := newDesk(t, server)
	d.settings.Model.TokensPerDay, d.settings.Model.TokensPerConversation = 1000, 110
	if answer := d.mustAsk("How long?"); answer.Fallback != "" || answer.Usage.Model != "m" {
		t.Fatalf("%+v", answer)
	}
	answer := d.mustAsk("How long?")
	if answer.Text != "the built-in engine's answer" || answer.Fallback != bot9.FallbackConversation || answer.Usage.Model != "" || len(server.requests()) != 1 {
		t.Errorf("a conversation's budget: %+v", answer)
	}
	d.used[1] = 1000
	if answer := d.mustAsk("How long?"); answer.Fallback != bot9.FallbackDay {
		t.Errorf("a day's budget: %+v", answer)
	}
	d.settings.Model.TokensPerDay, d.settings.Model.TokensPerConversation = 0, 0
	if answer := d.mustAsk("How long?"); answer.Fallback != "" || answer.Usage.Model != "m" {
		t.Errorf("without budgets: %+v", answer)
	}
}

// A server that doesn't tell what was used is estimated, so that a budget holds there too.
func TestUsageIsEstimatedWhereAServerTellsNone(t *testing.T) {
	d := newDesk(t, newModelServer(t, func(_ int, _ modelRequest, out *modelWriter) {
		out.Header().Set("Content-Type", "text/event-stream")
		out.delta(`{"content":"Two days [1]."}`, "stop")
		out.send("[DONE]")
	}))
	if answer := d.mustAsk("How long?"); answer.Usage.InputTokens < 100 || answer.Usage.OutputTokens < 2 || d.used[1] == 0 {
		t.Errorf("%+v", answer.Usage)
	}
}

func TestAnswersWaitTheirTurn(t *testing.T) {
	var now, most atomic.Int32
	server := newModelServer(t, func(_ int, _ modelRequest, out *modelWriter) {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		time.Sleep(10 * time.Millisecond) // a model takes its time
		now.Add(-1)
		out.say("Two days [1].")
	})
	d := newDesk(t, server)
	d.Knowledge = quietKnowledge{d}
	d.settings.Model.MaxConcurrent = 2
	var together sync.WaitGroup
	for range 10 {
		together.Go(func() {
			answer, err := d.Service.Answer(t.Context(), &d.settings, bot9.Question{ChatbotID: 1, Text: "How long?"}, bot9.AnswerStream{})
			if err != nil || !answer.Found {
				t.Errorf("%+v, %v", answer, err)
			}
		})
	}
	together.Wait()
	if most.Load() > 2 || len(d.slots.each) != 0 {
		t.Errorf("%d at once, %d chatbots remembered", most.Load(), len(d.slots.each))
	}
	// Who waits no longer leaves no place behind.
	leave, err := d.slots.enter(t.Context(), 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := d.slots.enter(ended, 5, 1); err == nil {
		t.Error("entered a full room")
	}
	leave()
	if len(d.slots.each) != 0 {
		t.Error("a place is left behind")
	}
}

// quietKnowledge may be asked by many at once.
type quietKnowledge struct{ d *desk }

func (k quietKnowledge) Search(context.Context, bot9.ChatbotID, string, int) ([]bot9.Passage, error) {
	return k.d.passages, nil
}

func (k quietKnowledge) Answer(context.Context, bot9.ChatbotID, string) (bot9.Answer, error) {
	return k.d.builtIn, nil
}

func TestOtherEngines(t *testing.T) {
	server := newModelServer(t, saying("no"))
	d := newDesk(t, server)
	d.settings.Engine = bot9.EngineKnowledge
	if answer := d.mustAsk("How long?"); answer.Text != "the built-in engine's answer" || answer.Usage == nil {
		t.Errorf("%+v", answer)
	}
	d.builtIn = bot9.Answer{Text: "no idea"}
	if answer := d.mustAsk("Où est mon colis, et quand arrive-t-il ?"); !strings.HasPrefix(answer.Text, "Désolé") || !strings.Contains(answer.Text, "parler à un humain") {
		t.Errorf("%+v", answer)
	}
	d.settings.Engine = bot9.EngineNone
	if answer := d.mustAsk("How long?"); !answer.Silent || answer.Text != "" {
		t.Errorf("%+v", answer)
	}
	if len(server.requests()) != 0 {
		t.Error("a model was asked")
	}
}

// Whoever isn't sure asks back, as the built-in engine would.
func TestAModelWithoutAnAnswerAsksBack(t *testing.T) {
	d := newDesk(t, newModelServer(t, saying("NO_ANSWER")))
	d.builtIn = bot9.Answer{Text: "Did you mean …", Suggestions: []bot9.Suggestion{{DocumentID: 2, Title: "Delivery"}}}
	if answer := d.mustAsk("parcel"); !answer.Unsure() || answer.Text != "Did you mean …" || answer.Usage.Model != "m" {
		t.Errorf("%+v", answer)
	}
}

// Keys of the machine's owner never reach a server that a chatbot's owner chose.
func TestNothingIsTakenFromTheEnvironment(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-owner")
	t.Setenv("OPENAI_ORG_ID", "org-owner")
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/")
	server := newModelServer(t, func(_ int, _ modelRequest, out *modelWriter) {
		if fmt.Sprint(out.request.Header) != "" && strings.Contains(fmt.Sprint(out.request.Header), "owner") {
			t.Errorf("headers: %v", out.request.Header)
		}
		out.say("Two days [1].")
	})
	d := newDesk(t, server)
	d.settings.Model.APIKey = ""
	if answer := d.mustAsk("How long?"); !answer.Found || server.requests()[0].key != "" {
		t.Errorf("%+v, key %q", answer, server.requests()[0].key)
	}
}
