package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// noisy is what account A does at its worst while account B posts an event and reads a list now and then.
type noisy struct {
	name    string
	prepare func(context.Context, plan, *tenant) error
	// disturb makes one call, or a few; several callers repeat it. How many and how many events went through is told by A.
	callers int
	disturb func(ctx context.Context, a *tenant, round int64) error
	once    bool // disturb is called once by each caller
}

// What B does, and is promised while A does its worst.
const (
	postEvery   = 20 * time.Millisecond
	readEvery   = 50 * time.Millisecond
	aloneFor    = 3 * time.Second
	atLeastFor  = 10 * time.Second // B is measured beside A, so that whatever A leaves to be done counts too
	nowhereHook = "http://127.0.0.1:9/nowhere"
)

var neighbours = []noisy{
	{
		name: "1000 webhooks and 100 events a call", callers: 1, prepare: func(ctx context.Context, _ plan, a *tenant) error {
			return a.webhooks(ctx, 1000, map[string]any{"url": nowhereHook, "events": []string{"custom.wide"}})
		},
		disturb: func(ctx context.Context, a *tenant, _ int64) error {
			return a.post(ctx, "events", slices.Repeat([]any{event("custom.wide", map[string]any{"x": strings.Repeat("y", 20)})}, 100))
		},
	},
	{
		name: "100 costly filters and events of 120 kB", callers: 2, prepare: func(ctx context.Context, _ plan, a *tenant) error {
			return a.webhooks(ctx, 100, map[string]any{"url": nowhereHook, "events": []string{"*"}, "filter": `data.t.matches('(.*a){20}b') || data.t.contains('zzzzq0')`})
		},
		disturb: func(ctx context.Context, a *tenant, _ int64) error {
			return a.post(ctx, "events", event("custom.text", map[string]any{"t": strings.Repeat("a", 120_000)}))
		},
	},
	{
		name: "20 filters over lists and 1000 events a call", callers: 2, prepare: func(ctx context.Context, _ plan, a *tenant) error {
			return a.webhooks(ctx, 20, map[string]any{"url": nowhereHook, "events": []string{"*"}, "filter": "data.items.exists(x, x.n > 5)"})
		},
		disturb: func(ctx context.Context, a *tenant, _ int64) error {
			list := event("custom.list", map[string]any{"items": slices.Repeat([]any{map[string]any{"n": 1}}, 330)})
			return a.post(ctx, "events", slices.Repeat([]any{list}, 1000))
		},
	},
	{
		name: "8 searches at once", callers: 8, prepare: talkALot,
		disturb: func(ctx context.Context, a *tenant, round int64) error {
			words := []string{"order", "arrive", "hello", "zebra", "know like", "12345"}
			return a.read(ctx, "conversations?q="+url.QueryEscape(words[round%int64(len(words))]))
		},
	},
	{
		name: "a large chatbot is deleted", callers: 1, prepare: talkALot, once: true,
		disturb: func(ctx context.Context, a *tenant, _ int64) error {
			return a.call(ctx, "DELETE", "/api/chatbots/"+a.chatbot, nil)
		},
	},
	{
		name: "64 callers are refused", callers: 64,
		disturb: func(ctx context.Context, a *tenant, round int64) error {
			err := a.named(ctx, fmt.Sprint("refused-", round), "events", map[string]any{"event": "custom.a", "data": map[string]any{}, "conversationId": "conv_0000000000001"})
			if err != nil && strings.Contains(err.Error(), "unknownConversation") {
				return nil
			}
			return errors.Join(errors.New("it was not refused"), err)
		},
	},
	{
		name: "20 documents of 495 kB are changed and searched", callers: 1, prepare: func(ctx context.Context, _ plan, a *tenant) error {
			for i := range 20 {
				if err := a.post(ctx, "knowledge", document(i, 0)); err != nil {
					return err
				}
			}
			return a.listDocuments(ctx)
		},
		disturb: func(ctx context.Context, a *tenant, round int64) error {
			i := int(round) % len(a.documents)
			err := a.call(ctx, "PUT", "/api/"+a.chatbot+"/knowledge/"+a.documents[i], document(i, int(round)))
			return errors.Join(err, a.post(ctx, "knowledge/search", map[string]any{"q": "How long does delivery take?"}))
		},
	},
	{
		name: "a webhook that posts to its own events", callers: 1, prepare: func(ctx context.Context, _ plan, a *tenant) error {
			addr, err := leadTo(ctx, a.server.addr) // which the server doesn't know to be itself
			if err != nil {
				return err
			}
			return a.webhooks(ctx, 1, map[string]any{
				"url": "http://" + addr + "/api/" + a.chatbot + "/events", "events": []string{"*"},
				"headers": map[string]string{"Authorization": "Bearer " + a.key}, "retrySchedule": []int{1, 1, 1, 1, 1, 1, 1, 1},
			})
		},
		disturb: func(ctx context.Context, a *tenant, _ int64) error {
			return a.post(ctx, "events", event("custom.loop", map[string]any{}))
		},
	},
}

