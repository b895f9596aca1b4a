package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

func init() {
	scenarios = append(scenarios, scenario{"1000 visitors' streams and 50 messages/s while webhooks hang", visitors})
}

const (
	visitorStreams  = 1000
	visitorMessages = 50 // per second, of all
	hangingWebhooks = 5
)

// visitor is a browser with the widget: a stream, and what it has said.
type visitor struct {
	base, token string
	mu          sync.Mutex
	asked       time.Time // when the question that has no answer yet was sent
	took        []time.Duration
}

// visitors measures how long it takes from a visitor's message to the first part of the bot's answer in their stream.
func visitors(ctx context.Context, p plan) (result, error) {
	server, err := startServer(ctx, p)
	if err != nil {
		return result{}, err
	}
	defer server.close()
	var receivers []*receiver
	defer func() { closeAll(receivers) }()
	for range hangingWebhooks {
		r, err := startReceiver(hangs)
		if err != nil {
			return result{}, err
		}
		receivers = append(receivers, r)
		if _, err := server.webhook(r.url(), "*"); err != nil {
			return result{}, err
		}
	}
	base := "http://" + server.addr
	document := map[string]any{"title": "Delivery", "text": "# How long does delivery take?\nDelivery takes two working days."}
	if err := ask(ctx, base+"/api/"+server.chatbot+"/knowledge", server.key, document, nil); err != nil {
		return result{}, err
	}
	streaming, stop := context.WithCancel(ctx)
	defer stop()
	all := make([]*visitor, visitorStreams)
	var readers sync.WaitGroup
	for i := range all {
		v := &visitor{base: base}
		var session struct{ Token string }
		if err := ask(ctx, base+"/api/widget/"+server.chatbot+"/session", "", map[string]any{}, &session); err != nil {
			return result{}, err
		}
		v.token, all[i] = session.Token, v
		opened := make(chan error, 1)
		readers.Go(func() { v.read(streaming, opened) })
		if err := <-opened; err != nil {
			return result{}, err
		}
	}
	sent, err := talk(ctx, all, p.duration)
	if err != nil {
		return result{}, err
	}
	time.Sleep(time.Second) // for the last answers
	stop()
	readers.Wait()
	out := result{accepted: float64(sent) / p.duration.Seconds()}
	for _, v := range all {
		out.latencies = append(out.latencies, v.took...)
		if !v.asked.IsZero() {
			out.lost++
		}
	}
	out.delivered = float64(len(out.latencies)) / p.duration.Seconds()
	out.peakRSS = server.peakRSS()
	return out, nil
}

// talk has the visitors say something in turns.
func talk(ctx context.Context, all []*visitor, duration time.Duration) (sent int, err error) {
	tick := time.NewTicker(time.Second / visitorMessages)
	defer tick.Stop()
	var posts sync.WaitGroup
	errs := make(chan error, 1)
	for end := time.Now().Add(duration); time.Now().Before(end) && ctx.Err() == nil; sent++ {
		<-tick.C
		v := all[sent%len(all)]
		v.mu.Lock()
		v.asked = time.Now()
		v.mu.Unlock()
		body := map[string]any{"message": "How long does delivery take?", "clientId": fmt.Sprint("m", sent)}
		posts.Go(func() {
			if err := ask(ctx, v.base+"/api/widget/messages", v.token, body, nil); err != nil {
				select {
				case errs <- err:
				default:
				}
			}
		})
	}
	posts.Wait()
	select {
	case err = <-errs:
	default:
	}
	return sent, err
}

// read reads the visitor's stream, and notes when the first part of an answer comes.
func (v *visitor) read(ctx context.Context, opened chan<- error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"/api/widget/stream", nil)
	if err != nil {
		opened <- err
		return
	}
	r.Header.Set("Authorization", "Bearer "+v.token)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := visitorsClient.Do(r)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New("stream: " + answer.Status)
	}
	opened <- err
	if err != nil {
		return
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "event: delta") {
			continue
		}
		v.mu.Lock()
		if !v.asked.IsZero() {
			v.took = append(v.took, time.Since(v.asked))
			v.asked = time.Time{}
		}
		v.mu.Unlock()
	}
}

var visitorsClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// ask posts a body as a page of the server's own does.
func ask(ctx context.Context, url, credential string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if credential != "" {
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	answer, err := visitorsClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s: %s", url, answer.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}
