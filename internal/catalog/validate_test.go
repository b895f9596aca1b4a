package catalog_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/catalog"
)

const received = `{"message":"Hi","sender":"u1","chatbotId":"bot_1","messageId":"m1","senderType":"user","source":"web"}`

func TestValidateTakes(t *testing.T) {
	for name, test := range map[string]struct{ event, data, want string }{
		"without what may be null": {"messageReceived", received, received},
		"null where allowed": {
			"messageReceived", strings.Replace(received, `}`, `,"externalSessionId":null}`, 1),
			strings.Replace(received, `}`, `,"externalSessionId":null}`, 1),
		},
		"properties that are not ours yet": {
			"messageReceived", strings.Replace(received, `{`, `{"lang":["de"],`, 1),
			strings.Replace(received, `{`, `{"lang":["de"],`, 1),
		},
		"white space, and keeps the order": {
			"custom.order", " {\n\t\"b\": 1e400, \"a\" : [ true , {} ] } ", `{"b":1e400,"a":[true,{}]}`,
		},
		"an empty object of one's own": {"custom.x", "{}", "{}"},
		"names that look like syntax":  {"custom.x", `{"a,:{\"":"}\\","":[]}`, `{"a,:{\"":"}\\","":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := catalog.Validate(test.event, []byte(test.data))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	with := func(old, replacement string) string {
		if !strings.Contains(received, old) {
			t.Fatalf("%q is not in the sample", old)
		}
		return strings.Replace(received, old, replacement, 1)
	}
	for name, test := range map[string]struct {
		event, data, code string
		fields            []bot9.FieldError
	}{
		"an unknown type":  {"messageRead", received, "unknownEventType", nil},
		"a custom pattern": {"custom.*", received, "unknownEventType", nil},
		"a missing property": {
			"messageReceived", with(`"message":"Hi",`, ""), "invalidEventData",
			[]bot9.FieldError{{Location: "data.message", Message: "is required"}},
		},
		"everything that is wrong, sorted": {
			"messageReceived", with(`"sender":"u1","chatbotId":"bot_1"`, `"chatbotId":17`), "invalidEventData",
			[]bot9.FieldError{
				{Location: "data.chatbotId", Message: "must be of type string"},
				{Location: "data.sender", Message: "is required"},
			},
		},
		"a word that is not in the list": {
			"messageReceived", with(`"senderType":"user"`, `"senderType":"SECRET"`), "invalidEventData",
			[]bot9.FieldError{{Location: "data.senderType", Message: "must be one of user, bot, humanagent, system"}},
		},
		"an empty ID": {
			"messageReceived", with(`"m1"`, `""`), "invalidEventData",
			[]bot9.FieldError{{Location: "data.messageId", Message: "must have at least 1 characters"}},
		},
		"a number out of range": {
			"csatSubmitted", `{"chatbotId":"b","score":6,"comment":"SECRET","handledBy":"bot"}`, "invalidEventData",
			[]bot9.FieldError{{Location: "data.score", Message: "must be at most 5"}},
		},
		"a number that is no integer": {
			"csatSubmitted", `{"chatbotId":"b","score":4.5,"comment":"SECRET","handledBy":"bot"}`, "invalidEventData",
			[]bot9.FieldError{{Location: "data.score", Message: "must be of type integer"}},
		},
		"a number beyond measure": {
			"csatSubmitted", `{"chatbotId":"b","score":1e999999999,"comment":"","handledBy":"bot"}`, "invalidEventData",
			[]bot9.FieldError{{Location: "data", Message: "A number is out of range."}},
		},
		"deep inside": {
			"handoverRequested",
			`{"chatbotId":"b","reason":"","requestedBy":"u","recentMessages":[{"messageId":"m","senderType":"user","message":7,"createdAt":""}]}`,
			"invalidEventData",
			[]bot9.FieldError{{Location: "data.recentMessages[0].message", Message: "must be of type string"}},
		},
		"names of the sender's own": {
			"leadCaptured", `{"chatbotId":"b","name":"","emailId":"","phone":"","fields":{"SECRET word":1}}`, "invalidEventData",
			[]bot9.FieldError{{Location: "data.fields", Message: "must be of type string"}},
		},
		"an array":           {"custom.x", `[{}]`, "invalidEventData", nil},
		"null":               {"custom.x", `null`, "invalidEventData", nil},
		"nothing":            {"custom.x", ``, "invalidEventData", nil},
		"trailing data":      {"custom.x", `{} {}`, "invalidEventData", nil},
		"broken JSON":        {"custom.x", `{"SECRET":}`, "invalidEventData", nil},
		"invalid UTF-8":      {"custom.x", "{\"a\":\"\xff\"}", "invalidEventData", nil},
		"the same name":      {"custom.x", `{"SECRET":1,"b":2,"SECRET":3}`, "invalidEventData", nil},
		"the same, in guise": {"custom.x", `{"ab":1,"\u0061b":2}`, "invalidEventData", nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := catalog.Validate(test.event, []byte(test.data))
			invalid, ok := errors.AsType[*bot9.Error](err)
			if !ok || invalid.Kind != bot9.Invalid || invalid.Code != test.code {
				t.Fatalf("got %v, want Invalid %s", err, test.code)
			}
			if len(invalid.Fields) == 0 || invalid.Message == "" {
				t.Errorf("says nothing of what is wrong and where: %+v", invalid)
			}
			if diff := cmp.Diff(test.fields, invalid.Fields); test.fields != nil && diff != "" {
				t.Error(diff)
			}
			if strings.Contains(invalid.Message, "SECRET") {
				t.Errorf("repeats what was sent: %s", invalid.Message)
			}
		})
	}
}

func TestWithChatbot(t *testing.T) {
	id := bot9.ChatbotID(1 << 50)
	text := `"` + id.String() + `"`
	for name, test := range map[string]struct{ data, want string }{
		"missing":             {`{"b":1,"a":2}`, `{"chatbotId":` + text + `,"b":1,"a":2}`},
		"empty object":        {` { } `, `{"chatbotId":` + text + `}`},
		"another's":           {`{"b": [1,{"x":2}], "chatbotId": "bot_other", "a":2}`, `{"b":[1,{"x":2}],"chatbotId":` + text + `,"a":2}`},
		"of another shape":    {`{"chatbotId":{"a":[1,2]},"b":","}`, `{"chatbotId":` + text + `,"b":","}`},
		"last":                {`{"a":"\\\"","chatbotId":null}`, `{"a":"\\\"","chatbotId":` + text + `}`},
		"written with escape": {`{"chatbot\u0049d":"bot_other"}`, `{"chatbot\u0049d":` + text + `}`},
		"only deeper down":    {`{"a":{"chatbotId":"x"}}`, `{"chatbotId":` + text + `,"a":{"chatbotId":"x"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := catalog.WithChatbot([]byte(test.data), id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, data := range []string{``, `[]`, `"x"`, `{}{}`, `{"a":1`, `{"chatbotId":"a","chatbotId":"b"}`} {
		if _, err := catalog.WithChatbot([]byte(data), id); bot9.CodeOf(err) != "invalidEventData" {
			t.Errorf("WithChatbot(%s) = %v, want invalidEventData", data, err)
		}
	}
}

// FuzzWithChatbot checks the walk through the object against encoding/json.
func FuzzWithChatbot(f *testing.F) {
	for _, seed := range []string{received, `{"a":{"b":[1,"]"]},"chatbotId":1}`, `{"":""}`, `{"\\":{}}`, `[]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, err := catalog.WithChatbot(data, 1<<50)
		if err != nil {
			return
		}
		again, err := catalog.WithChatbot(out, 1<<50)
		if err != nil || string(again) != string(out) {
			t.Errorf("%q became %q, then %q, %v", data, out, again, err)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := catalog.Validate("messageReceived", []byte(received)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWithChatbotAndValidate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		data, err := catalog.WithChatbot([]byte(received), 1<<50)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := catalog.Validate("messageReceived", data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAcceptFillsInWhatAMessageLacks(t *testing.T) {
	const chatbot, message = bot9.ChatbotID(1 << 21), bot9.MessageID(2 << 21)
	for _, event := range []string{catalog.MessageReceived, catalog.MessageSent} {
		completed, err := catalog.Accept(event, []byte(`{"message":"Hi","sender":"ada","source":"sms"}`), chatbot, message, catalog.Origin{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := catalog.Validate(event, completed); err != nil {
			t.Errorf("%s: %v in %s", event, err, completed)
		}
		var data catalog.MessageData
		if err := json.Unmarshal(completed, &data); err != nil {
			t.Fatal(err)
		}
		if data.MessageID != message || data.ChatbotID != chatbot || data.Source != "sms" || data.SenderType == "" {
			t.Errorf("%s was completed to %s", event, completed)
		}
	}
	untouched, err := catalog.Accept("custom.order", []byte(`{"order":42}`), chatbot, message, catalog.Origin{})
	if err != nil || strings.Contains(string(untouched), "messageId") {
		t.Errorf("a custom event was completed to %s, %v", untouched, err)
	}
}
