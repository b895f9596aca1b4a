package answering

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// shop is a server that actions call.
type shop struct {
	*httptest.Server
	asked  []*http.Request
	bodies []string
	answer func(w http.ResponseWriter)
}

func newShop(t *testing.T) *shop {
	s := &shop{answer: func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"state":"shipped","token":"canary-1"}`) }}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.asked, s.bodies = append(s.asked, r), append(s.bodies, string(body))
		s.answer(w)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shop) orderStatus() bot9.CustomAction {
	return bot9.CustomAction{ID: 5, Name: "orderStatus", Description: "Looks up where an order is", Active: true, Meta: bot9.ActionMeta{
		Method: "GET", URL: s.URL + "/orders/{{order}}?customer={{user.externalId}}", Headers: map[string]string{"Authorization": "Bearer canary-2"},
		PathParams: []bot9.ActionParam{{Key: "order", Description: "The order's number", Type: "string"}},
	}}
}

func (s *shop) cancelOrder() bot9.CustomAction {
	return bot9.CustomAction{ID: 6, Name: "cancelOrder", Description: "Cancels an order", Active: true, SideEffect: true, Meta: bot9.ActionMeta{
		Method: "POST", URL: s.URL + "/cancel",
		Body: []bot9.ActionParam{{Key: "order", Value: "{{order}}", Type: "string"}, {Key: "count", Value: "", Type: "integer"}, {Key: "channel", Value: "chat"}},
	}}
}

// calling has a model call a tool, and then say a text.
func calling(name, arguments, text string) func(int, modelRequest, *modelWriter) {
	return func(n int, _ modelRequest, out *modelWriter) {
		if n == 0 {
			out.call(name, arguments)
			return
		}
		out.say(text)
	}
}

func TestAnActionIsExecuted(t *testing.T) {
	server := newModelServer(t, calling("orderStatus", `{"order":"A-17"}`, "It is on its way."))
	d, s := newDesk(t, server), newShop(t)
	d.actions = []bot9.CustomAction{s.orderStatus()}
	answer := d.mustAsk("Where is my order A-17?")
	if !answer.Found || answer.Text != "It is on its way." { // without a citation: what the action returned is its source
		t.Errorf("%+v", answer)
	}
	if len(s.asked) != 1 || s.asked[0].URL.String() != "/orders/A-17?customer=user123" || s.asked[0].Header.Get("Authorization") != "Bearer canary-2" {
		t.Fatalf("asked %v", s.asked)
	}
	asked := server.requests()
	if tools := asked[0].Tools; len(tools) != 2 || tools[0].Function.Name != "orderStatus" || tools[1].Function.Name != askHuman {
		t.Errorf("tools %+v", tools)
	}
	properties := asked[0].Tools[0].Function.Parameters["properties"].(map[string]any)
	if len(properties) != 1 || properties["order"].(map[string]any)["description"] != "The order's number" {
		t.Errorf("parameters %v: who the user is, is none of the model's business", properties)
	}
	if last := asked[1].Messages[len(asked[1].Messages)-1]; last.Role != "tool" || last.ToolCallID != "call_1" || !strings.Contains(last.Content, "shipped") {
		t.Errorf("told %+v", last)
	}
	run := d.ran[0]
	if !run.OK || run.Status != 200 || run.ActionID != 5 || run.Request.Method != "GET" || run.Request.Headers["Authorization"] != bot9.Masked {
		t.Errorf("run %+v", run)
	}
	if shown := run.Request.URL + run.Answer; strings.Contains(shown, "canary") || strings.Contains(shown, "user123") || !strings.Contains(run.Answer, "shipped") {
		t.Errorf("shown %q", shown)
	}
}

func TestAnActionThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		error  string
	}{
		"503":           {func(w http.ResponseWriter) { w.WriteHeader(503) }, "the server answered 503 Service Unavailable"},
		"a redirect":    {func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(302) }, "the server answered 302 Found"},
		"a broken line": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "the server can't be reached: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			d, s := newDesk(t, newModelServer(t, calling("orderStatus", `{"order":"A-17"}`, "NO_ANSWER"))), newShop(t)
			client := *d.Actions
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // as the guard's does
			d.Actions = &client
			s.answer = c.answer
			d.actions = []bot9.CustomAction{s.orderStatus()}
			answer := d.mustAsk("Where is my order A-17?")
			if answer.Found || len(d.ran) != 1 || d.ran[0].OK || d.ran[0].Error != c.error {
				t.Errorf("%+v, %+v", answer, d.ran)
			}
		})
	}
}

// What changes something is done after a plain yes, once, with what was asked about.
func TestASideEffectNeedsAYes(t *testing.T) {
	server := newModelServer(t, calling("cancelOrder", `{"order":"A-17","count":1}`, "Your order is cancelled."))
	d, s := newDesk(t, server), newShop(t)
	d.actions = []bot9.CustomAction{s.cancelOrder()}
	asked := d.mustAsk("Cancel my order A-17")
	if asked.Confirm == nil || asked.Confirm.Arguments["order"] != "A-17" || !strings.Contains(asked.Text, "cancelOrder – Cancels an order (count: 1, order: A-17)") || len(s.asked) != 0 {
		t.Fatalf("%+v", asked)
	}
	before := []bot9.Message{
		{ChatUser: bot9.SpeakerUser, Text: "Cancel my order A-17"},
		{ChatUser: bot9.SpeakerBot, Text: asked.Text, Answer: &bot9.AnswerDetails{Found: true, Confirm: asked.Confirm}},
	}
	server.answer = func(n int, in modelRequest, out *modelWriter) {
		if !in.Stream {
			out.whole("yes")
			return
		}
		if len(in.Tools) != 0 {
			t.Error("after a yes the model may do something else")
		}
		out.say("Your order is cancelled.")
	}
	if answer := d.mustAsk("no", before...); len(s.asked) != 0 || answer.Text != "All right, I won't do it." {
		t.Errorf("after no: %+v", answer)
	}
	if answer := d.mustAsk("Yes, please", before...); len(s.asked) != 1 || s.bodies[0] != `{"channel":"chat","count":1,"order":"A-17"}` || answer.Text != "Your order is cancelled." {
		t.Errorf("after yes: %+v, asked %v", answer, s.bodies)
	}
	// A second yes finds the first one before it, not the question.
	server.answer = func(_ int, in modelRequest, out *modelWriter) {
		if !in.Stream {
			out.whole("yes")
			return
		}
		out.say("NO_ANSWER")
	}
	d.mustAsk("yes", append(before, bot9.Message{ChatUser: bot9.SpeakerUser, Text: "Yes, please"})...)
	if len(s.asked) != 1 {
		t.Error("it was done twice")
	}
	// Neither does a yes count for an action that was switched off meanwhile.
	d.actions = nil
	d.mustAsk("yes", before...)
	if len(s.asked) != 1 {
		t.Error("an action was executed that is no more")
	}
}

func TestTheModelHandsOver(t *testing.T) {
	d := newDesk(t, newModelServer(t, calling(askHuman, `{"reason":"a complaint"}`, "")))
	answer := d.mustAsk("This is unacceptable")
	if answer.Handover != "The bot handed over: a complaint" || !answer.Found {
		t.Errorf("%+v", answer)
	}
}

// Values stay where they belong, whatever is in them.
func TestValuesStayInTheirPlace(t *testing.T) {
	for _, value := range []string{"../../admin", "..", "a/b", "a?x=1&admin=true", "a#b", "%2e%2e%2fadmin", "a\r\nX-Evil: 1", "{{user.emailId}}", "a b", "ä"} {
		f := filling{arguments: map[string]any{"order": value}, variables: map[string]string{"user.emailId": "secret@example.com"}}
		target, err := f.url(&bot9.ActionMeta{URL: "https://shop.example/orders/{{order}}/state", QueryParams: []bot9.ActionParam{{Key: "q", Value: "{{order}}"}}})
		if err != nil {
			continue // refused is fine too
		}
		r, err := http.NewRequest(http.MethodGet, target, nil)
		if err != nil {
			continue
		}
		path := r.URL.EscapedPath()
		if r.URL.Host != "shop.example" || strings.Count(path, "/") != 3 || !strings.HasPrefix(path, "/orders/") || !strings.HasSuffix(path, "/state") ||
			len(r.URL.Query()) != 1 || r.URL.Query().Get("q") != value || strings.Contains(target, "secret") {
			t.Errorf("%q became %s", value, target)
		}
	}
	if got := (&filling{arguments: map[string]any{"x": "a\r\nEvil: 1"}}).text("v {{x}}", headerValue); got != "v aEvil: 1" {
		t.Errorf("header %q", got)
	}
}

func TestCheckAction(t *testing.T) {
	check := Checks{Action: checks.Target}
	for name, c := range map[string]struct {
		action   bot9.CustomAction
		code, at string
	}{
		"fine":                       {bot9.CustomAction{Name: "order status", Meta: bot9.ActionMeta{URL: "https://shop.example/{{a}}?b={{b}}"}}, "", ""},
		"a host that is chosen":      {bot9.CustomAction{Name: "a", Meta: bot9.ActionMeta{URL: "https://{{host}}/x"}}, "invalidUrl", "body.meta.url"},
		"a part of a host":           {bot9.CustomAction{Name: "a", Meta: bot9.ActionMeta{URL: "https://shop.{{tld}}/x"}}, "invalidUrl", "body.meta.url"},
		"a private target":           {bot9.CustomAction{Name: "a", Meta: bot9.ActionMeta{URL: "https://private/x"}}, "targetNotAllowed", "body.meta.url"},
		"a name without letters":     {bot9.CustomAction{Name: "…", Meta: bot9.ActionMeta{URL: "https://shop.example/"}}, codeInvalidAction, "body.name"},
		"a name that is taken":       {bot9.CustomAction{Name: "request human", Meta: bot9.ActionMeta{URL: "https://shop.example/"}}, codeInvalidAction, "body.name"},
		"a header of the connection": {bot9.CustomAction{Name: "a", Meta: bot9.ActionMeta{URL: "https://shop.example/", Headers: map[string]string{"Host": "x"}}}, "invalidHeaders", "body.meta.headers"},
		"a schema of no object":      {bot9.CustomAction{Name: "a", Meta: bot9.ActionMeta{URL: "https://shop.example/", Parameters: `{"type":"string"}`}}, codeInvalidAction, "body.meta.parameters"},
	} {
		err := check.CheckAction(&c.action)
		if bot9.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want the code %q", name, err, c.code)
		}
		if refused, ok := err.(*bot9.Error); ok && refused.Fields[0].Location != c.at {
			t.Errorf("%s: about %s", name, refused.Fields[0].Location)
		}
	}
}

func TestTryAction(t *testing.T) {
	d, s := newDesk(t, newModelServer(t, saying(""))), newShop(t)
	action := s.orderStatus()
	run, result, err := d.TryAction(t.Context(), &action, map[string]any{"order": "A-17"}, nil)
	if err != nil || !run.OK || !strings.Contains(result, "shipped") {
		t.Errorf("%+v %q %v", run, result, err)
	}
	_, _, err = d.TryAction(t.Context(), &action, map[string]any{"order": 17, "more": true}, nil)
	if bot9.CodeOf(err) != codeInvalidArguments || len(s.asked) != 1 {
		t.Errorf("wrong arguments: %v", err)
	}
}

func TestMaskText(t *testing.T) {
	for text, want := range map[string]string{
		`{"password":"hunter2","a":1}`:      `{"password":"••••••","a":1}`,
		`{"card_number": 4111111111111111}`: `{"card_number": "••••••"}`,
		`call 4111 1111 1111 1111 now`:      `call •••••• now`,
		`Authorization: Bearer abcdefghijk`: `Authorization: Bearer ••••••`,
		`{"order":"A-17"}`:                  `{"order":"A-17"}`,
	} {
		if got := maskText(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}
