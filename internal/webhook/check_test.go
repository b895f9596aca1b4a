package webhook

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

func goodWebhook() *bot9.Webhook {
	return &bot9.Webhook{
		ID: 1 << 40, URL: "https://example.com/hooks", Events: []string{"*"},
		Ordering: bot9.OrderConversation, SetAsideAfter: 5, TimeoutSeconds: 15, RetrySchedule: []int{5, 30},
		Signatures: []string{"v1"}, Status: bot9.WebhookEnabled,
		Secrets: []bot9.Secret{{Text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}},
	}
}

func TestCheck(t *testing.T) {
	guard := mustGuard(t, nil)
	many := make([]int, 51)
	for i := range many {
		many[i] = 1
	}
	for name, tc := range map[string]struct {
		change   func(*bot9.Webhook)
		code, at string
	}{
		"good":          {func(*bot9.Webhook) {}, "", ""},
		"no retries":    {func(w *bot9.Webhook) { w.RetrySchedule = []int{} }, "", ""},
		"fifty retries": {func(w *bot9.Webhook) { w.RetrySchedule = many[:50] }, "", ""},
		"upper bounds": {func(w *bot9.Webhook) {
			w.TimeoutSeconds, w.MaxInFlight, w.RateLimit, w.SetAsideAfter = 30, 1000, 10000, 100
		}, "", ""},
		"url":                {func(w *bot9.Webhook) { w.URL = "http://example.com" }, "targetNotAllowed", "body.url"},
		"headers":            {func(w *bot9.Webhook) { w.Headers = map[string]string{"Host": "x"} }, "invalidHeaders", "body.headers.Host"},
		"filter":             {func(w *bot9.Webhook) { w.Filter = "data." }, "invalidFilter", "body.filter"},
		"no time":            {func(w *bot9.Webhook) { w.TimeoutSeconds = 0 }, "invalidSetting", "body.timeoutSeconds"},
		"too much time":      {func(w *bot9.Webhook) { w.TimeoutSeconds = 31 }, "invalidSetting", "body.timeoutSeconds"},
		"51 retries":         {func(w *bot9.Webhook) { w.RetrySchedule = many }, "invalidSetting", "body.retrySchedule"},
		"retry at once":      {func(w *bot9.Webhook) { w.RetrySchedule = []int{0} }, "invalidSetting", "body.retrySchedule"},
		"retry after 8 days": {func(w *bot9.Webhook) { w.RetrySchedule = []int{604801} }, "invalidSetting", "body.retrySchedule"},
		"31 days in all":     {func(w *bot9.Webhook) { w.RetrySchedule = []int{604800, 604800, 604800, 604800, 604800} }, "invalidSetting", "body.retrySchedule"},
		"overflow":           {func(w *bot9.Webhook) { w.RetrySchedule = []int{math.MaxInt, math.MaxInt} }, "invalidSetting", "body.retrySchedule"},
		"in flight":          {func(w *bot9.Webhook) { w.MaxInFlight = 1001 }, "invalidSetting", "body.maxInFlight"},
		"negative in flight": {func(w *bot9.Webhook) { w.MaxInFlight = -1 }, "invalidSetting", "body.maxInFlight"},
		"rate":               {func(w *bot9.Webhook) { w.RateLimit = 10001 }, "invalidSetting", "body.rateLimit"},
		"rate NaN":           {func(w *bot9.Webhook) { w.RateLimit = math.NaN() }, "invalidSetting", "body.rateLimit"},
		"negative rate":      {func(w *bot9.Webhook) { w.RateLimit = -1 }, "invalidSetting", "body.rateLimit"},
		"set aside":          {func(w *bot9.Webhook) { w.SetAsideAfter = 101 }, "invalidSetting", "body.setAsideAfter"},
		"negative set aside": {func(w *bot9.Webhook) { w.SetAsideAfter = -1 }, "invalidSetting", "body.setAsideAfter"},
		"ordering":           {func(w *bot9.Webhook) { w.Ordering = "strict" }, "invalidSetting", "body.ordering"},
		"v1a":                {func(w *bot9.Webhook) { w.Signatures = []string{"v1", "v1a"} }, "", ""},
		"v1a first":          {func(w *bot9.Webhook) { w.Signatures = []string{"v1a", "v1"} }, "", ""},
		"v1a alone":          {func(w *bot9.Webhook) { w.Signatures = []string{"v1a"} }, "unsupportedSignature", "body.signatures"},
		"v1 twice":           {func(w *bot9.Webhook) { w.Signatures = []string{"v1", "v1"} }, "unsupportedSignature", "body.signatures"},
		"short secret":       {func(w *bot9.Webhook) { w.Secrets = []bot9.Secret{{Text: "whsec_YQ=="}} }, "invalidSecret", "body.secret"},
		"a secret of theirs": {func(w *bot9.Webhook) { w.Secrets = []bot9.Secret{{Text: "sk_live_1"}} }, "invalidSecret", "body.secret"},
		"no signature":       {func(w *bot9.Webhook) { w.Signatures = nil }, "unsupportedSignature", "body.signatures"},
		"description":        {func(w *bot9.Webhook) { w.Description = strings.Repeat("ä", 1001) }, "invalidSetting", "body.description"},
		"long description":   {func(w *bot9.Webhook) { w.Description = strings.Repeat("ä", 1000) }, "", ""},
		"status":             {func(w *bot9.Webhook) { w.Status = "paused" }, "invalidSetting", "body.status"},
	} {
		w := goodWebhook()
		tc.change(w)
		err := guard.Check(w)
		if bot9.CodeOf(err) != tc.code {
			t.Errorf("%s: %v, want %q", name, err, tc.code)
		}
		if e, ok := errors.AsType[*bot9.Error](err); ok && (len(e.Fields) != 1 || e.Fields[0].Location != tc.at || e.Kind != bot9.Invalid) {
			t.Errorf("%s: kind %v, fields %v, want %s", name, e.Kind, e.Fields, tc.at)
		}
	}
}

