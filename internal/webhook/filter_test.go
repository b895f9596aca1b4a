package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func userMessage(text string) *bot9.Event {
	data, _ := json.Marshal(map[string]any{
		"message": text, "sender": "user123", "chatbotId": "bot_1", "senderType": "user",
		"topScore": 4, "tags": []string{"vip"}, "externalSessionId": nil,
	})
	return &bot9.Event{
		ID: bot9.EventID(bot9.FirstIDAt(1_700_000_000_000) + 1), ConversationID: 5, Sequence: 7,
		Type: "messageReceived", Data: data,
	}
}

func TestFilterMatch(t *testing.T) {
	var filters Filters
	event := userMessage("I want a Refund, please: refund")
	for expr, want := range map[string]bool{
		"": true,
		`data.senderType == "user" && data.message.contains("refund")`: true,
		`data.message.contains("bill")`:                                false,
		`data.message.matches("(?i)i want a refund")`:                  true,
		`event == "messageReceived" && sequence == 7`:                  true,
		`data.topScore >= 4 && data.topScore < 4.5`:                    true,
		`data.topScore == 4`:                                           true,
		`createdAt > timestamp("2023-11-14T00:00:00Z")`:                true,
		`createdAt < timestamp("2023-11-14T00:00:00Z")`:                false,
		`createdAt.getFullYear() == 2023`:                              true,
		`conversationId.startsWith("conv_") && id.startsWith("evt_")`:  true,
		`apiVersion == "1"`:                                            true,
		`"vip" in data.tags`:                                           true,
		`data.tags.exists(t, t == "vip")`:                              true,
		`has(data.missing)`:                                            false,
		`data.missing == "x"`:                                          false,
		`data.missing == "x" || true`:                                  true,
		`data.message > 3`:                                             false,
		`data.externalSessionId == null`:                               true,
	} {
		if got := filters.Of(event).Match(expr); got != verdict(want) {
			t.Errorf("Match(%s) = %v; want %v", expr, got, want)
		}
	}
}

func verdict(match bool) bot9.Verdict {
	if match {
		return bot9.Match
	}
	return bot9.NoMatch
}

func TestFilterOutsideConversation(t *testing.T) {
	var filters Filters
	event := &bot9.Event{ID: 1 << 40, Type: "ping", Data: json.RawMessage(`{}`)}
	if got := filters.Of(event).Match(`conversationId == "" && sequence == 0`); got != bot9.Match {
		t.Errorf("got %v", got)
	}
}

func TestFilterBrokenDataDoesNotMatch(t *testing.T) {
	var filters Filters
	event := &bot9.Event{Type: "custom.x", Data: json.RawMessage(`[1`)}
	if got := filters.Of(event).Match(`data.size() == 0`); got != bot9.NotEvaluable {
		t.Errorf("got %v", got)
	}
	if got := filters.Of(event).Match(`event == "custom.x"`); got != bot9.Match {
		t.Errorf("a filter that leaves data alone: %v", got)
	}
}

func TestCheckFilter(t *testing.T) {
	for _, tc := range []struct{ expr, says string }{
		{`data.senderType = "user"`, "Line 1, column 17"},
		{"true &&\n foo.bar == 1", "Line 2, column 2: undeclared reference to 'foo'"},
		{`data.message`, "must be true or false"},
		{`sequence`, "must be true or false"},
		{`sequence == "x"`, "Line 1, column 10"},
		{`data.message.matches("(")`, "column"},
		{strings.Repeat("(", 500) + "true" + strings.Repeat(")", 500), ""},
		{`data.message == "` + strings.Repeat("ä", 2000) + `"`, "2000 characters"},
		{"true\xff", "UTF-8"},
		{" ", ""},
	} {
		err := CheckFilter(tc.expr)
		if bot9.CodeOf(err) != "invalidFilter" || bot9.KindOf(err) != bot9.Invalid {
			t.Errorf("CheckFilter(%.40q) = %v", tc.expr, err)
			continue
		}
		e, _ := errors.AsType[*bot9.Error](err)
		if e.Fields[0].Location != "body.filter" || !strings.Contains(e.Message, tc.says) {
			t.Errorf("CheckFilter(%.40q) = %q at %s; want %q", tc.expr, e.Message, e.Fields[0].Location, tc.says)
		}
	}
	for _, good := range []string{"", "true", `data.a == 1`, `data.message == "` + strings.Repeat("ä", 1900) + `"`} {
		if err := CheckFilter(good); err != nil {
			t.Errorf("CheckFilter(%.40q) = %v", good, err)
		}
	}
}

func TestFiltersConcurrentlyAndBounded(t *testing.T) {
	var filters Filters
	event := userMessage("refund")
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 50 {
				expr := fmt.Sprintf(`data.message.contains("refund") && sequence < %d`, 8+(worker*50+i)%60)
				if got := filters.Of(event).Match(expr); got != bot9.Match {
					t.Errorf("Match(%s) = %v", expr, got)
				}
			}
		})
	}
	wg.Wait()
	for i := len(filters.programs); i < maxPrograms; i++ {
		filters.programs[fmt.Sprint(i)] = keptProgram{}
	}
	filters.Of(event).Match(`sequence == 1`)
	if len(filters.programs) != maxPrograms {
		t.Errorf("%d programs are kept, want %d", len(filters.programs), maxPrograms)
	}
}

func TestFiltersKeptAreBoundedInSize(t *testing.T) {
	filters := Filters{programs: map[string]keptProgram{}}
	long := strings.Repeat("x", 1990)
	for i := range 2 * maxProgramBytes / len(long) {
		filters.compiled(fmt.Sprintf("%s %d", long, i))
	}
	size := 0
	for expr := range filters.programs {
		size += len(expr)
	}
	if size != filters.size || size > maxProgramBytes || size < maxProgramBytes-len(long)-20 {
		t.Errorf("filters of %d bytes are kept, counted as %d", size, filters.size)
	}
}

func TestFiltersRefuseWhatCheckRefuses(t *testing.T) {
	var filters Filters
	for range 2 {
		if got := filters.Of(userMessage("")).Match(`data.`); got != bot9.NotEvaluable {
			t.Errorf("got %v", got)
		}
	}
}

func FuzzCheckFilter(f *testing.F) {
	for _, seed := range []string{`data.a == 1`, `data.`, `[1,2].map(x, x)`, `"a".matches("(a+)+$")`, `event == "x"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		var filters Filters
		got := filters.Of(userMessage("hello")).Match(expr)
		if checked := CheckFilter(expr); checked != nil && got != bot9.NotEvaluable {
			t.Errorf("refused by CheckFilter (%v), but used by Match", checked)
		}
	})
}

func BenchmarkFilterMatch(b *testing.B) {
	var filters Filters
	event := userMessage(strings.Repeat("Hello, how can I assist you today? ", 5))
	for name, expr := range map[string]string{
		"data":  `data.senderType == "user" && data.message.contains("refund")`,
		"event": `event == "messageReceived"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if filters.Of(event).Match(expr).Reason() != "" {
					b.Fatal(expr)
				}
			}
		})
	}
}
