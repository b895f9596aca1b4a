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
		`1 / (sequence - 7) == 1`:                                      false,
	} {
		got, err := filters.Match(expr, event)
		if err != nil || got != want {
			t.Errorf("Match(%s) = %v, %v; want %v", expr, got, err, want)
		}
	}
}

func TestFilterOutsideConversation(t *testing.T) {
	var filters Filters
	event := &bot9.Event{ID: 1 << 40, Type: "ping", Data: json.RawMessage(`{}`)}
	if got, err := filters.Match(`conversationId == "" && sequence == 0`, event); !got || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFilterBrokenDataDoesNotMatch(t *testing.T) {
	var filters Filters
	event := &bot9.Event{Type: "custom.x", Data: json.RawMessage(`[1`)}
	if got, err := filters.Match(`data.size() == 0`, event); got || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFilterTooCostly(t *testing.T) {
	var filters Filters
	items := strings.TrimSuffix(strings.Repeat("1,", 2000), ",")
	event := &bot9.Event{Type: "custom.x", Data: json.RawMessage(`{"items":[` + items + `]}`)}
	got, err := filters.Match(`data.items.all(a, data.items.all(b, a == b))`, event)
	if got || !errors.Is(err, ErrFilterTooCostly) {
		t.Errorf("got %v, %v", got, err)
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
				if ok, err := filters.Match(expr, event); !ok || err != nil {
					t.Errorf("Match(%s) = %v, %v", expr, ok, err)
				}
			}
		})
	}
	wg.Wait()
	filters.programs["bad("] = filterProgram{}
	for i := len(filters.programs); i < maxPrograms; i++ {
		filters.programs[fmt.Sprint(i)] = filterProgram{}
	}
	if _, err := filters.Match(`sequence == 1`, event); err != nil {
		t.Error(err)
	}
	if len(filters.programs) != maxPrograms {
		t.Errorf("%d programs are kept, want %d", len(filters.programs), maxPrograms)
	}
}

func TestFiltersRefuseWhatCheckRefuses(t *testing.T) {
	var filters Filters
	for range 2 {
		if ok, err := filters.Match(`data.`, userMessage("")); ok || bot9.CodeOf(err) != "invalidFilter" {
			t.Errorf("got %v, %v", ok, err)
		}
	}
}

func FuzzCheckFilter(f *testing.F) {
	for _, seed := range []string{`data.a == 1`, `data.`, `[1,2].map(x, x)`, `"a".matches("(a+)+$")`, `event == "x"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		var filters Filters
		checked := CheckFilter(expr)
		_, matchErr := filters.Match(expr, userMessage("hello"))
		if checked != nil && matchErr == nil {
			t.Errorf("refused by CheckFilter (%v), but used by Match", checked)
		}
		if checked == nil && matchErr != nil && !errors.Is(matchErr, ErrFilterTooCostly) {
			t.Errorf("taken by CheckFilter, but not by Match: %v", matchErr)
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
				if _, err := filters.Match(expr, event); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFilterTooCostly(b *testing.B) {
	var filters Filters
	items := strings.TrimSuffix(strings.Repeat("1,", 2000), ",")
	event := &bot9.Event{Type: "custom.x", Data: json.RawMessage(`{"items":[` + items + `]}`)}
	for b.Loop() {
		_, _ = filters.Match(`data.items.all(a, data.items.all(b, a == b))`, event)
	}
}