func init() {
	for _, n := range neighbours {
		scenarios = append(scenarios, scenario{"noisy neighbour: " + n.name, n.run})
	}
}

func event(name string, data map[string]any) map[string]any {
	return map[string]any{"event": name, "data": data}
}

func document(i, version int) map[string]any {
	sentence := fmt.Sprintf("Delivery of number %d takes %d days and may be asked for again. ", i, version)
	paragraph := fmt.Sprintf("# Part %d\n%s\n\n", i, strings.Repeat(sentence, 9))
	return map[string]any{"title": fmt.Sprint("Document ", i), "text": strings.Repeat(paragraph, 495_000/len(paragraph))}
}

// run measures B alone, then beside A. The row has how fast B's posts were answered beside A; its reads, and both alone, are
// told behind the name.
func (n noisy) run(ctx context.Context, p plan) (result, error) {
	server, err := startServer(ctx, p)
	if err != nil {
		return result{}, err
	}
	defer server.close()
	a, err := server.tenant(ctx, "a")
	if err != nil {
		return result{}, err
	}
	b, err := server.tenant(ctx, "b")
	if err != nil {
		return result{}, err
	}
	if n.prepare != nil {
		if err := n.prepare(ctx, p, a); err != nil {
			return result{}, err
		}
	}
	posts, reads, err := b.quietly(ctx, aloneFor)
	if err != nil {
		return result{}, err
	}
	alone := fmt.Sprintf("alone %s and %s", percentile(posts, 0.99), percentile(reads, 0.99))
	cpuBefore, err := server.cpu()
	if err != nil {
		return result{}, err
	}
	began := time.Now()
	done := n.disturbing(ctx, max(p.duration, atLeastFor), a)
	posts, reads, err = b.quietly(ctx, max(p.duration, atLeastFor)+aloneFor)
	calls, disturbErr := done()
	if err := errors.Join(err, disturbErr); err != nil {
		return result{}, err
	}
	cpu, err := server.cpu()
	return result{
		accepted: float64(len(posts)) / time.Since(began).Seconds(), latencies: posts, peakRSS: server.peakRSS(),
		cpuPerDelivery: (cpu - cpuBefore) / time.Duration(max(len(posts), 1)),
		note:           fmt.Sprintf("B's posts; its reads p99 %s; %s; A made %d calls", percentile(reads, 0.99), alone, calls),
	}, err
}

// disturbing has A's callers go on for a time. What is returned ends them, and tells how many calls went through.
func (n noisy) disturbing(ctx context.Context, d time.Duration, a *tenant) func() (int64, error) {
	limited, cancel := context.WithTimeout(ctx, d)
	var rounds, calls atomic.Int64
	var callers sync.WaitGroup
	errs := make(chan error, n.callers)
	for range n.callers {
		callers.Go(func() {
			for limited.Err() == nil {
				err := n.disturb(limited, a, rounds.Add(1))
				if err != nil && limited.Err() == nil && !strings.Contains(err.Error(), ": 503 ") {
					errs <- fmt.Errorf("account A: %w", err)
					return
				}
				if err == nil {
					calls.Add(1)
				}
				if n.once {
					return
				}
			}
		})
	}
	return func() (int64, error) {
		defer cancel()
		callers.Wait()
		close(errs)
		return calls.Load(), <-errs
	}
}

func percentile(latencies []time.Duration, share float64) string {
	if len(latencies) == 0 {
		return "?"
	}
	slices.Sort(latencies)
	return fmt.Sprintf("%.1f ms", micros(latencies[int(share*float64(len(latencies)-1))])/1000)
}

// tenant is an account with a chatbot and its key.
type tenant struct {
	server       *server
	chatbot, key string
	session      string // for what takes a person
	documents    []string
	client       *http.Client
}

func (s *server) tenant(_ context.Context, name string) (*tenant, error) {
	var account, made struct {
		ID     string                  `json:"id"`
		APIKey struct{ Secret string } `json:"apiKey"`
	}
	jar, err := s.call("", "POST", "/api/auth/signup", map[string]string{"email": name + "@example.com", "password": "a long password", "name": name}, &account)
	if err != nil {
		return nil, err
	}
	if _, err := s.call(jar, "POST", "/api/chatbots", map[string]string{"name": name}, &made); err != nil {
		return nil, err
	}
	t := &tenant{server: s, chatbot: made.ID, key: made.APIKey.Secret}
	// Its connections are its own, so that a caller that waits for one isn't taken for a server that is slow.
	t.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	t.session = jar
	return t, nil
}

