package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/google/go-cmp/cmp"
)

func TestSendTellsWhatWasSentAndWhatCameBack(t *testing.T) {
	var got *http.Request
	var gotBody []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		gotBody, _ = io.ReadAll(r.Body)
		w.Header().Set("X-Answer", "42")
		w.Header()["Date"] = nil
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "thanks")
	}))
	defer server.Close()
	now := time.UnixMilli(1_700_000_000_123)
	sender := newSender(t, Options{Clock: func() time.Time { return now }})
	endpoint := prepare(t, sender, server.URL+"/hooks?a=b", func(w *bot9.Webhook) {
		w.Headers = map[string]string{"authorization": "Bearer secret"}
	})
	r := request()
	r.Hops = 2
	attempt := sender.Send(t.Context(), endpoint, r)

	wantHeaders := map[string]string{
		"content-type": "application/json", "user-agent": "Bot9-Webhooks/1.2.3",
		"webhook-id": "evt_1", "webhook-timestamp": "1700000000", "webhook-signature": got.Header.Get("webhook-signature"),
		"bot9-event": "messageReceived", "bot9-webhook-id": goodWebhook().ID.String(), "bot9-attempt": "3", "bot9-hops": "3",
		"authorization": "***",
	}
	if attempt.DurationMs <= 0 || attempt.Timing.ConnectMs <= 0 || attempt.Timing.FirstByteMs < 0 || attempt.Timing.Reused {
		t.Errorf("took %v ms, timing %+v", attempt.DurationMs, attempt.Timing)
	}
	if diff := cmp.Diff(wantHeaders, attempt.RequestHeaders.All()); diff != "" {
		t.Error("headers shown", diff)
	}
	attempt.DurationMs, attempt.Timing, attempt.RequestHeaders = 0, bot9.Timing{}, bot9.RequestHeaders{}
	want := bot9.Attempt{
		DeliveryID: 1<<40 + 1, Number: 3, StartedAt: bot9.At(now), URL: server.URL + "/hooks?a=••••••", Outcome: bot9.OutcomeSuccess,
		ResponseStatus: 202, ResponseBody: "thanks",
		ResponseHeaders: map[string]string{"x-answer": "42", "content-length": "6", "content-type": "text/plain; charset=utf-8"},
	}
	if diff := cmp.Diff(want, attempt); diff != "" {
		t.Error(diff)
	}
	if got.Method != "POST" || got.URL.String() != "/hooks?a=b" || string(gotBody) != string(testBody) || got.ContentLength != int64(len(testBody)) {
		t.Errorf("received %s %s %q", got.Method, got.URL, gotBody)
	}
	wantHeaders["authorization"] = "Bearer secret"
	wantHeaders["content-length"] = strconv.Itoa(len(testBody))
	received := map[string]string{}
	for name, values := range got.Header {
		received[strings.ToLower(name)] = strings.Join(values, "|")
	}
	if diff := cmp.Diff(wantHeaders, received); diff != "" {
		t.Error("received headers", diff)
	}
	if err := Verify([]string{testSecret}, got.Header, gotBody, now, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestSendSignsWithEverySecretThatIsValid(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	old := NewSecret()
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { header = r.Header }))
	defer server.Close()
	sender := newSender(t, Options{Clock: func() time.Time { return now }})
	endpoint := prepare(t, sender, server.URL, func(w *bot9.Webhook) {
		w.Secrets = append(w.Secrets, bot9.Secret{Text: old, ExpiresAt: bot9.At(now) + 1000})
	})
	verifies := func(secret string) bool {
		return Verify([]string{secret}, header, testBody, now, time.Minute) == nil
	}
	sender.Send(t.Context(), endpoint, request())
	if !verifies(testSecret) || !verifies(old) {
		t.Errorf("in the overlap both must fit: %s", header.Get("webhook-signature"))
	}
	now = now.Add(time.Second)
	sender.Send(t.Context(), endpoint, request())
	if !verifies(testSecret) || verifies(old) || strings.Contains(header.Get("webhook-signature"), " ") {
		t.Errorf("after the overlap only the new one must fit: %s", header.Get("webhook-signature"))
	}
}

func TestSendWithoutValidSecret(t *testing.T) {
	sender := newSender(t, Options{})
	endpoint := prepare(t, sender, "http://127.0.0.1:1", func(w *bot9.Webhook) { w.Secrets[0].ExpiresAt = 1 })
	if attempt := sender.Send(t.Context(), endpoint, request()); attempt.Outcome != bot9.OutcomeBadWebhook || attempt.Error == "" {
		t.Errorf("%s: %s", attempt.Outcome, attempt.Error)
	}
}

