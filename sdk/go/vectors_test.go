package bot9hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// vectorBody is a body as sdk/testdata/generate.py describes it.
type vectorBody struct {
	Body       string
	BodyBase64 []byte
	BodyRepeat *struct {
		Before, Text, After string
		Times               int
	}
}

func (b vectorBody) bytes() []byte {
	if b.BodyRepeat != nil {
		return []byte(b.BodyRepeat.Before + strings.Repeat(b.BodyRepeat.Text, b.BodyRepeat.Times) + b.BodyRepeat.After)
	}
	if b.BodyBase64 != nil {
		return b.BodyBase64
	}
	return []byte(b.Body)
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("../testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func headerOf(headers map[string]string) http.Header {
	header := http.Header{}
	for name, value := range headers {
		header.Set(name, value)
	}
	return header
}

func at(unix int64) func() time.Time {
	return func() time.Time { return time.Unix(unix, 0) }
}

func TestVerifyVectors(t *testing.T) {
	var vectors []struct {
		vectorBody
		Name    string
		Secrets []string
		Headers map[string]string
		Now     int64
		Expect  string
	}
	readVectors(t, "verify.json", &vectors)
	if len(vectors) < 60 {
		t.Fatalf("only %d vectors", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			err := Verifier{Secrets: v.Secrets, Now: at(v.Now)}.Verify(v.bytes(), headerOf(v.Headers))
			got := "ok"
			if err != nil {
				got = string(CodeOf(err))
			}
			if got != v.Expect {
				t.Errorf("got %s, want %s", got, v.Expect)
			}
		})
	}
}

type handlerCase struct {
	Name          string
	Fallback      bool
	CheckSequence bool
	MaxBodyBytes  int64
	Steps         []handlerStep
}

type handlerStep struct {
	vectorBody
	Method  string
	Headers map[string]string
	Now     int64
	Fails   bool
	Status  int
	Code    string
	Handled []string
	Problem *SequenceProblem
}

func TestHandlerVectors(t *testing.T) {
	var vectors struct {
		Secret string
		Cases  []handlerCase
	}
	readVectors(t, "handler.json", &vectors)
	if len(vectors.Cases) < 8 {
		t.Fatalf("only %d cases", len(vectors.Cases))
	}
	for _, c := range vectors.Cases {
		t.Run(c.Name, func(t *testing.T) { runHandlerCase(t, vectors.Secret, c) })
	}
}

func runHandlerCase(t *testing.T, secret string, c handlerCase) {
	var step handlerStep
	var handled []string
	var problem *SequenceProblem
	options := Options{
		Secrets: []string{secret}, MaxBodyBytes: c.MaxBodyBytes,
		Now:     func() time.Time { return time.Unix(step.Now, 0) },
		OnError: func(context.Context, error, Event) {},
	}
	if c.CheckSequence {
		options.OnSequenceProblem = func(_ context.Context, p SequenceProblem, _ Event) error {
			problem = &p
			return nil
		}
	}
	h, err := NewHandler(options)
	if err != nil {
		t.Fatal(err)
	}
	handle := func(name string) error {
		handled = append(handled, name)
		if step.Fails {
			return errors.New("told to fail")
		}
		return nil
	}
	On(h, func(_ context.Context, event Event, _ MessageReceivedData) error { return handle(event.Type) })
	if c.Fallback {
		h.OnOther(func(_ context.Context, event Event) error { return handle("other:" + event.Type) })
	}
	for i := range c.Steps {
		step, handled, problem = c.Steps[i], []string{}, nil
		status, code := post(h, step)
		if status != step.Status || code != step.Code {
			t.Errorf("step %d: answer is %d %s, want %d %s", i, status, code, step.Status, step.Code)
		}
		if !reflect.DeepEqual(handled, step.Handled) {
			t.Errorf("step %d: handled %v, want %v", i, handled, step.Handled)
		}
		if !reflect.DeepEqual(problem, step.Problem) {
			t.Errorf("step %d: problem is %+v, want %+v", i, problem, step.Problem)
		}
	}
}

func post(h http.Handler, step handlerStep) (status int, code string) {
	request := httptest.NewRequest(step.Method, "/", bytes.NewReader(step.bytes()))
	for name, value := range step.Headers {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	var answer Answer
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		return recorder.Code, "not JSON: " + err.Error()
	}
	return recorder.Code, answer.Code
}
