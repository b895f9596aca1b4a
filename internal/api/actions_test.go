package api

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// The historic shapes, to the field: whatever clients read is there.
func TestHistoricShapes(t *testing.T) {
	w := newWorld()
	handler := serve(t, w.options())
	call := func(method, path, body string) (status int, answer any) {
		t.Helper()
		q := request{as: key, call: method + " " + path, body: body}
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, q.make(w))
		if rec.Body.Len() > 0 {
			if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
				t.Fatal(err)
			}
		}
		return rec.Code, answer
	}
	fields := func(what string, object any, names string) map[string]any {
		t.Helper()
		m, ok := object.(map[string]any)
		for name := range strings.FieldsSeq(names) {
			if _, has := m[name]; !has || !ok {
				t.Fatalf("%s has no %s: %v", what, name, object)
			}
		}
		return m
	}
	status, list := call("GET", "/api/auth/chatbot/", "")
	fields("chatbot", list.([]any)[0], "id name url")
	if status != 200 {
		t.Error(status)
	}

	const rules = "/api/rules/{bot}/"
	status, made := call("POST", rules+"instructions", `{"instructionName":"Tone","instructionText":"Be brief.","somethingElse":1}`)
	instruction := fields("instruction", made, "id instructionName instructionText isActive")
	if status != 201 || instruction["isActive"] != true || instruction["instructionName"] != "Tone" {
		t.Errorf("%d %v", status, made)
	}
	_, list = call("GET", rules+"instructions", "")
	fields("listed", list.([]any)[0], "id instructionName instructionText isActive")
	status, list = call("GET", "/api/rules/v2/{bot}/instructions", "")
	category := fields("category", list.([]any)[0], "id name description instructions")
	fields("in the category", category["instructions"].([]any)[0], "id instructionName instructionText isActive")
	if status != 200 {
		t.Error(status)
	}

	status, made = call("POST", rules+"custom-actions", `{"name":"orderStatus","description":"d","actionType":"http_request","isSideEffect":false,
		"meta":{"method":"GET","url":"https://shop.example/orders/{{order}}","headers":{"Authorization":"Bearer x"},"pathParams":[],"queryParams":[{"key":"q","value":"{{q}}","description":"","type":"string"}],
		"body":[{"key":"order","value":"{{order}}","description":"number","type":"string"}],"logoURL":"","code":"export default 1","denoDeploymentId":"d1"}}`)
	action := fields("action", made, "id name description actionType isSideEffect meta isActive deletedAt")
	meta := fields("meta", action["meta"], "method url headers pathParams queryParams body logoURL code denoDeploymentId")
	if status != 201 || action["deletedAt"] != nil || meta["code"] != "export default 1" || meta["body"].([]any)[0].(map[string]any)["value"] != "{{order}}" {
		t.Errorf("%d %v", status, made)
	}
	_, list = call("GET", rules+"custom-actions", "")
	fields("listed", list.([]any)[0], "id name description actionType isSideEffect meta isActive deletedAt")
}

func TestInstructions(t *testing.T) {
	w := newWorld()
	w.rules.instructions = []bot9.Instruction{{ID: 5, ChatbotID: w.bot(), Name: "Tone", Text: "Brief", Active: true, Version: 1}}
	w.rules.categories = []bot9.InstructionCategory{{ID: 7, ChatbotID: w.bot(), Name: "Returns"}}
	const path = "/api/rules/{bot}/instructions"
	one := path + "/" + bot9.InstructionID(5).String()
	run(t, w, []request{
		{name: "get", as: viewer, call: "GET " + one, status: 200, want: []string{`"instructionText":"Brief"`, "Etag: "}},
		{name: "of a stranger", as: key, call: "GET /api/rules/{strangers}/instructions", status: 404},
		{name: "viewers write none", as: viewer, call: "POST " + path, body: `{"instructionName":"a","instructionText":"b"}`, status: 403},
		{name: "switch off", as: developer, call: "PUT " + one, body: `{"instructionName":"Tone","instructionText":"Brief","isActive":false,"categoryId":"` + bot9.CategoryID(7).String() + `"}`, status: 200, want: []string{`"isActive":false`}},
		{name: "in its category", as: viewer, call: "GET /api/rules/v2/{bot}/instructions", status: 200, want: []string{`"name":"General","description":"Instructions that belong to no other category","instructions":[]`, `"name":"Returns","description":"","instructions":[{"id":"` + bot9.InstructionID(5).String()}},
		{name: "an old version", as: developer, call: "PUT " + one, body: `{"instructionName":"a","instructionText":"b"}`, header: map[string]string{"If-Match": `"old"`}, status: 412},
		{name: "without a text", as: developer, call: "POST " + path, body: `{"instructionName":"a"}`, status: 422, want: []string{"instructionText"}},
		{name: "a category", as: developer, call: "POST /api/rules/v2/{bot}/categories", body: `{"name":"Payment"}`, status: 201, want: []string{`"name":"Payment"`, `"instructions":[]`}},
		{name: "delete a category", as: developer, call: "DELETE /api/rules/v2/{bot}/categories/" + bot9.CategoryID(7).String(), status: 204},
		{name: "delete", as: developer, call: "DELETE " + one, status: 204},
		{name: "gone", as: developer, call: "GET " + one, status: 404},
	})
}