func TestCheckNamesEverythingThatIsWrong(t *testing.T) {
	w := goodWebhook()
	w.URL, w.Filter, w.TimeoutSeconds = "ftp://x", "1", 99
	w.Headers = map[string]string{"Host": "x", "X-A": "a\r\nb"}
	e, ok := errors.AsType[*bot9.Error](mustGuard(t, nil).Check(w))
	if !ok {
		t.Fatal("nothing was wrong")
	}
	var at []string
	for _, field := range e.Fields {
		at = append(at, field.Location)
	}
	want := []string{"body.url", "body.headers.Host", "body.headers.X-A", "body.filter", "body.timeoutSeconds"}
	if !slices.Equal(at, want) {
		t.Errorf("got %v, want %v", at, want)
	}
}

func TestCheckHeaders(t *testing.T) {
	twenty := map[string]string{}
	for i := range 20 {
		twenty[fmt.Sprint("X-", i)] = "v"
	}
	for _, good := range []map[string]string{
		nil, twenty,
		{"Authorization": "Bearer abc def"},
		{"x-tab": "a\tb"},
		{"X-Empty": ""},
		{"X-Big": strings.Repeat("v", 4096)},
		{"Idempotency-Key": "k"},
		{"X!#$%&'*+-.^_`|~9": "v"},
	} {
		if err := CheckHeaders(good); err != nil {
			t.Errorf("CheckHeaders(%.60v) = %v", good, err)
		}
	}
	for _, name := range []string{
		"Host", "connection", "Content-Length", "Transfer-Encoding", "TE", "Trailer", "UPGRADE", "Keep-Alive", "Proxy-Authorization", "proxy-connection",
		"Content-Type", "Content-Encoding", "User-Agent", "Webhook-Signature", "webhook-id", "bot9-event", "Bot9-Anything", "svix-id", "Expect", "Accept-Encoding", "HTTP2-Settings",
	} {
		checkHeaderRefused(t, map[string]string{name: "v"}, "body.headers."+name)
	}
	for _, name := range []string{"", "a b", "a:b", "a\r\nb", "ä", "a\x00", "(a)", strings.Repeat("a", 257)} {
		checkHeaderRefused(t, map[string]string{name: "v"}, "body.headers")
	}
	for _, value := range []string{"a\r\nX: y", "a\nb", "a\rb", "\x00", "\x7f", "ä", " a", "a ", strings.Repeat("v", 4097)} {
		checkHeaderRefused(t, map[string]string{"X-A": value}, "body.headers.X-A")
	}
	checkHeaderRefused(t, map[string]string{"X-A": "1", "x-a": "2"}, "body.headers.x-a")
	twenty["X-20"] = "v"
	checkHeaderRefused(t, twenty, "body.headers")
}

func checkHeaderRefused(t *testing.T, headers map[string]string, location string) {
	t.Helper()
	e, ok := errors.AsType[*bot9.Error](CheckHeaders(headers))
	if !ok || e.Code != "invalidHeaders" || e.Kind != bot9.Invalid || e.Fields[0].Location != location {
		t.Errorf("CheckHeaders(%.60q) = %+v, want it refused at %s", headers, e, location)
	}
}
