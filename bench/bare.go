package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// The bare path is the least that a sender of webhooks does with the libraries that Bot9 is made of: net/http
// takes a request, SQLite commits an event and a delivery of it, HMAC signs it, net/http sends it, SQLite commits
// the attempt. It knows no keys, no schemas, no webhooks, no order, no retries and no limits. What it costs is what
// the machine charges today, so that figures of different machines and days can be compared.

const (
	bareWorkers = 256
	bareGroup   = 256
)

// bare measures the bare path under the loader and the receiver that the other scenarios use.
func bare(ctx context.Context, p plan) (result, error) {
	r, err := startReceiver(nil)
	if err != nil {
		return result{}, err
	}
	defer r.close()
	s, err := startBare(ctx, p, r.url())
	if err != nil {
		return result{}, err
	}
	defer s.close()
	ids := make([]string, conversations)
	for i := range ids {
		ids[i] = fmt.Sprintf("conv_%013d", i)
	}
	l := &loader{server: s, conversations: ids}
	return measure(ctx, p, s, l, []*receiver{r})
}

// startBare runs this program again, as the server.
func startBare(ctx context.Context, p plan, target string) (*server, error) {
	s, err := newServer(p)
	if err != nil {
		return nil, err
	}
	s.chatbot, s.key = "bot_0000000000001", "bare"
	s.process = exec.Command("/proc/self/exe", "-serve-bare", s.addr, "-target", target, "-database-url", s.databaseURL)
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		if conn, err := net.Dial("tcp", s.addr); err == nil {
			return s, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, ctx.Err()
}

// bareEvent is an event on the bare path, and who waits for its commit.
type bareEvent struct {
	id           int64
	conversation string
	kind         string
	body         []byte
	attempt      []byte // that was made, and has to be written
	done         chan struct{}
}

type barePath struct {
	store  bareStore
	target string
	queue  chan *bareEvent
	work   chan *bareEvent
}

// serveBare is the server. It runs until it is killed.
func serveBare(addr, target, databaseURL string) error {
	store, err := openBareStore(databaseURL)
	if err != nil {
		return err
	}
	b := &barePath{store: store, target: target, queue: make(chan *bareEvent, 4*bareGroup), work: make(chan *bareEvent, 4*bareGroup)}
	go func() {
		fmt.Fprintln(os.Stderr, "bare path:", b.commit())
		os.Exit(1)
	}()
	client := &http.Transport{MaxIdleConnsPerHost: bareWorkers}
	for range bareWorkers {
		go b.send(client)
	}
	return http.ListenAndServe(addr, http.HandlerFunc(b.accept))
}

func (b *barePath) accept(w http.ResponseWriter, r *http.Request) {
	var event struct {
		Event          string          `json:"event"`
		ConversationID string          `json:"conversationId"`
		Data           json.RawMessage `json:"data"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &event)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e := &bareEvent{conversation: event.ConversationID, kind: event.Event, body: body, done: make(chan struct{}, 1)}
	b.queue <- e
	<-e.done
	w.WriteHeader(http.StatusAccepted)
}

// commit writes whatever waits in one transaction after another.
func (b *barePath) commit() error {
	last := int64(0)
	for {
		group := bareTransaction{}
		for first := true; first || group.size() < bareGroup && len(b.queue) > 0; first = false {
			e := <-b.queue
			if e.attempt != nil {
				group.attempts = append(group.attempts, e)
				continue
			}
			last++
			e.id = last
			group.events = append(group.events, e)
		}
		if err := b.store.commit(group); err != nil {
			return err
		}
		for _, e := range group.events {
			e.done <- struct{}{}
			b.work <- e
		}
	}
}

func (b *barePath) send(client *http.Transport) {
	secret := []byte("a secret of twenty-four!")
	for e := range b.work {
		start := time.Now()
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%d.%d.", e.id, start.Unix())
		mac.Write(e.body)
		r, err := http.NewRequest("POST", b.target, bytes.NewReader(e.body))
		if err != nil {
			return
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Bot9-Attempt", "1")
		r.Header.Set("Webhook-Id", strconv.FormatInt(e.id, 10))
		r.Header.Set("Webhook-Timestamp", strconv.FormatInt(start.Unix(), 10))
		r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		status := 0
		if answer, err := client.RoundTrip(r); err == nil {
			status = answer.StatusCode
			_, _ = io.Copy(io.Discard, answer.Body) // the status is what counts
			answer.Body.Close()
		}
		attempt := fmt.Appendf(nil, `{"at":%d,"took":%d,"status":%d}`, start.UnixMilli(), time.Since(start).Milliseconds(), status)
		b.queue <- &bareEvent{id: e.id, attempt: attempt}
	}
}