func TestPrepareRefuses(t *testing.T) {
	sender := newSender(t, Options{})
	for outcome, change := range map[bot9.OutcomeClass]func(*bot9.Webhook){
		bot9.OutcomeBlocked:    func(w *bot9.Webhook) { w.URL = "https://10.0.0.1/" },
		bot9.OutcomeBadWebhook: func(w *bot9.Webhook) { w.Secrets[0].Text = "whsec_broken" },
		"badWebhook ":          func(w *bot9.Webhook) { w.Headers = map[string]string{"Host": "x"} },
	} {
		w := goodWebhook()
		change(w)
		_, err := sender.Prepare(w)
		if err == nil {
			t.Errorf("%s: nothing was wrong", outcome)
			continue
		}
		attempt := sender.Refused(w, request(), err)
		if string(attempt.Outcome) != strings.TrimSpace(string(outcome)) || attempt.Error == "" || attempt.Number != 3 || attempt.URL != w.URL {
			t.Errorf("got %+v, want %s", attempt, outcome)
		}
		if strings.Contains(attempt.Error, "broken") {
			t.Errorf("the error repeats the secret: %s", attempt.Error)
		}
	}
}

func TestStatuses(t *testing.T) {
	for status, want := range map[int]struct {
		outcome bot9.OutcomeClass
		says    string
	}{
		200: {bot9.OutcomeSuccess, ""}, 204: {bot9.OutcomeSuccess, ""}, 299: {bot9.OutcomeSuccess, ""},
		301: {bot9.OutcomeRedirect, "301 Moved Permanently. Redirects are not followed"}, 304: {bot9.OutcomeRedirect, "304"}, 308: {bot9.OutcomeRedirect, "308"},
		400: {bot9.OutcomeStatus, "400 Bad Request"}, 401: {bot9.OutcomeStatus, "401 Unauthorized. Check the credentials"}, 404: {bot9.OutcomeStatus, "path"}, 405: {bot9.OutcomeStatus, "accept POST"},
		410: {bot9.OutcomeStatus, "410 Gone"}, 413: {bot9.OutcomeStatus, "larger bodies"}, 415: {bot9.OutcomeStatus, "application/json"},
		429: {bot9.OutcomeStatus, "fewer requests"}, 500: {bot9.OutcomeStatus, "Its own log"}, 599: {bot9.OutcomeStatus, "answered 599."},
	} {
		attempt := sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		if attempt.Outcome != want.outcome || attempt.ResponseStatus != status || !strings.Contains(attempt.Error, want.says) || (attempt.Error == "") != (want.says == "") {
			t.Errorf("%d: %s, %d, %q", status, attempt.Outcome, attempt.ResponseStatus, attempt.Error)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	requests := 0
	attempt := sendTo(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	if requests != 1 || attempt.Outcome != bot9.OutcomeRedirect || attempt.ResponseHeaders["location"] != "/elsewhere" {
		t.Errorf("%d requests, %+v", requests, attempt)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	for _, tc := range []struct {
		status int
		value  string
		want   time.Duration
	}{
		{429, "7", 7 * time.Second},
		{503, " 0 ", 0},
		{503, "3600", time.Hour},
		{429, "3601", time.Hour},
		{429, strings.Repeat("9", 40), time.Hour},
		{429, "-5", 0},
		{429, "1.5", 0},
		{429, "", 0},
		{429, "soon", 0},
		{429, now.Add(90 * time.Second).UTC().Format(http.TimeFormat), 90 * time.Second},
		{429, now.Add(90 * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"), 90 * time.Second},
		{503, now.Add(90 * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 +0000"), 90 * time.Second},
		{503, now.Add(90 * time.Second).In(time.FixedZone("", 7200)).Format(time.RFC1123Z), 90 * time.Second},
		{503, now.Add(90 * time.Second).UTC().Format("Mon, 2 Jan 2006 15:04:05 GMT"), 90 * time.Second},
		{503, now.Add(90 * time.Second).UTC().Format(time.RFC850), 90 * time.Second},
		{503, now.Add(90 * time.Second).UTC().Format(time.ANSIC), 90 * time.Second},
		{503, now.Add(90 * time.Second).UTC().Format("Mon, 02 Jan 2006 15:04:05 CET"), 0}, // nobody knows what a name means
		{503, now.Add(48 * time.Hour).UTC().Format(http.TimeFormat), time.Hour},
		{503, now.Add(-time.Hour).UTC().Format(http.TimeFormat), 0},
		{500, "7", 0},
		{200, "7", 0},
	} {
		answer := &http.Response{StatusCode: tc.status, Header: http.Header{"Retry-After": {tc.value}}}
		if got := retryAfter(answer, now); got != tc.want {
			t.Errorf("%d, %q: %v, want %v", tc.status, tc.value, got, tc.want)
		}
	}
	attempt := sendTo(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "11")
		w.WriteHeader(503)
	})
	if attempt.RetryAfter != 11*time.Second {
		t.Errorf("the attempt says %v", attempt.RetryAfter)
	}
}

func TestStopIsNobodysFault(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	sender := newSender(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	endpoint := prepare(t, sender, server.URL)
	server.Config.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	if attempt := sender.Send(ctx, endpoint, request()); attempt.Outcome != bot9.OutcomeCanceled || attempt.Error == "" {
		t.Errorf("%s: %s", attempt.Outcome, attempt.Error)
	}
}
