package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// visit is a request as a behaviour sees it.
type visit struct {
	delivered
	n      int           // 1 for the first
	done   chan struct{} // ends when the receiver goes down
	writer http.ResponseWriter
}

// behaviour answers a request with a status, after setting headers and waiting as it likes.
type behaviour func(visit) (status int)

// behaviours are what receivers may do, by the names that scripts give them.
var behaviours = map[string]behaviour{
	"ok":                always(http.StatusNoContent),
	"fails":             always(http.StatusInternalServerError),
	"gone":              always(http.StatusGone),
	"fails-every-third": failsWhen(func(v visit) bool { return v.n%3 == 0 }),
	"fails-first":       failsWhen(func(v visit) bool { return v.n == 1 }),
	"busy-first": func(v visit) int {
		if v.n > 1 {
			return http.StatusNoContent
		}
		v.writer.Header().Set("Retry-After", "2")
		return http.StatusTooManyRequests
	},
	"redirects": func(v visit) int {
		v.writer.Header().Set("Location", "/elsewhere")
		return http.StatusFound
	},
	"hangs": func(v visit) int {
		select {
		case <-time.After(12 * time.Second):
		case <-v.done:
		}
		return http.StatusNoContent
	},
}

func always(status int) behaviour { return func(visit) int { return status } }

func failsWhen(condition func(visit) bool) behaviour {
	return func(v visit) int {
		if condition(v) {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	}
}

// receiver is an integrator's endpoint. It remembers every request.
type receiver struct {
	addr string

	mu       sync.Mutex
	behave   behaviour
	behaved  int // requests answered by the present behaviour
	requests []delivered
	server   *http.Server
	done     chan struct{}
}

// delivered is a request that a receiver got.
type delivered struct {
	at     time.Time
	path   string
	header http.Header
	body   []byte
	status int // what it was answered

	Event          string
	ID             string
	ConversationID string
	Sequence       int64
	Data           struct{ Number int }
}

func newReceiver(behave behaviour) (*receiver, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	r := &receiver{addr: addr, behave: behave}
	return r, r.up()
}

// startReceiver starts a receiver that ends with the test.
func startReceiver(t *testing.T, name string) *receiver {
	t.Helper()
	return startReceiverThat(t, behaviours[name])
}

func startReceiverThat(t *testing.T, behave behaviour) *receiver {
	t.Helper()
	r, err := newReceiver(behave)
	must(t, err)
	t.Cleanup(r.down)
	return r
}

func (r *receiver) url() string { return "http://" + r.addr + "/hook" }

// become changes what the receiver does from the next request on.
func (r *receiver) become(behave behaviour) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.behave, r.behaved = behave, 0
}

// up listens.
func (r *receiver) up() error {
	listener, err := net.Listen("tcp", r.addr)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = make(chan struct{})
	r.server = &http.Server{Handler: http.HandlerFunc(r.take), ReadHeaderTimeout: 10 * time.Second}
	go func(server *http.Server) { _ = server.Serve(listener) }(r.server) // it ends when it is closed
	return nil
}

// down stops listening and breaks all connections off: from now on connecting is refused.
func (r *receiver) down() {
	r.mu.Lock()
	server := r.server
	if server != nil {
		close(r.done)
		r.server = nil
	}
	r.mu.Unlock()
	if server != nil {
		_ = server.Close() // what it closes doesn't matter any more
	}
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	got := delivered{at: time.Now(), path: request.URL.Path, header: request.Header, body: body}
	if err := json.Unmarshal(body, &got); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.behaved++
	behave, v := r.behave, visit{got, r.behaved, r.done, w}
	r.requests = append(r.requests, got)
	mine := len(r.requests) - 1
	r.mu.Unlock()
	status := behave(v)
	r.mu.Lock()
	r.requests[mine].status = status
	r.mu.Unlock()
	w.WriteHeader(status)
}

// all returns the requests so far.
func (r *receiver) all() []delivered {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// has returns an error unless at least n different events have been acknowledged.
func (r *receiver) has(n int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	acknowledged := map[string]bool{}
	for i := range r.requests {
		if r.requests[i].status/100 == 2 {
			acknowledged[r.requests[i].ID] = true
		}
	}
	if len(acknowledged) < n {
		return fmt.Errorf("%d of %d events acknowledged, in %d requests", len(acknowledged), n, len(r.requests))
	}
	return nil
}

// order checks the requests of one conversation by their first arrival: the sequences are first,
// first+1, … without a gap and none before its predecessor was acknowledged.
func order(requests []delivered, conversation string, first int64) error {
	newest, acknowledged := first-1, first-1
	for _, got := range requests {
		if got.ConversationID != conversation {
			continue
		}
		switch {
		case got.Sequence > newest && got.Sequence != newest+1:
			return fmt.Errorf("sequence %d of %s came after %d", got.Sequence, conversation, newest)
		case got.Sequence > newest && acknowledged != newest:
			return fmt.Errorf("sequence %d of %s came before %d was acknowledged", got.Sequence, conversation, newest)
		}
		newest = max(newest, got.Sequence)
		if got.status/100 == 2 {
			acknowledged = max(acknowledged, got.Sequence)
		}
	}
	if newest < first {
		return errors.New("nothing of " + conversation + " came")
	}
	return nil
}
