package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bot9/bot9/internal/bot9"
)

// historicOperations are those whose existing clients send more than is read.
var historicOperations = []string{
	"startConversation", "chat", "appendMessage", "listChatbotNames",
	"createInstruction", "listInstructions", "listInstructionCategories", "createCustomAction", "listCustomActions", "replaceInstruction", "replaceCustomAction",
	"getRawChatData", "getRawAgentData",
}

// operations returns every operation of the OpenAPI document.
func operations(t *testing.T, handler http.Handler) (found []*huma.Operation, registry huma.Registry) {
	t.Helper()
	document := handler.(*API).huma.OpenAPI()
	for _, path := range slices.Sorted(maps.Keys(document.Paths)) {
		item := document.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				found = append(found, op)
			}
		}
	}
	return found, document.Components.Schemas
}

var pathParameter = regexp.MustCompile(`\{[a-zA-Z]+\}`)

// answerOf makes a request of the account's owner, who may do everything, or of a visitor of the widget.
func answerOf(handler http.Handler, w *world, op *huma.Operation, query, body string) (int, Problem) {
	path := strings.Replace(op.Path, "{chatbotId}", w.bot().String(), 1)
	q := request{as: owner, call: op.Method + " " + pathParameter.ReplaceAllString(path, "x") + query, body: body}
	if strings.HasPrefix(path, widgetPath) {
		q.as, q.header = visitorToken, map[string]string{"Sec-Fetch-Site": "same-origin"}
	}
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, q.make(w))
	var p Problem
	_ = json.Unmarshal(rec.Body.Bytes(), &p)
	return rec.Code, p
}

func refusedAs(p Problem, status int, code, location string) bool {
	return status == http.StatusUnprocessableEntity && p.Code == code && len(p.Errors) > 0 && p.Errors[0].Location == location
}

// Every operation, those to come included, refuses a parameter that it doesn't read.
func TestEveryOperationRefusesUnknownParameters(t *testing.T) {
	w := newWorld()
	handler := serve(t, w.options())
	all, _ := operations(t, handler)
	if len(all) < 50 {
		t.Fatalf("only %d operations", len(all))
	}
	for _, op := range all {
		t.Run(op.OperationID, func(t *testing.T) {
			status, p := answerOf(handler, w, op, "?colour=red", "")
			if historic := slices.Contains(historicOperations, op.OperationID); historic == refusedAs(p, status, "unknownParameter", "query.colour") {
				t.Errorf("%s %s: historic %t, but %d %+v", op.Method, op.Path, historic, status, p)
			}
			for _, parameter := range op.Parameters {
				if parameter.In != "query" {
					continue
				}
				name := misspelt(parameter.Name)
				if status, p := answerOf(handler, w, op, "?"+name+"=x", ""); !refusedAs(p, status, "unknownParameter", "query."+name) ||
					len(name) > 3 && !strings.Contains(p.Errors[0].Message, "Did you mean "+parameter.Name+"?") {
					t.Errorf("%s %s?%s: %d %+v", op.Method, op.Path, name, status, p)
				}
			}
		})
	}
}

// misspelt swaps two letters of a name, or doubles its first one.
func misspelt(name string) string {
	if len(name) < 3 || name[1] == name[2] {
		return name[:1] + name
	}
	return name[:1] + name[2:3] + name[1:2] + name[3:]
}

// Every operation, those to come included, refuses a field that it doesn't read, at any depth.
func TestEveryOperationRefusesUnknownFields(t *testing.T) {
	w := newWorld()
	handler := serve(t, w.options())
	all, registry := operations(t, handler)
	for _, op := range all {
		if op.Method == http.MethodGet || op.Method == http.MethodDelete || op.RequestBody != nil && op.RequestBody.Content["application/json"] == nil {
			continue
		}
		historic := slices.Contains(historicOperations, op.OperationID)
		t.Run(op.OperationID, func(t *testing.T) {
			status, p := answerOf(handler, w, op, "", `{"colour":"red"}`)
			if historic == refusedAs(p, status, "unknownField", "body.colour") {
				t.Errorf("%s %s: historic %t, but %d %+v", op.Method, op.Path, historic, status, p)
			}
			if op.RequestBody == nil {
				return
			}
			for _, at := range namesOf(registry, op.RequestBody.Content["application/json"].Schema, nil) {
				for _, wrong := range []string{misspelt(at[len(at)-1]), snakeCase(at[len(at)-1])} {
					if strings.EqualFold(wrong, at[len(at)-1]) { // which is read
						continue
					}
					body, location := nested(at[:len(at)-1], wrong)
					if status, p := answerOf(handler, w, op, "", body); !refusedAs(p, status, "unknownField", location) {
						t.Errorf("%s %s %s: %d %+v", op.Method, op.Path, body, status, p)
					}
				}
			}
			if status, p := answerOf(handler, w, op, "", `{"private":true}`); !refusedAs(p, status, "unknownField", "body.private") {
				t.Errorf("%s %s: private is taken: %d %+v", op.Method, op.Path, status, p)
			}
		})
	}
}

