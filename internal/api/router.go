package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	basePath    = "/api/"
	chatbotPath = basePath + "{chatbotId}/"
)

// router finds the operation of a request. Paths of a chatbot have a mux of their own: to net/http
// /api/{chatbotId}/keys and /api/chatbots/{chatbotId} are in conflict.
type router struct {
	fixed, chatbot *http.ServeMux
	second         *http.ServeMux  // paths of a second version: to net/http they are in conflict with those of the first
	heads          map[string]bool // the first segments, after /api/, of the fixed paths
	server         *server
}

func newRouter(s *server) *router {
	return &router{fixed: http.NewServeMux(), chatbot: http.NewServeMux(), second: http.NewServeMux(), heads: map[string]bool{}, server: s}
}

// serve lets next answer an operation's path, behind the guard.
func (m *router) serve(method, path string, a access, rules *rules, next http.Handler) {
	mux := m.chatbot
	if !strings.HasPrefix(path, chatbotPath) {
		mux = m.fixed
		if isSecond(path) {
			mux = m.second
		}
		m.heads[head(path)] = true
	}
	pattern := path
	if strings.HasSuffix(path, "/") {
		pattern += "{$}"
	}
	mux.Handle(method+" "+pattern, m.server.guard(a, rules, path, next))
}

// ServeHTTP implements http.Handler and huma.Adapter.
func (m *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions && strings.HasPrefix(r.URL.Path, widgetPath) {
		m.server.answerPreflight(w, r)
		return
	}
	if isSecond(r.URL.Path) {
		m.second.ServeHTTP(w, r)
		return
	}
	if m.heads[head(r.URL.Path)] {
		m.fixed.ServeHTTP(w, r)
		return
	}
	m.chatbot.ServeHTTP(w, r)
}

func isSecond(path string) bool { return strings.HasPrefix(path, basePath+"rules/v2/") }

func head(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, basePath), "/")
	return first
}

// Handle implements huma.Adapter.
func (m *router) Handle(op *huma.Operation, handler func(huma.Context)) {
	a, _ := op.Metadata[accessKey].(access)
	m.serve(op.Method, op.Path, a, rulesOf(m.server.registry(), op, a), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(humago.NewContext(op, r, w))
	}))
}

const accessKey = "access"

// operation starts the description of one.
func operation(method, path, tag, id, summary, description string) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, Tags: []string{tag}, OperationID: id, Summary: summary, Description: description,
	}
}

// register adds an operation whose input the framework parses and whose answer it writes.
func register[I, O any](
	s *server, a access, op huma.Operation, handler func(context.Context, *caller, *I) (*O, error),
) {
	describeAccess(&op, a)
	if a.status = op.DefaultStatus; a.status == 0 {
		a.status = http.StatusOK
	}
	op.Metadata = map[string]any{accessKey: a}
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // the guard has read the body
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		return handler(ctx, callerFrom(ctx), in)
	})
}

// registerPlain adds an operation that reads and writes by itself; op says all about it.
func registerPlain(s *server, a access, op huma.Operation, handler http.HandlerFunc) {
	a.scope = scopeOf(&op, a)
	describeAccess(&op, a)
	s.huma.OpenAPI().AddOperation(&op)
	s.router.serve(op.Method, op.Path, a, rulesOf(s.registry(), &op, a), handler)
}
