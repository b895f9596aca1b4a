package api

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"
)

// exchange is what is known of one request and its answer besides their contents.
type exchange struct {
	id      string
	log     *slog.Logger
	request *http.Request
	route   string // the pattern that matched, "" for none
	caller  *caller
}

type exchangeKey struct{}

var noExchange = &exchange{log: slog.New(slog.DiscardHandler)}

func exchangeFrom(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return noExchange
}

// observe gives the request an ID, writes the access log, and survives a panic. The log has the
// path but no query: that may carry what should not be kept.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		x := &exchange{id: "req_" + rand.Text(), log: s.Log, request: r}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		out := &response{ResponseWriter: w, request: r}
		header := w.Header()
		header.Set("Request-Id", x.id)
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		defer func() {
			if p := recover(); p != nil {
				s.panicked(out, r, p)
			}
			s.logAccess(out, r, x, time.Since(started))
		}()
		next.ServeHTTP(out, r)
	})
}

func (s *server) panicked(w *response, r *http.Request, p any) {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	x := exchangeFrom(r.Context())
	x.log.Error("panic", "requestId", x.id, "panic", p, "stack", string(debug.Stack()))
	if w.status == 0 {
		writeProblem(w, newProblem(r.Context(), http.StatusInternalServerError, codeInternal,
			"Something went wrong on our side. If it stays, report it with the request ID."))
	}
}

// oncePerSecond lets one line of a second pass, where there may be thousands.
type oncePerSecond struct{ last atomic.Int64 }

func (o *oncePerSecond) pass(now time.Time) bool { return o.last.Swap(now.Unix()) != now.Unix() }

func (s *server) logAccess(w *response, r *http.Request, x *exchange, took time.Duration) {
	level := slog.LevelDebug // too many to be worth their cost
	switch {
	case w.status == http.StatusInsufficientStorage: // the store says it, once in a while
	case w.status == http.StatusServiceUnavailable && !s.unavailable.pass(time.Now()):
	case w.status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	s.Log.LogAttrs(r.Context(), level, "request",
		slog.String("requestId", x.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("route", x.route),
		slog.Int("status", w.status), slog.Int64("bytes", w.written), slog.Duration("took", took),
		slog.String("caller", x.caller.label()), slog.String("from", s.ClientIP(r)))
}

// response notes what was answered. As long as no route was found it turns the router's own plain
// 404 and 405 into problems.
type response struct {
	http.ResponseWriter
	request *http.Request
	routed  bool
	muted   bool // the router's own text is dropped
	status  int
	written int64
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(status int) {
	if !w.routed && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		w.routed = true
		detail := "There is no such path."
		if !strings.HasPrefix(w.request.URL.Path, basePath) {
			detail = "There is no such path: those of the API begin with /api/."
		}
		if status == http.StatusMethodNotAllowed {
			detail = "This path doesn't take this method; the Allow header says which it takes."
		}
		writeProblem(w, newProblem(w.request.Context(), status, codeOfStatus(status), detail))
		w.muted = true
		return
	}
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(body []byte) (int, error) {
	if w.muted {
		return len(body), nil
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(body)
	w.written += int64(n)
	return n, err
}

// Flush implements http.Flusher.
func (w *response) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }
