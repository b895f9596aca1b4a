package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// scenario is one line of the table.
type scenario struct {
	name string
	run  func(context.Context, plan) (result, error)
}

var scenarios = []scenario{
	{"bare path", barePath},
	{"fan-out 1 saturated", func(ctx context.Context, p plan) (result, error) { return steady(ctx, p, setup{fanOut: 1}) }},
	{"fan-out 5 saturated", func(ctx context.Context, p plan) (result, error) { return steady(ctx, p, setup{fanOut: 5}) }},
	{"1000 events/s", func(ctx context.Context, p plan) (result, error) { return steady(ctx, p, setup{fanOut: 1, rate: 1000}) }},
	{"10 % of attempts fail", func(ctx context.Context, p plan) (result, error) {
		return steady(ctx, p, setup{fanOut: 1, rate: 1000, answer: everyTenthFails})
	}},
	{"500 events/s alone", func(ctx context.Context, p plan) (result, error) { return steady(ctx, p, setup{fanOut: 1, rate: 500}) }},
	{"500 events/s beside a hanging and a failing endpoint", func(ctx context.Context, p plan) (result, error) {
		return steady(ctx, p, setup{fanOut: 1, rate: 500, beside: []answer{hangs, alwaysFails}})
	}},
	{"one of 5 endpoints hangs", func(ctx context.Context, p plan) (result, error) {
		return steady(ctx, p, setup{fanOut: 4, rate: 500, beside: []answer{hangs}})
	}},
	{"10000 webhooks 1 matching", func(ctx context.Context, p plan) (result, error) {
		return steady(ctx, p, setup{fanOut: 1, others: 9999})
	}},
	{"kill -9 midway", crash},
	{"backlog drained", drainBacklog},
}

const conversations = 10_000

// setup describes a steady load.
type setup struct {
	fanOut int
	rate   int // events per second; 0 = saturated
	others int // webhooks that choose another event
	answer answer
	beside []answer // of endpoints that get the events too, but aren't measured

	before, after func(context.Context, *loader) error // called around the load, if set
}

// answer says what an endpoint answers to its n-th request, and after how long.
type answer func(n int64) (status int, wait time.Duration)

func everyTenthFails(attempt int64) (int, time.Duration) {
	if attempt%10 == 0 {
		return 500, 0
	}
	return 204, 0
}

func alwaysFails(int64) (int, time.Duration) { return 500, 0 }

func hangs(int64) (int, time.Duration) { return 204, 12 * time.Second }

// steady loads a fresh server and waits until everything that is due has arrived.
func steady(ctx context.Context, p plan, s setup) (result, error) {
	server, err := startServer(ctx, p)
	if err != nil {
		return result{}, err
	}
	defer server.close()
	l, receivers, err := prepare(server, s)
	if err != nil {
		return result{}, err
	}
	defer closeAll(receivers)
	if s.before != nil {
		if err := s.before(ctx, l); err != nil {
			return result{}, err
		}
	}
	r, err := measure(ctx, p, server, l, receivers[:s.fanOut])
	if err == nil && s.after != nil {
		err = s.after(ctx, l)
	}
	return r, err
}

// measure loads a server for as long as planned and waits until everything has arrived at the receivers.
func measure(ctx context.Context, p plan, server *server, l *loader, receivers []*receiver) (result, error) {
	if err := warmUp(ctx, l, receivers, p); err != nil {
		return result{}, err
	}
	cpuBefore, err := server.cpu()
	if err != nil {
		return result{}, err
	}
	databaseBefore := p.databaseCPU()
	arrivedBefore, acceptedBefore := arrived(receivers), l.accepted.Load()
	loading, cancel := context.WithTimeout(ctx, p.duration)
	defer cancel()
	took, err := l.run(loading, p.connections, 0)
	if err != nil {
		return result{}, err
	}
	atEnd := arrived(receivers)
	accepted := l.accepted.Load() - acceptedBefore
	settle(ctx, receivers, l.accepted.Load(), 90*time.Second)
	cpu, err := server.cpu()
	if err != nil {
		return result{}, err
	}
	r := judge(l, receivers)
	r.accepted = float64(accepted) / took.Seconds()
	r.delivered = float64(atEnd-arrivedBefore) / took.Seconds()
	r.cpuPerDelivery = (cpu - cpuBefore) / time.Duration(max(arrived(receivers)-arrivedBefore, 1))
	r.databaseCPU = (p.databaseCPU() - databaseBefore) / time.Duration(max(arrived(receivers)-arrivedBefore, 1))
	r.peakRSS = server.peakRSS()
	return r, nil
}

// databaseCPU is what the processes of a database server have spent so far.
func (p plan) databaseCPU() time.Duration {
	if p.database == nil {
		return 0
	}
	spent, err := p.database.CPU()
	if err != nil {
		return 0 // the column shows that it is not known
	}
	return spent
}

func prepare(server *server, s setup) (*loader, []*receiver, error) {
	ids, err := server.conversations(conversations)
	if err != nil {
		return nil, nil, err
	}
	var receivers []*receiver
	add := func(answer answer) error {
		r, err := startReceiver(answer)
		if err != nil {
			return err
		}
		receivers = append(receivers, r)
		_, err = server.webhook(r.url(), "messageReceived")
		return err
	}
	for range s.fanOut {
		if err := add(s.answer); err != nil {
			return nil, nil, err
		}
	}
	for _, answer := range s.beside {
		if err := add(answer); err != nil {
			return nil, nil, err
		}
	}
	for range s.others {
		if _, err := server.webhook("http://127.0.0.1:9/", "custom.never"); err != nil {
			return nil, nil, err
		}
	}
	return &loader{server: server, conversations: ids, rate: s.rate}, receivers, nil
}

// warmUp opens connections and fills caches, and forgets what it measured.
func warmUp(ctx context.Context, l *loader, receivers []*receiver, p plan) error {
	warming, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := l.run(warming, p.connections, 0); err != nil {
		return err
	}
	settle(ctx, receivers, l.accepted.Load(), 30*time.Second)
	l.rebase()
	for _, r := range receivers {
		r.mu.Lock()
		r.latencies = r.latencies[:0]
		r.mu.Unlock()
	}
	return nil
}

// settle waits until every accepted event has arrived at every receiver, or nothing more can be
// expected within the limit.
func settle(ctx context.Context, receivers []*receiver, accepted int64, limit time.Duration) {
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		if arrived(receivers) >= accepted*int64(len(receivers)) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func arrived(receivers []*receiver) (sum int64) {
	for _, r := range receivers {
		sum += r.arrived.Load()
	}
	return sum
}

func closeAll(receivers []*receiver) {
	for _, r := range receivers {
		r.close()
	}
}

// judge compares what was accepted with what arrived.
func judge(l *loader, receivers []*receiver) (r result) {
	for _, receiver := range receivers {
		receiver.mu.Lock()
		for n, accepted := range l.answered {
			if accepted && (n >= len(receiver.seen) || !receiver.seen[n]) {
				r.lost++
			}
		}
		r.duplicates += receiver.duplicates
		r.disordered += receiver.disordered
		r.latencies = append(r.latencies, receiver.latencies...)
		receiver.mu.Unlock()
	}
	return r
}

// crash kills the server under load and starts it again: what was accepted must arrive.
func crash(ctx context.Context, p plan) (result, error) {
	server, err := startServer(ctx, p)
	if err != nil {
		return result{}, err
	}
	defer server.close()
	l, receivers, err := prepare(server, setup{fanOut: 1})
	if err != nil {
		return result{}, err
	}
	defer closeAll(receivers)
	databaseBefore := p.databaseCPU()
	half, cancel := context.WithTimeout(ctx, p.duration/2)
	defer cancel()
	killed := make(chan error, 1)
	go func() {
		<-half.Done()
		killed <- server.kill()
	}()
	whole, cancelWhole := context.WithTimeout(ctx, p.duration)
	defer cancelWhole()
	before, err := l.run(whole, p.connections, 0)
	if err := errors.Join(err, <-killed); err != nil {
		return result{}, err
	}
	if err := server.start(ctx); err != nil {
		return result{}, err
	}
	again, cancelAgain := context.WithTimeout(ctx, p.duration/2)
	defer cancelAgain()
	l.rebase()
	after, err := l.run(again, p.connections, 0)
	if err != nil {
		return result{}, err
	}
	settle(ctx, receivers, l.accepted.Load(), 60*time.Second)
	cpu, err := server.cpu()
	r := judge(l, receivers)
	r.accepted = float64(l.accepted.Load()) / (before + after).Seconds()
	r.delivered = float64(arrived(receivers)) / (before + after).Seconds()
	r.cpuPerDelivery = cpu / time.Duration(max(arrived(receivers), 1))
	r.databaseCPU = (p.databaseCPU() - databaseBefore) / time.Duration(max(arrived(receivers), 1))
	r.peakRSS = server.peakRSS()
	return r, err
}

// drainBacklog lets events pile up behind an endpoint that is down, then lets it answer.
func drainBacklog(ctx context.Context, p plan) (result, error) {
	server, err := startServer(ctx, p)
	if err != nil {
		return result{}, err
	}
	defer server.close()
	ids, err := server.conversations(conversations)
	if err != nil {
		return result{}, err
	}
	up := make(chan struct{})
	down, err := startReceiver(func(int64) (int, time.Duration) {
		select {
		case <-up:
			return 204, 0
		default:
			return 500, 0
		}
	})
	if err != nil {
		return result{}, err
	}
	defer down.close()
	webhook, err := server.webhook(down.url(), "messageReceived")
	if err != nil {
		return result{}, err
	}
	l := &loader{server: server, conversations: ids}
	took, err := l.run(ctx, p.connections, int64(p.backlog))
	if err != nil {
		return result{}, err
	}
	slowest, err := slowestPage(server, webhook)
	if err != nil {
		return result{}, err
	}
	cpuBefore, err := server.cpu()
	if err != nil {
		return result{}, err
	}
	databaseBefore := p.databaseCPU()
	close(up)
	if err := resetBreaker(server, webhook); err != nil {
		return result{}, err
	}
	start := time.Now()
	settle(ctx, []*receiver{down}, l.accepted.Load(), 10*time.Minute)
	drained := time.Since(start)
	cpu, err := server.cpu()
	r := judge(l, []*receiver{down})
	r.latencies = nil // they tell how long the endpoint was down
	r.accepted = float64(l.accepted.Load()) / took.Seconds()
	r.delivered = float64(down.arrived.Load()) / drained.Seconds()
	r.cpuPerDelivery = (cpu - cpuBefore) / time.Duration(max(down.arrived.Load(), 1))
	r.databaseCPU = (p.databaseCPU() - databaseBefore) / time.Duration(max(down.arrived.Load(), 1))
	r.peakRSS = server.peakRSS()
	r.note = fmt.Sprintf("%d; before, pages in up to %d ms", p.backlog, slowest.Milliseconds())
	return r, err
}

// resetBreaker disables a webhook and enables it again, so that a drain is measured and not the wait for a probe.
func resetBreaker(s *server, webhook string) error {
	for _, status := range []string{"disabled", "enabled"} {
		var changed struct{}
		if _, err := s.call("", "PATCH", "/api/"+s.chatbot+"/webhooks/"+webhook, map[string]string{"status": status}, &changed); err != nil {
			return err
		}
	}
	return nil
}

// slowestPage asks for what people look at while an endpoint is down, some times each, and returns how long the
// slowest answer took.
func slowestPage(s *server, webhook string) (slowest time.Duration, err error) {
	for range 5 {
		for _, path := range []string{
			"deliveries", "deliveries?status=pending", "deliveries?status=retrying", "deliveries?webhookId=" + webhook,
			"events", "webhooks", "webhooks/" + webhook + "/stats", "conversations",
		} {
			var page struct{}
			begun := time.Now()
			if _, err := s.call("", "GET", "/api/"+s.chatbot+"/"+path, nil, &page); err != nil {
				return 0, err
			}
			slowest = max(slowest, time.Since(begun))
		}
	}
	return slowest, nil
}
