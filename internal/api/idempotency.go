package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// AnswerStore remembers what requests with an Idempotency-Key were answered. The key itself is
// recorded by the first write of the request, in that write's own transaction.
type AnswerStore interface {
	FindAnswer(ctx context.Context, scope int64, key string) (fingerprint [32]byte, sealed []byte, found bool, err error)
	SaveAnswer(ctx context.Context, scope int64, key string, sealed []byte) error
}

// Sealer encrypts what must not stand readable in the database: answers may hold secrets. What was
// sealed for one place opens for the same only.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Unseal(sealed []byte, place string) ([]byte, error)
}

const (
	codeKeyUsed    = "idempotencyKeyUsed" // from the store: another request recorded the key meanwhile
	codeKeyReused  = "idempotencyKeyReused"
	codeInProgress = "idempotencyInProgress"

	maxIdempotencyKey = 255
	// onceTimeout bounds a request with a key: it is finished even if its client goes away, since
	// the client will ask again for the answer.
	onceTimeout = 2 * time.Minute
)

// savedAnswer is an answer as it is kept.
type savedAnswer struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType,omitempty"`
	Location    string `json:"location,omitempty"`
	Body        []byte `json:"body"`
}

// once lets a request with an Idempotency-Key have its effect at most once, and answers a repeated
// one with the first answer.
func (s *server) once(w http.ResponseWriter, r *http.Request, key string, next http.Handler) {
	idempotency, err := newIdempotency(r, key)
	if err != nil {
		fail(w, r, err)
		return
	}
	done, err := s.repeat(w, r, idempotency)
	if err != nil {
		fail(w, r, err)
	}
	if done || err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), onceTimeout)
	defer cancel()
	recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
	next.ServeHTTP(recorder, r.WithContext(bot9.WithIdempotency(ctx, idempotency)))
	if recorder.lostRace() {
		s.lostRace(w, r, idempotency)
		return
	}
	if idempotency.Recorded {
		if err := s.remember(ctx, idempotency, recorder); err != nil {
			exchangeFrom(ctx).log.Error("could not keep an answer for its Idempotency-Key", "error", err)
		}
	}
	recorder.release()
}

func newIdempotency(r *http.Request, key string) (*bot9.Idempotency, error) {
	valid := len(key) <= maxIdempotencyKey
	for i := range len(key) {
		valid = valid && key[i] > ' ' && key[i] < 0x7f
	}
	if !valid {
		return nil, bot9.InvalidField(codeValidation, "header.Idempotency-Key",
			"The key must be 1 to %d printable ASCII characters without spaces.", maxIdempotencyKey)
	}
	c := callerFrom(r.Context())
	scope := int64(c.chatbot)
	if scope == 0 {
		scope = int64(c.AccountID)
	}
	hash := sha256.New()
	_, _ = io.WriteString(hash, r.Method+"\n"+r.URL.Path+"\n")
	_, _ = hash.Write(bodyOf(r))
	return &bot9.Idempotency{Scope: scope, Key: key, Fingerprint: [32]byte(hash.Sum(nil))}, nil
}

// repeat answers a request that was made before; done tells whether it did.
func (s *server) repeat(w http.ResponseWriter, r *http.Request, i *bot9.Idempotency) (done bool, err error) {
	fingerprint, sealed, found, err := s.Store.FindAnswer(r.Context(), i.Scope, i.Key)
	if err != nil || !found {
		return false, err
	}
	if fingerprint != i.Fingerprint {
		return false, bot9.InvalidField(codeKeyReused, "header.Idempotency-Key",
			"This key was used for another request; take a new one for each.")
	}
	if len(sealed) == 0 {
		return false, inProgress()
	}
	plain, err := s.Sealer.Unseal(sealed, placeOf(i))
	if err != nil {
		return false, err
	}
	var saved savedAnswer
	if err := json.Unmarshal(plain, &saved); err != nil {
		return false, err
	}
	for name, value := range map[string]string{"Content-Type": saved.ContentType, "Location": saved.Location} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(saved.Status)
	_, _ = w.Write(saved.Body) // an error means that the client is gone
	return true, nil
}

// lostRace answers the slower of two requests with one key.
func (s *server) lostRace(w http.ResponseWriter, r *http.Request, i *bot9.Idempotency) {
	done, err := s.repeat(w, r, i)
	if err == nil && !done {
		err = inProgress()
	}
	if err != nil {
		fail(w, r, err)
	}
}

func inProgress() error {
	err := bot9.Errorf(bot9.Conflict, codeInProgress,
		"A request with this key was accepted, but its answer isn't known: it is still running, or the server "+
			"stopped in between. Its effect stands; look the object up, or try again later.")
	err.RetryAfter = time.Second
	return err
}

func (s *server) remember(ctx context.Context, i *bot9.Idempotency, rec *recorder) error {
	plain, err := json.Marshal(savedAnswer{
		Status: rec.status, ContentType: rec.Header().Get("Content-Type"),
		Location: rec.Header().Get("Location"), Body: rec.body.Bytes(),
	})
	if err != nil {
		return err
	}
	sealed, err := s.Sealer.Seal(plain, placeOf(i))
	if err != nil {
		return err
	}
	return s.Store.SaveAnswer(ctx, i.Scope, i.Key, sealed)
}

func placeOf(i *bot9.Idempotency) string {
	return "answer:" + strconv.FormatInt(i.Scope, 10) + ":" + i.Key
}

// recorder keeps an answer. It holds it back until it is released, unless the answer streams.
type recorder struct {
	http.ResponseWriter
	status    int
	body      bytes.Buffer
	streaming bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) { w.status = status }

func (w *recorder) Write(part []byte) (int, error) {
	w.body.Write(part)
	if w.streaming {
		_, _ = w.ResponseWriter.Write(part) // the answer is kept also when its client is gone
	}
	return len(part), nil
}

// Flush implements http.Flusher: from now on the answer streams.
func (w *recorder) Flush() {
	if !w.streaming {
		w.release()
		w.streaming = true
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *recorder) release() {
	if w.streaming {
		return
	}
	w.ResponseWriter.WriteHeader(w.status)
	_, _ = w.ResponseWriter.Write(w.body.Bytes()) // an error means that the client is gone
}

func (w *recorder) lostRace() bool {
	if w.status != http.StatusConflict || w.streaming {
		return false
	}
	var p Problem
	return json.Unmarshal(w.body.Bytes(), &p) == nil && p.Code == codeKeyUsed
}
