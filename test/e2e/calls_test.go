package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func (st *story) runSignup(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: signup name [email]")
	}
	name, c := args[0], newClient(st.server.url())
	email := name + "@example.com"
	if len(args) > 1 {
		email = args[1]
	}
	got, err := c.call(context.Background(), "POST", "/api/auth/signup",
		map[string]string{"email": email, "password": "correct horse battery", "name": name})
	if err != nil {
		return err
	}
	if c.cookie = sessionOf(got.header); c.cookie == "" {
		return fmt.Errorf("sign-up: %d %s", got.status, got.body)
	}
	var made struct {
		ID     string
		APIKey struct{ Secret string }
	}
	if err := c.do(context.Background(), 201, "POST", "/api/chatbots", map[string]string{"name": "Chatbot of " + name}, &made); err != nil {
		return err
	}
	ts.Setenv(name+"_session", c.cookie)
	ts.Setenv(name+"_bot", made.ID)
	ts.Setenv(name+"_key", made.APIKey.Secret)
	return nil
}

func (st *story) runAs(_ *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: as key|session|nobody")
	}
	st.client.key, st.client.cookie = "", ""
	switch who := args[0]; {
	case who == "nobody":
	case strings.Contains(who, "="):
		st.client.cookie = who
	default:
		st.client.key = who
	}
	return nil
}

func (st *story) runAPI(ts *testscript.TestScript, args []string) error {
	header, args := takeHeaders(args)
	if len(args) < 3 {
		return errors.New("usage: api status method path [name=text | name:=json | @file | -H name:value]...")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	body, err := bodyOf(ts, args[3:])
	if err != nil {
		return err
	}
	got, err := st.client.call(context.Background(), args[1], args[2], body, header...)
	if err != nil {
		return err
	}
	fmt.Fprintf(ts.Stdout(), "%d\n%s\n", got.status, got.body)
	if got.status != want {
		return fmt.Errorf("answered %d, want %d: %s", got.status, want, got.body)
	}
	if err := described.fits(st.client, args[1], args[2], got); err != nil {
		return err
	}
	if cookie := sessionOf(got.header); cookie != "" {
		ts.Setenv("session", cookie)
	}
	return st.look(got)
}

// look makes an answer what json and set look at; an object gets the headers beside its own names.
func (st *story) look(got answer) error {
	var body any
	if strings.Contains(got.header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(got.body, &body); err != nil {
			return err
		}
	}
	if object, ok := body.(map[string]any); ok {
		object["header"] = headerJSON(got.header)
	}
	st.current = body
	return nil
}

// bodyOf makes a body from the words of a line; nil from none.
func bodyOf(ts *testscript.TestScript, words []string) (any, error) {
	if len(words) == 0 {
		return nil, nil
	}
	if file, ok := strings.CutPrefix(words[0], "@"); ok {
		return []byte(os.Expand(ts.ReadFile(file), ts.Getenv)), nil
	}
	body := map[string]any{}
	for _, word := range words {
		if name, text, ok := strings.Cut(word, ":="); ok {
			if !json.Valid([]byte(text)) {
				return nil, fmt.Errorf("%s is not JSON", text)
			}
			body[name] = json.RawMessage(text)
			continue
		}
		name, text, ok := strings.Cut(word, "=")
		if !ok {
			return nil, fmt.Errorf("%s is not name=text or name:=json", word)
		}
		body[name] = text
	}
	return body, nil
}

func (st *story) runEventually(_ *testscript.TestScript, args []string) error {
	if len(args) != 5 {
		return errors.New("usage: eventually limit method path where what")
	}
	limit, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	return poll(limit, func() error {
		got, err := st.client.call(context.Background(), args[1], args[2], nil)
		if err != nil {
			return err
		}
		if err := described.fits(st.client, args[1], args[2], got); err != nil {
			return stop(err)
		}
		if err := st.look(got); err != nil {
			return stop(err)
		}
		if err := matches(st.current, args[3], args[4]); err != nil {
			return fmt.Errorf("%w, in %s", err, got.body)
		}
		return nil
	})
}

func (st *story) runSet(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: set name where")
	}
	value, ok := find(st.current, args[1])
	if !ok {
		return fmt.Errorf("there is nothing at %s", args[1])
	}
	ts.Setenv(args[0], textOf(value))
	return nil
}

func (st *story) runSave(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: save file where")
	}
	value, ok := find(st.current, args[1])
	if !ok {
		return fmt.Errorf("there is nothing at %s", args[1])
	}
	return os.WriteFile(ts.MkAbs(args[0]), []byte(textOf(value)), 0o600)
}

func (*story) runLater(_ *testscript.TestScript, args []string) error {
	var numbers [3]int64
	if len(args) != len(numbers) {
		return errors.New("usage: later time than seconds")
	}
	for i := range numbers {
		var err error
		if numbers[i], err = strconv.ParseInt(args[i], 10, 64); err != nil {
			return err
		}
	}
	if got := numbers[0] - numbers[1]; got < numbers[2] {
		return fmt.Errorf("it is %d seconds later, want %d", got, numbers[2])
	}
	return nil
}

func runLogged(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: logged text")
	}
	if strings.Contains(storyOf(ts).server.out.String(), args[0]) == neg {
		ts.Fatalf("it is in the log: %v", neg)
	}
}

func runVerifies(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: verifies secret")
	}
	got := storyOf(ts).got
	official, err := standardwebhooks.NewWebhook(args[0])
	ts.Check(err)
	if err := official.Verify(got.body, got.header); (err == nil) == neg {
		ts.Fatalf("the official library says: %v", err)
	}
}

func runJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: json where [what]")
	}
	st := storyOf(ts)
	var err error
	if len(args) == 2 {
		err = matches(st.current, args[0], args[1])
	} else if _, ok := find(st.current, args[0]); !ok {
		err = fmt.Errorf("there is nothing at %s", args[0])
	}
	if (err == nil) == neg {
		shown, _ := json.Marshal(st.current) // it came from JSON
		ts.Fatalf("json %v: %v, in %s", args, err, shown)
	}
}

func matches(value any, where, what string) error {
	found, ok := find(value, where)
	if !ok {
		return fmt.Errorf("there is nothing at %s", where)
	}
	text := textOf(found)
	if pattern, ok := strings.CutPrefix(what, "~"); ok {
		expression, err := regexp.Compile(pattern)
		if err != nil {
			return stop(err)
		}
		if !expression.MatchString(text) {
			return fmt.Errorf("%s is %s, which %s doesn't match", where, text, pattern)
		}
		return nil
	}
	if text != what {
		return fmt.Errorf("%s is %s, want %s", where, text, what)
	}
	return nil
}

// find walks down names, numbers of items, and "length".
func find(value any, where string) (any, bool) {
	for step := range strings.SplitSeq(where, ".") {
		switch at := value.(type) {
		case map[string]any:
			var ok bool
			if value, ok = at[step]; !ok {
				return nil, false
			}
		case []any:
			if step == "length" {
				value = float64(len(at))
				continue
			}
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			value = at[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// textOf shows a text as it is and everything else as JSON.
func textOf(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, _ := json.Marshal(value) // it came from JSON
	return string(text)
}
