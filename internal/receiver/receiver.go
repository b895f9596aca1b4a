// Package receiver is the built-in receiver of webhooks: it shows what arrives and whether its
// signature is right, so that a newcomer sees a delivery before having written a line.
package receiver

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	kept     = 100     // requests that an inbox remembers
	bodySize = 1 << 20 // bytes of a body that are read
)

// Verify tells whether a request's signature was made with one of the secrets.
type Verify func(secrets []string, headers http.Header, body []byte) error

// Receiver answers POST and GET of /receiver/{token}: it takes deliveries in, and shows the newest
// ones. Whoever knows a token may read its inbox.
type Receiver struct {
	verify  Verify
	mux     *http.ServeMux
	mu      sync.Mutex
	inboxes map[string]*inbox
}

type inbox struct {
	secret   string
	requests []Request // newest last
}

// Request is a delivery that arrived.
type Request struct {
	ReceivedAt time.Time         `json:"receivedAt"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
	Verified   bool              `json:"verified"`
	Problem    string            `json:"problem,omitempty"` // why it is not verified
}

// New makes a receiver without inboxes.
func New(verify Verify) *Receiver {
	r := &Receiver{verify: verify, mux: http.NewServeMux(), inboxes: map[string]*inbox{}}
	r.mux.HandleFunc("POST /receiver/{token}", r.take)
	r.mux.HandleFunc("GET /receiver/{token}", r.show)
	return r
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mux.ServeHTTP(w, request)
}

// NewToken makes a token that nobody can guess.
func NewToken() string { return strings.ToLower(rand.Text()) }

// Open makes an inbox, whose deliveries are signed with secret.
func (r *Receiver) Open(token, secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inboxes[token] = &inbox{secret: secret}
}

func (r *Receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, bodySize))
	if err != nil {
		http.Error(w, "the body can't be read", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	in, ok := r.inboxes[request.PathValue("token")]
	if !ok {
		http.NotFound(w, request)
		return
	}
	taken := Request{ReceivedAt: time.Now().UTC(), Headers: map[string]string{}, Body: string(body), Verified: true}
	for name, values := range request.Header {
		taken.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	status := http.StatusNoContent
	if err := r.verify([]string{in.secret}, request.Header, body); err != nil {
		taken.Verified, taken.Problem = false, err.Error()
		status = http.StatusUnauthorized
	}
	in.requests = append(in.requests, taken)
	if len(in.requests) > kept {
		in.requests = in.requests[len(in.requests)-kept:]
	}
	w.WriteHeader(status)
}

func (r *Receiver) show(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	in, ok := r.inboxes[request.PathValue("token")]
	newestFirst := []Request{}
	if ok {
		for i := len(in.requests) - 1; i >= 0; i-- {
			newestFirst = append(newestFirst, in.requests[i])
		}
	}
	r.mu.Unlock()
	if !ok {
		http.NotFound(w, request)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": newestFirst}) // the client may be gone
}
