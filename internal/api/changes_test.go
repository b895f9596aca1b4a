package api

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func TestStreamTellsOfChangesOncePerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, _, _ := listen(t, w, w.options(), streamPath+"?changes=true", nil)
		synctest.Wait()
		c.take()
		w.touch(bot9.TopicDeliveries)
		synctest.Wait()
		if got := c.take(); got != "event: changed\ndata: {\"topics\":[\"deliveries\"]}\n\n" {
			t.Fatalf("first change: %q", got)
		}
		for range 90 { // nine seconds, ten changes in each
			w.touch(bot9.TopicDeliveries)
			w.touch(bot9.TopicWebhooks)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(changesEvery)
		synctest.Wait()
		got := c.take()
		if frames := strings.Count(got, "event: changed\n"); frames < 9 || frames > 10 {
			t.Errorf("%d frames for nine seconds of changes: %q", frames, got)
		}
		if !strings.Contains(got, `{"topics":["deliveries","webhooks"]}`) || strings.Contains(got, "id:") {
			t.Errorf("frames %q", got)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := c.take(); strings.Contains(got, "changed") {
			t.Errorf("without a change: %q", got)
		}
	})
}

func TestStreamTellsOfChangesOnlyWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, leave, _ := listen(t, w, w.options(), streamPath, nil)
		synctest.Wait()
		if w.touch(bot9.AllTopics) {
			t.Error("a stream that didn't ask for changes watches")
		}
		w.happen(t, "custom.a")
		synctest.Wait()
		if got := received(c.take()); got != "custom.a" {
			t.Errorf("received %q", got)
		}
		leave()
		_, leave, _ = listen(t, w, w.options(), streamPath+"?changes=true", nil)
		synctest.Wait()
		leave()
		if w.touch(bot9.AllTopics) {
			t.Error("watches after its end")
		}
	})
	run(t, newWorld(), []request{
		{name: "neither true nor false", as: key, call: streamPath + "?changes=1", status: 422, want: []string{`"query.changes"`}},
	})
}

func TestStats(t *testing.T) {
	w := newWorld()
	webhook, _ := w.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: w.bot()})
	run(t, w, []request{
		{name: "of a day", as: viewer, call: "GET /api/{bot}/stats", status: 200, want: []string{`"window":"24h"`, `"webhookId":"` + webhook.ID.String(), `"successRate":null`}},
		{name: "of a week", as: key, call: "GET /api/{bot}/stats?window=7d", status: 200, want: []string{`"window":"7d"`}},
		{name: "of another window", as: key, call: "GET /api/{bot}/stats?window=1y", status: 422, want: []string{`"query.window"`}},
		{name: "of another account", as: key, call: "GET /api/{strangers}/stats", status: 404},
	})
}

func TestExpensiveStatsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.statsTake = 100 * time.Millisecond
		handler := serve(t, w.options())
		ask := func(times int) {
			for range times {
				go handler.ServeHTTP(httptest.NewRecorder(), (&request{as: key, call: "GET /api/{bot}/stats"}).make(w))
			}
			time.Sleep(time.Second)
			synctest.Wait()
		}
		ask(50)
		if w.statsRead != 1 {
			t.Errorf("worked out %d times for 50 who asked at once", w.statsRead)
		}
		ask(1)
		time.Sleep(statsShare * w.statsTake)
		ask(1)
		if w.statsRead != 2 {
			t.Errorf("worked out %d times, want a second time after %s", w.statsRead, statsShare*w.statsTake)
		}
	})
}

func TestAnswersAreCompressed(t *testing.T) {
	w := newWorld()
	for range 50 {
		w.happen(t, "custom.event")
	}
	handler := serve(t, w.options())
	get := func(accept, call string) *httptest.ResponseRecorder {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, (&request{as: key, call: call, header: map[string]string{"Accept-Encoding": accept}}).make(w))
		return rec
	}
	plain, packed := get("", "GET /api/{bot}/events"), get("gzip, deflate, br", "GET /api/{bot}/events")
	if plain.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("encodings %q and %q", plain.Header().Get("Content-Encoding"), packed.Header().Get("Content-Encoding"))
	}
	if plain.Header().Get("Vary") == "" || packed.Body.Len()*2 > plain.Body.Len() {
		t.Errorf("Vary %q; %d bytes of %d", plain.Header().Get("Vary"), packed.Body.Len(), plain.Body.Len())
	}
	reader, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reader)
	if err != nil || !json.Valid(text) || string(text) != plain.Body.String() {
		t.Errorf("unpacked: %v %q", err, text)
	}
	if small := get("gzip", "GET /api/{bot}/webhooks"); small.Header().Get("Content-Encoding") != "" {
		t.Error("an answer of a few bytes is compressed")
	}
}

func TestStreamsAreNotCompressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, leave, _ := listen(t, w, w.options(), streamPath, map[string]string{"Accept-Encoding": "gzip"})
		synctest.Wait()
		w.happen(t, "custom.a")
		synctest.Wait()
		if got := received(c.take()); got != "custom.a" || c.header.Get("Content-Encoding") != "" {
			t.Errorf("received %q, encoded %q", got, c.header.Get("Content-Encoding"))
		}
		leave()
		if !c.deadline.IsZero() {
			t.Errorf("leaves a deadline behind: %s", c.deadline)
		}
	})
}