func TestCustomActions(t *testing.T) {
	w := newWorld()
	w.rules.actions = []bot9.CustomAction{{ID: 5, ChatbotID: w.bot(), Name: "orderStatus", Version: 1, Active: true, Meta: bot9.ActionMeta{
		Method: "GET", URL: "https://shop.example/orders/{{order}}", Headers: map[string]string{"Authorization": "Bearer canary"},
	}}}
	const path = "/api/rules/{bot}/custom-actions"
	one := path + "/" + bot9.ActionID(5).String()
	run(t, w, []request{
		{name: "viewers see no header's value", as: viewer, call: "GET " + one, status: 200, want: []string{`"Authorization":"••••••"`}, not: []string{"canary"}},
		{name: "developers do", as: developer, call: "GET " + one, status: 200, want: []string{`"Authorization":"Bearer canary"`, "Etag: "}},
		{name: "a masked header keeps its value", as: developer, call: "PUT " + one, body: `{"name":"orderStatus","meta":{"url":"https://shop.example/v2/{{order}}","headers":{"Authorization":"••••••"}}}`, status: 200, want: []string{"Bearer canary", `"method":"GET"`}},
		{name: "but not at another host", as: developer, call: "PUT " + one, body: `{"name":"orderStatus","meta":{"url":"https://evil.example/","headers":{"Authorization":"••••••"}}}`, status: 200, not: []string{"canary"}},
		{name: "a refused one", as: developer, call: "POST " + path, body: `{"name":"bad","meta":{"url":"https://localhost/"}}`, status: 422, want: []string{`"targetNotAllowed"`, "body.meta.url"}},
		{name: "another type", as: developer, call: "POST " + path, body: `{"name":"bad","actionType":"code","meta":{"url":"https://a.example/"}}`, status: 422, want: []string{"body.actionType"}},
		{name: "parameters as an object", as: developer, call: "POST " + path, body: `{"name":"b","meta":{"url":"https://a.example/","method":"post","queryParams":{"b":"2","a":"{{x}}"}}}`, status: 201, want: []string{`"queryParams":[{"key":"a","value":"{{x}}"`, `"method":"POST"`}},
		{name: "try", as: developer, call: "POST " + one + "/try", body: `{"arguments":{"order":"A-17"}}`, status: 200, want: []string{`"result":"shipped"`, `"status":200`, `"url":"https://shop.example/orders/A-17"`}},
		{name: "try with wrong arguments", as: developer, call: "POST " + one + "/try", body: `{}`, status: 422, want: []string{`"invalidArguments"`}},
		{name: "viewers try none", as: viewer, call: "POST " + one + "/try", body: `{}`, status: 403},
		{name: "delete", as: developer, call: "DELETE " + one, status: 204},
	})
}

func TestTryAnAnswer(t *testing.T) {
	w := newWorld()
	a := bot9.DefaultAnswering(w.bot())
	a.Engine, a.Instructions = bot9.EngineModel, "instructions"
	w.answering = map[bot9.ChatbotID]bot9.Answering{w.bot(): a}
	const path = "POST /api/{bot}/answering/try"
	run(t, w, []request{
		{
			name: "try", as: key, call: path, body: `{"message":"How long?","history":[{"chatUser":"user","message":"To Austria?"}]}`, status: 200,
			want: []string{`"message":"How long?, after instructions"`, `"answerFound":true`, `"inputTokens":7`, `"prompt":[{"role":"user","content":"To Austria?"}]`, `"passages":[]`, `"suggestions":[]`, `"error":""`, `"engine":"model"`, `"confirm":null`},
		},
		{name: "a model that stalls", as: key, call: path, body: `{"message":"stall"}`, status: 200, want: []string{`"error":"the model did not answer within 30 seconds"`, `"message":"Sorry."`}},
		{name: "viewers spend no tokens", as: viewer, call: path, body: `{"message":"a"}`, status: 403},
	})
	if w.writes != 0 {
		t.Error("something was stored")
	}
}
