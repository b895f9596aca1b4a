// Package bare is the bare path: the least that a sender of webhooks does with the libraries that Bot9 is made
// of. net/http takes a request, a transaction commits an event and a delivery of it, HMAC signs it, net/http
// sends it, a transaction commits the attempt. It knows no keys, no schemas, no webhooks, no order, no retries and
// no limits. What it costs is what the machine charges today, so that figures of different machines and days
// can be compared.
package bare

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	workers    = 256
	groupLimit = 256
)

// event is an event on the bare path, and who waits for its commit.
type event struct {
	id           int64
	conversation string
	kind         string
	body         []byte
	attempt      []byte // that was made, and has to be written
	done         chan struct{}
}

type path struct {
	store  database
	target string
	queue  chan *event
	work   chan *event
}

// Serve serves the bare path at addr and sends to target. It runs until the process is killed.
func Serve(addr, target, databaseURL string) error {
	store, err := open(databaseURL)
	if err != nil {
		return err
	}
	b := &path{store: store, target: target, queue: make(chan *event, 4*groupLimit), work: make(chan *event, 4*groupLimit)}
	go func() {
		fmt.Fprintln(os.Stderr, "bare path:", b.commit())
		os.Exit(1)
	}()
	client := &http.Transport{MaxIdleConnsPerHost: workers}
	for range workers {
		go b.send(client)
	}
	return http.ListenAndServe(addr, http.HandlerFunc(b.accept))
}

func (b *path) accept(w http.ResponseWriter, r *http.Request) {
	var posted struct {
		Event          string          `json:"event"`
		ConversationID string          `json:"conversationId"`
		Data           json.RawMessage `json:"data"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &posted)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e := &event{conversation: posted.ConversationID, kind: posted.Event, body: body, done: make(chan struct{}, 1)}
	b.queue <- e
	<-e.done
	w.WriteHeader(http.StatusAccepted)
}

// commit writes whatever waits in one transaction after another.
func (b *path) commit() error {
	last := int64(0)
	for {
		group := transaction{}
		for first := true; first || group.size() < groupLimit && len(b.queue) > 0; first = false {
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

func (b *path) send(client *http.Transport) {
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
		b.queue <- &event{id: e.id, attempt: attempt}
	}
}