func (t *tenant) post(ctx context.Context, path string, body any) error {
	return t.named(ctx, "", path, body)
}

func (t *tenant) read(ctx context.Context, path string) error {
	return t.call(ctx, "GET", "/api/"+t.chatbot+"/"+path, nil)
}

func (t *tenant) call(ctx context.Context, method, path string, body any) error {
	return t.do(ctx, method, path, "", body, nil)
}

// named is post with an Idempotency-Key, if it is not empty.
func (t *tenant) named(ctx context.Context, key, path string, body any) error {
	return t.do(ctx, "POST", "/api/"+t.chatbot+"/"+path, key, body, nil)
}

func (t *tenant) webhooks(ctx context.Context, n int, settings map[string]any) error {
	for range n {
		if err := t.post(ctx, "webhooks", settings); err != nil {
			return err
		}
	}
	return nil
}

// quietly posts an event and reads a list now and then, and returns how long each took. A call that takes long keeps none
// of those after it waiting.
func (t *tenant) quietly(ctx context.Context, d time.Duration) (posts, reads []time.Duration, err error) {
	steadily := func(every time.Duration, call func() error) (took []time.Duration, err error) {
		var calling sync.WaitGroup
		var mu sync.Mutex
		for begun, due := time.Now(), time.Now(); due.Sub(begun) < d && ctx.Err() == nil; due = due.Add(every) {
			time.Sleep(time.Until(due))
			calling.Go(func() {
				begun := time.Now()
				callErr := call()
				mu.Lock()
				defer mu.Unlock()
				took, err = append(took, time.Since(begun)), errors.Join(err, callErr)
			})
		}
		calling.Wait()
		return took, err
	}
	var reading sync.WaitGroup
	var readErr error
	reading.Go(func() {
		reads, readErr = steadily(readEvery, func() error { return t.read(ctx, "events?limit=50") })
	})
	posts, err = steadily(postEvery, func() error { return t.post(ctx, "events", event("custom.quiet", map[string]any{})) })
	reading.Wait()
	if err = errors.Join(err, readErr); err != nil {
		err = fmt.Errorf("account B: %w", err)
	}
	return posts, reads, err
}

// talkALot fills the chatbot with conversations of ten messages each.
func talkALot(ctx context.Context, p plan, a *tenant) error {
	var next atomic.Int64
	errs := make(chan error, p.connections)
	var talking sync.WaitGroup
	for range p.connections {
		talking.Go(func() {
			for ctx.Err() == nil && next.Add(10) <= int64(p.messages) {
				if err := a.talk(ctx, next.Load()); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	talking.Wait()
	close(errs)
	return <-errs
}

func (t *tenant) talk(ctx context.Context, n int64) error {
	var made struct{ ID string }
	if err := t.do(ctx, "POST", "/api/"+t.chatbot+"/conversations", "", map[string]any{"source": "bench"}, &made); err != nil {
		return err
	}
	for i := range int64(10) {
		text := fmt.Sprintf("Hello, I would like to know when my order %d will arrive.", n*10+i)
		if err := t.post(ctx, "conversations/"+made.ID+"/messages", map[string]any{"message": text, "chatUser": "user"}); err != nil {
			return err
		}
	}
	return nil
}

// leadTo passes connections on to an address, until ctx ends.
func leadTo(ctx context.Context, target string) (addr string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target)
			if err != nil {
				_ = from.Close()
				continue
			}
			pass := func(to, from net.Conn) {
				_, _ = io.Copy(to, from) // it ends when either does
				_, _ = to.Close(), from.Close()
			}
			go pass(to, from)
			go pass(from, to)
		}
	}()
	return listener.Addr().String(), nil
}

func (t *tenant) listDocuments(ctx context.Context) error {
	var list struct{ Data []struct{ ID string } }
	err := t.do(ctx, "GET", "/api/"+t.chatbot+"/knowledge", "", nil, &list)
	for _, d := range list.Data {
		t.documents = append(t.documents, d.ID)
	}
	return err
}

// do makes a call, and decodes the answer where out is not nil.
func (t *tenant) do(ctx context.Context, method, path, key string, body, out any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if body == nil {
		encoded = nil
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://"+t.server.addr+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/api/chatbots") {
		request.Header.Set("Cookie", t.session)
	} else {
		request.Header.Set("Authorization", "Bearer "+t.key)
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	answer, err := t.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(text, out)
}
