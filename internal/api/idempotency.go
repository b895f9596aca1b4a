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

// AnswerStore remembers what requests with an Idempotency-Key were answered. The write that has the request's effect
// records key and answer in its own transaction.
type AnswerStore interface {
	FindAnswer(ctx context.Context, scope int64, key string) (first bot9.FirstAnswer, found bool, err error)
}

// Sealer encrypts what must not stand readable in the database: answers may hold secrets. What was
// sealed for one place opens for the same only.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Unseal(sealed []byte, place string) ([]byte, error)
}

const (
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

// once lets a request with an Idempotency-Key have its effect at most once, and answers a repeated one with the first
// answer.
func (s *server) once(w http.ResponseWriter, r *http.Request, key string, status int, next http.Handler) {
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
	first := &firstAnswer{status: status}
	idempotency.Answer = func(result any) ([]byte, error) { return s.sealAnswer(idempotency, first, result) }
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), onceTimeout)
	defer cancel()
	ctx = context.WithValue(bot9.WithIdempotency(ctx, idempotency), firstAnswerKey{}, first)
	next.ServeHTTP(&unlessRefused{w, idempotency}, r.WithContext(ctx))
	if idempotency.Refused {
		s.lostRace(w, r, idempotency)
	}
}

// firstAnswer says how an operation answers what its write returns.
type firstAnswer struct {
	status int
	view   func(result any) (savedAnswer, error) // nil: the result itself, in JSON
}

type firstAnswerKey struct{}

// answering says how the operation answers what its write returns, if that is not the result itself. What it makes
// is recorded with the write for a request with an Idempotency-Key.
func answering[R, T any](ctx context.Context, view func(R) T) {
	answeringWith(ctx, func(result R) (savedAnswer, error) { return jsonAnswer(view(result)) })
}

// answeringWith is answering, where there is more to it than a body in JSON.
func answeringWith[R any](ctx context.Context, view func(R) (savedAnswer, error)) {
	if first, ok := ctx.Value(firstAnswerKey{}).(*firstAnswer); ok {
		first.view = func(result any) (savedAnswer, error) { return view(*result.(*R)) }
	}
}

func jsonAnswer(body any) (savedAnswer, error) {
	var out bytes.Buffer
	err := jsonFormat.Marshal(&out, body)
	return savedAnswer{ContentType: "application/json", Body: out.Bytes()}, err
}

// sealAnswer makes the answer that is kept.
func (s *server) sealAnswer(i *bot9.Idempotency, first *firstAnswer, result any) ([]byte, error) {
	view := first.view
	if view == nil {
		view = func(result any) (savedAnswer, error) { return jsonAnswer(result) }
	}
	saved, err := view(result)
	if err != nil {
		return nil, err
	}
	if saved.Status == 0 {
		saved.Status = first.status
	}
	plain, err := json.Marshal(saved)
	if err != nil {
		return nil, err
	}
	return s.Sealer.Seal(plain, placeOf(i))
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
	return &bot9.Idempotency{Scope: scope, Principal: c.principal(), Key: key, Fingerprint: [32]byte(hash.Sum(nil))}, nil
}

// repeat answers a request that was made before; done tells whether it did.
func (s *server) repeat(w http.ResponseWriter, r *http.Request, i *bot9.Idempotency) (done bool, err error) {
	first, found, err := s.Store.FindAnswer(r.Context(), i.Scope, i.Key)
	switch {
	case err != nil || !found:
		return false, err
	case first.Fingerprint != i.Fingerprint:
		return false, bot9.InvalidField(codeKeyReused, "header.Idempotency-Key",
			"This key was used for another request; take a new one for each.")
	case first.Principal != 0 && first.Principal != i.Principal:
		return false, bot9.InvalidField(codeKeyReused, "header.Idempotency-Key",
			"This key was used by somebody else, and the answer is for them only; take a new one for each request.")
	case len(first.Sealed) == 0 && first.Question != 0 && !first.Owed:
		return false, bot9.Errorf(bot9.Unavailable, "answeringFailed", "No answer could be made; the message is stored.")
	case len(first.Sealed) == 0:
		return false, inProgress()
	}
	plain, err := s.Sealer.Unseal(first.Sealed, placeOf(i))
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
		"A request with this key is still running. Its effect stands; try again for its answer.")
	err.RetryAfter = time.Second
	return err
}

func placeOf(i *bot9.Idempotency) string {
	return "answer:" + strconv.FormatInt(i.Scope, 10) + ":" + i.Key
}

// unlessRefused drops what is answered to a request whose key another one has recorded meanwhile.
type unlessRefused struct {
	http.ResponseWriter
	idempotency *bot9.Idempotency
}

// Unwrap lets http.ResponseController reach the connection.
func (w *unlessRefused) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *unlessRefused) WriteHeader(status int) {
	if !w.idempotency.Refused {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *unlessRefused) Write(part []byte) (int, error) {
	if w.idempotency.Refused {
		return len(part), nil
	}
	return w.ResponseWriter.Write(part)
}

// Flush implements http.Flusher.
func (w *unlessRefused) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
