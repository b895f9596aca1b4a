package api

import (
	"net/http/httptest"
	"testing"
)

func TestAnswering(t *testing.T) {
	const path = "/api/{bot}/answering"
	run(t, newWorld(), []request{
		{name: "the defaults", as: viewer, call: "GET " + path, status: 200, want: []string{
			`"engine":"knowledge"`, `"embeddings":null`, `"hours":null`, `"afterNotFound":2`, `"offer":true`, `"words":[]`, `"language":"auto"`, `"apiKeySet":false`, `"temperature":null`, "Etag: ",
		}},
		{name: "viewers change nothing", as: viewer, call: "PATCH " + path, body: `{"engine":"none"}`, status: 403, want: []string{`"roleTooLow"`}},
		{
			name: "a model", as: key, call: "PATCH " + path, status: 200,
			body: `{"engine":"model","model":{"baseUrl":"https://llm.example/v1","model":"m","apiKey":"sk-canary-1","temperature":0.5},"embeddings":{"baseUrl":"https://llm.example/v1","model":"e","apiKey":"sk-canary-2"}}`,
			want: []string{`"engine":"model"`, `"baseUrl":"https://llm.example/v1"`, `"apiKeySet":true`, `"temperature":0.5`, `"maxTokens":800`, `"strict":true`}, not: []string{"canary"},
		},
		{name: "a patch merges", as: developer, call: "PATCH " + path, body: `{"model":{"maxTokens":100,"temperature":null}}`, status: 200, want: []string{`"maxTokens":100`, `"baseUrl":"https://llm.example/v1"`, `"temperature":null`, `"apiKeySet":true`}},
		{name: "a key doesn't follow to another server", as: developer, call: "PATCH " + path, body: `{"model":{"baseUrl":"https://evil.example/v1"}}`, status: 200, want: []string{`"model":"m","apiKeySet":false`}},
		{name: "null removes", as: developer, call: "PATCH " + path, body: `{"embeddings":null,"engine":"knowledge","model":null}`, status: 200, want: []string{`"embeddings":null`, `"baseUrl":""`, `"maxTokens":800`}},
		{name: "hours", as: developer, call: "PATCH " + path, body: `{"hours":{"timezone":"Europe/Berlin","week":[{"day":"mon","from":"09:00","to":"17:00"}]}}`, status: 200, want: []string{`"hours":{"timezone":"Europe/Berlin","week":[{"day":"mon","from":"09:00","to":"17:00"}],"away":""}`}},
		{name: "hours stay", as: developer, call: "PATCH " + path, body: `{"hours":{"away":"Back {back}"},"handover":{"words":["lawyer"],"afterNotFound":0}}`, status: 200, want: []string{`"timezone":"Europe/Berlin"`, `"away":"Back {back}"`, `"words":["lawyer"]`, `"afterNotFound":0`}},
		{name: "an engine that there is not", as: developer, call: "PATCH " + path, body: `{"engine":"magic"}`, status: 422, want: []string{`"validationFailed"`, "body.engine"}},
		{name: "a threshold above 1", as: developer, call: "PATCH " + path, body: `{"threshold":1.5}`, status: 422, want: []string{"body.threshold"}},
		{name: "a lower threshold takes the other along", as: developer, call: "PATCH " + path, body: `{"threshold":0.1}`, status: 200, want: []string{`"threshold":0.1,"suggestThreshold":0.1`}},
		{name: "a day that there is not", as: developer, call: "PATCH " + path, body: `{"hours":{"week":[{"day":"someday","from":"09:00","to":"17:00"}]}}`, status: 422, want: []string{"body.hours.week[0].day"}},
		{name: "a time that is none", as: developer, call: "PATCH " + path, body: `{"hours":{"week":[{"day":"mon","from":"9","to":"17:00"}]}}`, status: 422, want: []string{"body.hours.week[0].from"}},
		{name: "a field that there is not", as: developer, call: "PATCH " + path, body: `{"model":{"base_url":"x"}}`, status: 422, want: []string{`"unknownField"`, "Did you mean baseUrl?"}},
		{name: "engine can't be removed", as: developer, call: "PATCH " + path, body: `{"engine":null}`, status: 422, want: []string{"body.engine", "can't be removed"}},
		{name: "a private model", as: developer, call: "PATCH " + path, body: `{"model":{"baseUrl":"http://localhost:11434/v1"}}`, status: 422, want: []string{`"targetNotAllowed"`, "body.model.baseUrl"}},
	})
}

func TestAnsweringIfMatch(t *testing.T) {
	w := newWorld()
	handler := serve(t, w.options())
	call := func(method, body, tag string) *httptest.ResponseRecorder {
		q := request{as: owner, call: method + " /api/{bot}/answering", body: body, header: map[string]string{"If-Match": tag}}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, q.make(w))
		return rec
	}
	tag := call("GET", "", "").Header().Get("ETag")
	if rec := call("PATCH", `{"threshold":0.6}`, tag); rec.Code != 200 {
		t.Fatalf("with the ETag that was read: %d %s", rec.Code, rec.Body)
	}
	if rec := call("PATCH", `{"threshold":0.7}`, tag); rec.Code != 412 {
		t.Errorf("with an old ETag: %d %s", rec.Code, rec.Body)
	}
}
