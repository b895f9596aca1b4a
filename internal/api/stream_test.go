package api

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

func cancelled(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	cancel()
	return ctx, cancel
}

// client takes a stream as it comes.
type client struct {
	mu       sync.Mutex
	header   http.Header
	status   int
	text     bytes.Buffer
	deadline time.Time // for writes
}

func (c *client) SetWriteDeadline(t time.Time) error { c.deadline = t; return nil }

func (c *client) Header() http.Header    { return c.header }
func (c *client) WriteHeader(status int) { c.status = status }
func (c *client) Flush()                 {}
func (c *client) Write(part []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(part)
}

// take returns what came since the last call.
func (c *client) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.text.Reset()
	return c.text.String()
}

// listen starts a stream, and returns its client, a way to end it, and what is closed at its end.
// It ends with the test at the latest: virtual time would never run out for it.
func listen(t *testing.T, w *world, options Options, call string, header map[string]string) (c *client, leave func(), ended chan struct{}) {
	t.Helper()
	handler := serve(t, options)
	q := request{as: key, call: call, header: header}
	r := q.make(w)
	ctx, cancel := context.WithCancel(r.Context())
	c, ended = &client{header: http.Header{}}, make(chan struct{})
	go func() {
		defer close(ended)
		handler.ServeHTTP(c, r.WithContext(ctx))
	}()
	leave = func() { cancel(); <-ended }
	t.Cleanup(leave)
	return c, leave, ended
}

// mustEnd waits for the end of a stream within a virtual time.
func mustEnd(t *testing.T, ended <-chan struct{}, within time.Duration) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(within):
		t.Fatalf("goes on after %s", within)
	}
}

func (w *world) happen(t *testing.T, names ...string) []bot9.EventID {
	t.Helper()
	var events []bot9.NewEvent
	for _, name := range names {
		events = append(events, bot9.NewEvent{Type: name, Data: []byte(`{}`)})
	}
	ids, err := w.AppendEvents(t.Context(), w.bot(), events)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// received lists the types of the events in a stream's text.
func received(text string) string {
	var names []string
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return strings.Join(names, " ")
}

const streamPath = "GET /api/{bot}/events/stream"

func TestStreamStartsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.happen(t, "custom.before")
		c, leave, _ := listen(t, w, w.options(), streamPath, nil)
		synctest.Wait()
		if got := c.take(); c.status != 200 || c.header.Get("Content-Type") != "text/event-stream" || received(got) != "" {
			t.Fatalf("began with %d %v %q", c.status, c.header, got)
		}
		ids := w.happen(t, "custom.a", "custom.b")
		synctest.Wait()
		want := "id: " + ids[0].String() + "\nevent: custom.a\ndata: {\"event\":\"custom.a\",\"data\":{},\"id\":\"" + ids[0].String() + `"`
		if got := c.take(); received(got) != "custom.a custom.b" || !strings.HasPrefix(got, want) {
			t.Errorf("received %q", got)
		}
		leave()
		if !c.deadline.IsZero() {
			t.Errorf("leaves a deadline behind: %s", c.deadline)
		}
	})
}

func TestChatStreamLeavesNoDeadline(t *testing.T) {
	w := newWorld()
	w.chatDeltas = []string{"Two ", "days"}
	conversation, _ := w.Start(t.Context(), w.bot(), bot9.StartInput{})
	call := "POST /api/{bot}/conversations/" + conversation.ID.String() + "/chat"
	for name, fails := range map[string]error{"done": nil, "error": bot9.Errorf(bot9.Unavailable, "answeringFailed", "no")} {
		w.chatFails = fails
		c := &client{header: http.Header{}}
		q := request{as: key, call: call, body: `{"message":"How long?"}`, header: map[string]string{"Accept": "text/event-stream"}}
		serve(t, w.options()).ServeHTTP(c, q.make(w))
		if got := received(c.take()); got != "delta delta "+name || !c.deadline.IsZero() {
			t.Errorf("%s: received %q, left the deadline %s", name, got, c.deadline)
		}
	}
}

func TestStreamOfAnEmptyLogStartsWithTheFirstEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, leave, _ := listen(t, w, w.options(), streamPath, nil)
		synctest.Wait()
		w.happen(t, "custom.first")
		synctest.Wait()
		if got := received(c.take()); got != "custom.first" {
			t.Errorf("received %q", got)
		}
		leave()
	})
}

func TestStreamResumesWithoutAGap(t *testing.T) {
	for name, resume := range map[string]func(id string) (string, map[string]string){
		"by header": func(id string) (string, map[string]string) { return streamPath, map[string]string{"Last-Event-ID": id} },
		"by query":  func(id string) (string, map[string]string) { return streamPath + "?lastEventId=" + id, nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				seen := w.happen(t, "custom.seen")
				const many = 2*bot9.MaxPage + 7
				for range many {
					w.happen(t, "custom.missed")
				}
				call, header := resume(seen[0].String())
				c, leave, _ := listen(t, w, w.options(), call, header)
				synctest.Wait()
				if got := strings.Count(c.take(), "event: custom.missed\n"); got != many {
					t.Errorf("%d of %d missed events", got, many)
				}
				leave()
			})
		})
	}
}

