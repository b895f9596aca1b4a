package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

func init() {
	scenarios = append(scenarios, scenario{"8 endpoints come back with 400 events of 1 MiB each", largeEvents})
}

const (
	largeEndpoints = 8
	largeCount     = 400
	largeSize      = 1 << 20
)

// largeEvents lets large events pile up behind endpoints that are down, and then lets them answer. The memory is what the
// server takes from the moment at which they do.
func largeEvents(ctx context.Context, p plan) (result, error) {
	server, err := startServer(ctx, p)
	if err != nil {
		return result{}, err
	}
	defer server.close()
	var up atomic.Bool
	var receivers []*receiver
	defer func() { closeAll(receivers) }()
	var webhooks []string
	for range largeEndpoints {
		r, err := startReceiver(func(int64) (int, time.Duration) {
			if up.Load() {
				return 204, 0
			}
			return 500, 0
		})
		if err != nil {
			return result{}, err
		}
		receivers = append(receivers, r)
		id, err := server.webhook(r.url(), "messageReceived")
		if err != nil {
			return result{}, err
		}
		webhooks = append(webhooks, id)
	}
	ids, err := server.conversations(50)
	if err != nil {
		return result{}, err
	}
	l := &loader{server: server, conversations: ids, padding: strings.Repeat("x", largeSize)}
	took, err := l.run(ctx, 4, largeCount)
	if err != nil {
		return result{}, err
	}
	pile := server.peakRSS()
	for _, status := range []string{"disabled", "enabled"} {
		for _, id := range webhooks {
			var changed struct{}
			if _, err := server.call("", "PATCH", "/api/"+server.chatbot+"/webhooks/"+id, map[string]string{"status": status}, &changed); err != nil {
				return result{}, err
			}
		}
		up.Store(true)
	}
	if err := server.forgetPeakRSS(); err != nil {
		return result{}, err
	}
	start := time.Now()
	settle(ctx, receivers, l.accepted.Load(), 5*time.Minute)
	drained := time.Since(start)
	r := judge(l, receivers)
	r.latencies = nil // they tell how long the endpoints were down
	r.accepted = float64(l.accepted.Load()) / took.Seconds()
	r.delivered = float64(arrived(receivers)) / drained.Seconds()
	r.peakRSS = server.peakRSS()
	r.note = fmt.Sprintf("while they piled up, %d MiB at most", pile>>20)
	return r, nil
}

// forgetPeakRSS has the peak counted from now on (https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html).
func (s *server) forgetPeakRSS() error {
	err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.Process.Pid), []byte("5"), 0o600)
	if errors.Is(err, os.ErrPermission) {
		return nil // the peak is that of the whole scenario then
	}
	return err
}
