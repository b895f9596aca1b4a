package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// silence is how long a stream may be silent before it counts as lost; the server says something
// every 15 s.
const silence = 45 * time.Second

// followWaits is how long to wait before each try to come back; the last one holds for all further.
var followWaits = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second}

// FollowOptions say which events to follow, and where to start.
type FollowOptions struct {
	Events []string // types, "custom.*" for all custom ones; empty for all
	After  string   // the ID of an event: everything after it; empty for what happens from now on

	OnConnect    func()                              // when the stream begins, and begins again
	OnDisconnect func(err error, wait time.Duration) // before waiting to come back
}

// Follow hands over a chatbot's events, live and in order, until ctx ends, handle returns an error,
// or the server refuses the stream; it returns why. It comes back by itself when the connection or
// the server is lost, and goes on after the last event that was handed over, without a gap.
func (c *Client) Follow(ctx context.Context, options FollowOptions, handle func(Event) error) error {
	f := &follower{client: c, options: options, handle: handle, after: options.After}
	if options.OnConnect == nil {
		f.options.OnConnect = func() {}
	}
	if options.OnDisconnect == nil {
		f.options.OnDisconnect = func(error, time.Duration) {}
	}
	for {
		err := f.stream(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.failed != nil {
			return f.failed
		}
		if problem, ok := errors.AsType[*Problem](err); ok && problem.Status < 500 && problem.Status != http.StatusTooManyRequests {
			return err
		}
		wait := followWaits[min(f.failures, len(followWaits)-1)]
		if problem, ok := errors.AsType[*Problem](err); ok {
			wait = max(wait, problem.RetryAfter)
		}
		f.failures++
		f.options.OnDisconnect(err, wait)
		if err := c.options.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// follower is the place in a stream that outlives its connections.
type follower struct {
	client   *Client
	options  FollowOptions
	handle   func(Event) error
	after    string // the last event's ID, "" before the first
	fromZero bool   // there was no event when we began, so every event is news
	failures int    // in a row
	failed   error  // what handle returned
}

// place finds out after which event "now" is, so that nothing is lost if the connection ends before
// the first event comes.
func (f *follower) place(ctx context.Context) error {
	if f.after != "" {
		return nil
	}
	newest, err := f.client.Events(ctx, EventFilter{}, Page{Limit: 1})
	if err != nil {
		return err
	}
	if len(newest.Data) == 0 {
		f.fromZero = true
		return nil
	}
	if !f.fromZero {
		f.after = newest.Data[0].ID
		return nil
	}
	return f.first(ctx)
}

// first hands over the oldest of all events; the stream goes on after it.
func (f *follower) first(ctx context.Context) error {
	var oldest *Event
	for cursor := ""; ; {
		page, err := f.client.Events(ctx, EventFilter{}, Page{Limit: 250, Cursor: cursor})
		if err != nil {
			return err
		}
		if len(page.Data) > 0 {
			oldest = &page.Data[len(page.Data)-1]
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if oldest == nil {
		return nil
	}
	return f.take(*oldest)
}

func (f *follower) take(event Event) error {
	if f.wants(event.Type) {
		if f.failed = f.handle(event); f.failed != nil {
			return f.failed
		}
	}
	f.after = event.ID
	return nil
}

func (f *follower) wants(event string) bool {
	if len(f.options.Events) == 0 {
		return true
	}
	for _, chosen := range f.options.Events {
		prefix, all := strings.CutSuffix(chosen, "*")
		if chosen == event || all && strings.HasPrefix(event, prefix) {
			return true
		}
	}
	return false
}

// stream follows one connection to its end.
func (f *follower) stream(ctx context.Context) error {
	if err := f.place(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := f.client.about(ctx, http.MethodGet, "events", "stream")
	if err != nil {
		return err
	}
	request.accept, request.last = "text/event-stream", f.after
	if len(f.options.Events) > 0 {
		request.query = url.Values{"events": {strings.Join(f.options.Events, ",")}}
	}
	sent, err := f.client.request(ctx, request, nil, "")
	if err != nil {
		return err
	}
	response, err := f.client.once(sent)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "text/event-stream" {
		return notBot9(response)
	}
	reader := newStreamReader(&watched{Reader: response.Body, lost: func() {
		cancel(errors.New("the stream has been silent for too long"))
	}})
	f.options.OnConnect()
	err = f.read(reader)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return err
}

func (f *follower) read(reader *streamReader) error {
	for {
		received, err := reader.next()
		if err != nil {
			return &UnreachableError{URL: f.client.URL(), Err: fmt.Errorf("the stream ended: %w", err)}
		}
		if received.Name == "error" {
			problem := &Problem{}
			if err := json.Unmarshal(received.Data, problem); err != nil {
				return err
			}
			return problem
		}
		var event Event
		if err := json.Unmarshal(received.Data, &event); err != nil {
			return fmt.Errorf("the stream has an event that can't be read: %w", err)
		}
		f.failures = 0
		if err := f.take(event); err != nil {
			return err
		}
	}
}

// watched calls lost when a single read takes longer than silence. Time that passes between reads
// doesn't count: the reader may be busy.
type watched struct {
	io.Reader
	lost func()
}

func (w *watched) Read(p []byte) (int, error) {
	timer := time.AfterFunc(silence, w.lost)
	defer timer.Stop()
	return w.Reader.Read(p)
}