// namesOf lists the paths of all properties of a schema.
func namesOf(registry huma.Registry, schema *huma.Schema, above []string) (paths [][]string) {
	for schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	if len(schema.OneOf) > 0 {
		return namesOf(registry, schema.OneOf[0], above)
	}
	for name, property := range schema.Properties {
		path := append(slices.Clone(above), name)
		paths = append(append(paths, path), namesOf(registry, property, path)...)
	}
	return paths
}

func nested(above []string, name string) (body, location string) {
	body, location = `{"`+name+`":1}`, "body."+strings.Join(append(slices.Clone(above), name), ".")
	for _, outer := range slices.Backward(above) {
		body = `{"` + outer + `":` + body + `}`
	}
	return body, location
}

func snakeCase(name string) string {
	var out strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			out.WriteByte('_')
		}
		out.WriteString(strings.ToLower(string(r)))
	}
	return out.String()
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	w := newWorld()
	run(t, w, []request{
		{name: "an event's misspelt conversation", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a","conversation_id":"conv_38g4k4jvm0001"}`, status: 422, want: []string{`"unknownField"`, `"body.conversation_id"`, "Did you mean conversationId?"}},
		{name: "one of many events", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.a"},{"event":"custom.a","colour":1}]`, status: 422, want: []string{`"body[1].colour"`}},
		{name: "an event's data is free", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a","data":{"event":1,"conversation_id":2,"nul":"\u0000"}}`, status: 202},
		{name: "a missing type", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.a"},{"data":{}}]`, status: 422, want: []string{`"validationFailed"`, `"body[1].event"`, "is required"}},
		{name: "a field twice", as: key, call: "POST /api/{bot}/events", body: `[{"event":"custom.a","event":"custom.b"}]`, status: 422, want: []string{`"duplicateField"`, `"body[0].event"`}},
		{name: "a field twice, in another case", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com","URL":"https://example.org","events":["*"]}`, status: 422, want: []string{`"duplicateField"`}},
		{name: "a header twice", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com","events":["*"],"headers":{"a":"1","a":"2"}}`, status: 422, want: []string{`"body.headers.a"`}},
		{name: "an unreadable query", as: key, call: "GET /api/{bot}/events?event=%zz", status: 422, want: []string{`"location":"query"`}},
		{name: "a parameter twice", as: key, call: "GET /api/{bot}/events?limit=1&limit=2", status: 422, want: []string{`"query.limit"`, "once"}},
		{name: "a parameter that isn't text", as: key, call: "GET /api/{bot}/conversations?q=%ff", status: 422, want: []string{`"invalidText"`, `"query.q"`}},
		{name: "a compressed body", as: key, call: "POST /api/{bot}/events", body: "\x1f\x8b", header: map[string]string{"Content-Encoding": "gzip"}, status: 415, want: []string{`"unsupportedMediaType"`, "uncompressed"}},
		{name: "an identical body", as: key, call: "POST /api/{bot}/events", body: `{"event":"custom.a"}`, header: map[string]string{"Content-Encoding": "identity"}, status: 202},
		{name: "15.0 is an integer", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com","events":["*"],"timeoutSeconds":15.0,"retrySchedule":[ 5.0 ,1e1],"rateLimit":1.5}`, status: 201, want: []string{`"timeoutSeconds":15,`, `"retrySchedule":[5,10]`, `"rateLimit":1.5`}},
		{name: "15.5 is none", as: key, call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com","events":["*"],"timeoutSeconds":15.5}`, status: 422, want: []string{`"body.timeoutSeconds"`}},
		{name: "historic clients send more", as: key, call: "POST /api/{bot}/conversations", body: `{"Source":"a","botId":"x","userId":"y","sessionData":{},"user":{"name":"Ada","email":"ada@example.com","customAttributes":{"a":1}}}`, status: 201},
		{name: "but not a private message", as: key, call: "POST /api/{bot}/conversations/conv_38g4k4jvm0001/messages", body: `{"chatUser":"bot","message":"x","isPrivate":true}`, status: 422, want: []string{`"unknownField"`, `"body.isPrivate"`}},
	})
}

// What isn't text must not be stored as U+FFFD, which would make one name of two.
func TestTextIsUTF8(t *testing.T) {
	for _, wrong := range []string{"caf\xe9", `caf\ud83d`, `\ude00`} {
		for _, q := range []request{
			{call: "POST /api/{bot}/events", body: `{"event":"custom.a","data":{"a":[1,{"b":"` + wrong + `"}]}}`, want: []string{`"body.data.a[1].b"`}},
			{call: "POST /api/{bot}/events", body: `[{"event":"custom.a"},{"event":"custom.a","data":{"` + wrong + `":1}}]`, want: []string{`"body[1].data"`}},
			{call: "POST /api/{bot}/conversations", body: `{"user":{"externalId":"` + wrong + `"}}`, want: []string{`"body.user.externalId"`}},
			{call: "POST /api/{bot}/knowledge", body: `{"title":"a","text":"` + wrong + `"}`, want: []string{`"body.text"`}},
			{call: "POST /api/{bot}/webhooks", body: `{"url":"https://example.com","events":["*"],"headers":{"x":"` + wrong + `"}}`, want: []string{`"body.headers.x"`}},
			{call: "POST /api/auth/signup", body: `{"email":"ada@example.com","password":"correct horse","name":"` + wrong + `"}`, want: []string{`"body.name"`}},
		} {
			q.as, q.status, q.want = key, 422, append(q.want, `"invalidText"`)
			run(t, newWorld(), []request{q})
		}
	}
	run(t, newWorld(), []request{{name: "no database stores U+0000", as: key, call: "POST /api/{bot}/conversations", body: `{"user":{"externalId":"a\u0000"}}`, status: 422, want: []string{`"invalidText"`, `"body.user.externalId"`}}})
}

func TestResembles(t *testing.T) {
	for given, known := range map[string]string{
		"stauts": "status", "Statuss": "status", "external_session_id": "externalSessionId", "externalsessionid": "externalSessionId",
		"external-id": "externalId", "mesage": "message", "conversationID": "conversationId", "sorce": "source",
	} {
		if !resembles(given, known) {
			t.Errorf("%s is not taken for %s", given, known)
		}
	}
	for given, known := range map[string]string{
		"userId": "user", "state": "status", "sourceUrl": "source", "email": "emailId", "id": "q", "botId": "name", "user_id": "user", "customAttributes": "externalId",
	} {
		if resembles(given, known) {
			t.Errorf("%s is taken for %s", given, known)
		}
	}
}

// Whatever is valid JSON is walked through to its end, and decodes to the same.
func FuzzCheckBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` [ {"event" : "a" , "data":{"a":[1.0,{"b":null}]}} ] `, `{"event":"\u0000"}`, `{"\ud800":1}`, "\"\xff\"", `{"event":1.0e3}`, `0`, `[]`, `[[],[{}]]`,
	} {
		f.Add([]byte(seed))
	}
	shapes := []*shape{eventsRules().body, nil, {integer: true}, {items: &shape{integer: true}}, {rest: &shape{integer: true}}}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range shapes {
			checked, err := checkBody(bytes.Clone(body), &rules{body: s})
			if err != nil && bot9.KindOf(err) != bot9.Invalid {
				t.Fatal(err)
			}
			if err == nil && json.Valid(body) != json.Valid(checked) {
				t.Fatalf("%q became %q", body, checked)
			}
		}
	})
}

// BenchmarkCheckBody is what it costs to find out that a message's body has nothing wrong.
func BenchmarkCheckBody(b *testing.B) {
	body := []byte(`{"event":"custom.a","conversationId":"conv_38g4k4jvm0001","data":` + string(sample("messageReceived")) + `}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := checkBody(body, eventsRules()); err != nil {
			b.Fatal(err)
		}
	}
}
