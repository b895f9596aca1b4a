package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func custom(t testing.TB, data any) *bot9.Event {
	t.Helper()
	encoded, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return &bot9.Event{ID: 1 << 40, Type: "custom.x", Data: encoded}
}

// costly are filters that take long, on an event of some 200 kB.
var costly = []string{
	`data.items.all(a, data.items.all(b, a == b))`,
	`data.text.matches('(.*a){20}b')`,
	`data.text.matches('(.*a){20}b') || true`,
	`data.text.matches(data.pattern)`,
	`data.items.exists(i, data.text.matches('zzz' + string(i)))`,
	`data.items.exists(i, data.text.contains('zzzz'))`,
	`data.items.exists(i, data.text.size() == 1)`,
	`data.items.exists(i, data.text + 'x' == 'x')`,
	`data.items.exists(i, data.text > 'aaaa' + data.text)`,
	`data.items.exists(i, bytes(data.text) == b'x')`,
	`data.items.exists(i, i in data.words)`,
	`data.items.all(i, data.words == data.words)`,
	`data.items.exists(i, data.words != data.words)`,
	`data.items.exists(i, createdAt.getHours('Europe/Berlin') == 77)`,
	`data.items.exists(i, timestamp('2020-01-01T00:00:00Z') > timestamp('2020-01-01T00:00:00Z') || double(data.digits) < 0.0)`,
	`data.items.map(a, data.items.map(b, [a, b])).size() == 0`,
	`[data.items]` + strings.Repeat(`.map(l, l + l)`, 40) + `[0].size() == 3`,
	`[[1]]` + strings.Repeat(`.map(l, [l, l])`, 40) + ` == [[1]]` + strings.Repeat(`.map(l, [l, l])`, 40),
	`[[1]]` + strings.Repeat(`.map(l, [l, l])`, 40) + ` in [[[1]]` + strings.Repeat(`.map(l, [l, l])`, 40) + `]`,
	`[data.text]` + strings.Repeat(`.map(l, l + l)`, 40) + `[0].size() == 3`,
}

func costlyEvent(t testing.TB) *bot9.Event {
	items := make([]int, 2000)
	words := make([]string, 2000)
	for i := range words {
		words[i] = "a word that is one of many"
	}
	return custom(t, map[string]any{
		"items": items, "words": words, "pattern": "(.*a){20}b",
		"text": strings.Repeat("a", 120_000), "digits": "1" + strings.Repeat("0", 300) + "1",
	})
}

func TestCostlyFiltersAreStopped(t *testing.T) {
	var filters Filters
	event := costlyEvent(t)
	matcher := filters.Of(event)
	for _, expr := range costly {
		if err := CheckFilter(expr); err != nil {
			t.Errorf("CheckFilter(%.60s) = %v", expr, err)
		}
		begun := time.Now()
		if got := matcher.Match(expr); got != bot9.TooCostly {
			t.Errorf("Match(%.60s) = %v", expr, got)
		}
		// Not a measurement: without a bound these take from seconds to longer than the universe has been.
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("Match(%.60s) took %v", expr, took)
		}
	}
}

func TestOrdinaryFiltersAreNotTooCostly(t *testing.T) {
	var filters Filters
	items := make([]map[string]any, 1000)
	for i := range items {
		items[i] = map[string]any{"n": i % 5}
	}
	matcher := filters.Of(custom(t, map[string]any{"items": items, "text": strings.Repeat("Where is my order? ", 32<<10/19)}))
	for _, expr := range []string{
		`data.text.matches('(?i)refund')`,
		`data.text.matches('refund|invoice')`,
		`data.text.contains('refund')`,
		`data.items.exists(x, x.n > 5)`,
		`!data.items.all(x, x.n <= 5 && has(x.n))`,
		`data.items.filter(x, x.n == 9).size() > 0`,
		`data.items.map(x, x.n).exists(n, n == 7)`,
	} {
		if got := matcher.Match(expr); got != bot9.NoMatch {
			t.Errorf("Match(%s) = %v", expr, got)
		}
	}
}

func TestFilterThatCannotBeEvaluatedIsTold(t *testing.T) {
	var filters Filters
	matcher := filters.Of(custom(t, map[string]any{"zero": 0, "word": "x", "bad": "(", "huge": json.RawMessage("1e309"), "list": []int{1}}))
	for expr, want := range map[string]bot9.Verdict{
		`1 / sequence == 1`:                      bot9.NotEvaluable,
		`int(data.word) == 1`:                    bot9.NotEvaluable,
		`timestamp(data.word) < createdAt`:       bot9.NotEvaluable,
		`data.word.matches(data.bad)`:            bot9.NotEvaluable,
		`data.huge * 2.0 > 1.0`:                  bot9.NotEvaluable,
		`int(data.huge) > 1`:                     bot9.NotEvaluable,
		`9223372036854775807 + sequence + 1 > 0`: bot9.NotEvaluable,
		`data.missing.deeper == 1`:               bot9.NoMatch,
		`data.word > 3`:                          bot9.NoMatch,
		`data.word + 3 == 1`:                     bot9.NoMatch,
		`data.word.matches(data.zero)`:           bot9.NoMatch,
		`data.list[7] == 1`:                      bot9.NoMatch,
		`data.word.all(x, x == 1)`:               bot9.NoMatch,
		`1 / sequence == 1 || true`:              bot9.Match,
		`data.missing || data.zero == 0`:         bot9.Match,
	} {
		if got := matcher.Match(expr); got != want {
			t.Errorf("Match(%s) = %v (%s), want %v", expr, got, got.Reason(), want)
		}
	}
}

// BenchmarkFilterCosts holds what a filter costs against what it takes: a unit should be about 100 ns
// where a function is slowest.
func BenchmarkFilterCosts(b *testing.B) {
	var filters Filters
	matcher := filters.Of(costlyEvent(b))
	matcher.Match(`data.size() == 0`)
	for _, expr := range costly {
		b.Run(bounded(expr, 60), func(b *testing.B) {
			for b.Loop() {
				matcher.Match(expr)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/filterCostLimit, "ns/unit")
		})
	}
}