// What is committed right after the stream found nothing new must not wait for the next event.
func TestStreamLosesNothingBetweenReadAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		last := w.happen(t, "custom.seen")
		w.afterRead = func() { w.happen(t, "custom.between") }
		c, leave, _ := listen(t, w, w.options(), streamPath+"?lastEventId="+last[0].String(), nil)
		synctest.Wait()
		if got := received(c.take()); got != "custom.between" {
			t.Errorf("received %q", got)
		}
		leave()
	})
}

func TestStreamFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, leave, _ := listen(t, w, w.options(), streamPath+"?events=ping,custom.*", nil)
		synctest.Wait()
		w.happen(t, "messageReceived", "ping", "custom.a", "messageSent")
		synctest.Wait()
		if got := received(c.take()); got != "ping custom.a" {
			t.Errorf("received %q", got)
		}
		leave()
	})
}

func TestStreamHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, leave, _ := listen(t, w, w.options(), streamPath, nil)
		synctest.Wait()
		c.take()
		time.Sleep(45 * time.Second) // virtual
		synctest.Wait()
		if got := c.take(); got != ": \n\n: \n\n: \n\n" {
			t.Errorf("in 45 s: %q", got)
		}
		leave()
	})
}

func TestStreamEndsWithTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		c, _, ended := listen(t, w, w.options(), streamPath, nil)
		synctest.Wait()
		w.happen(t, "custom.before")
		synctest.Wait()
		_ = w.RevokeKey(t.Context(), w.bot(), w.keys[key].ID)
		w.happen(t, "custom.after")
		mustEnd(t, ended, time.Second)
		if got := c.take(); !strings.Contains(got, "event: error\n") || !strings.Contains(got, `"unauthorized"`) || strings.Contains(got, "custom.after") {
			t.Errorf("ended with %q", got)
		}
	})
}

func TestStreamEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		stopping := make(chan struct{})
		options := w.options()
		options.Stopping = stopping
		_, _, ended := listen(t, w, options, streamPath, nil)
		synctest.Wait()
		close(stopping)
		mustEnd(t, ended, time.Second)
	})
}

func TestStreamRefusals(t *testing.T) {
	run(t, newWorld(), []request{
		{name: "no event's ID", as: key, call: streamPath, header: map[string]string{"Last-Event-ID": "secret"}, status: 422, want: []string{`"header.Last-Event-ID"`}, not: []string{`secret`}},
		{name: "unknown type", as: key, call: streamPath + "?events=nonsense", status: 422, want: []string{`"unknownEventType"`}, not: []string{"nonsense"}},
		{name: "nobody", call: streamPath, status: 401},
		{name: "another's", as: key, call: "GET /api/{strangers}/events/stream", status: 404},
	})
}

func TestChatStream(t *testing.T) {
	w := newWorld()
	c, _ := w.Start(t.Context(), w.bot(), bot9.StartInput{})
	q := request{
		name: "parts, then all", as: key, call: "POST /api/{bot}/conversations/" + c.ID.String() + "/chat", body: `{"message":"How long?"}`,
		header: map[string]string{"Accept": "text/event-stream"}, status: 200,
		want: []string{
			"Content-Type: text/event-stream", "event: delta\ndata: {\"text\":\"Two \"}\n\nevent: delta\ndata: {\"text\":\"<days>\"}\n\nevent: done\ndata: {\"code\":200,",
			`"message":"Two <days>"`, `"replyId":"msg_`,
		},
	}
	w.chatDeltas = []string{"Two ", "<days>"}
	run(t, w, []request{q})

	w.chatFails = bot9.Errorf(bot9.Unavailable, "answeringFailed", "The answering engine failed.")
	q.name, q.want, q.not = "failed after the start", []string{"event: delta", "event: error\ndata: {", `"answeringFailed"`}, []string{"event: done"}
	run(t, w, []request{q})

	w.chatDeltas = nil
	q.name, q.status, q.want, q.not = "failed before the start", 503, []string{`"answeringFailed"`}, []string{"event:"}
	run(t, w, []request{q})
}

// Over a real connection every part arrives before the next one is made.
func TestStreamOverHTTP(t *testing.T) {
	w := newWorld()
	server := httptest.NewServer(serve(t, w.options()))
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/"+w.bot().String()+"/events/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	part := make([]byte, 4096)
	if n, err := res.Body.Read(part); err != nil || !strings.Contains(string(part[:n]), ": connected\n\n") {
		t.Fatalf("began with %q, %v", part[:n], err)
	}
	w.happen(t, "custom.a")
	if n, err := res.Body.Read(part); err != nil || received(string(part[:n])) != "custom.a" {
		t.Errorf("received %q, %v", part[:n], err)
	}
}

// By HTTPS a session's cookie has another name, and its streams end with it all the same.
func TestSessionsAreWatchedByHTTPSToo(t *testing.T) {
	w := newWorld()
	for name, secure := range map[string]bool{"bot9_session": false, "__Host-bot9_session": true} {
		s := &server{Options: Options{Auth: w}, secure: secure}
		r := httptest.NewRequest(http.MethodGet, "/api/events", nil)
		r.AddCookie(&http.Cookie{Name: name, Value: owner})
		ended, stop := s.watchAccess(r)
		if stop(); ended == nil {
			t.Errorf("nobody watches the session of %s", name)
		}
	}
}
