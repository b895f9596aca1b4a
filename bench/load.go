package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// loader posts events. It speaks HTTP/1.1 by itself, since what a client library costs would be
// taken from the server on the same cores.
type loader struct {
	server        *server
	conversations []string
	rate          int    // events per second; 0 = as fast as they are answered
	padding       string // of each message
	first         int64  // number of the event that the rate counts from

	next     atomic.Int64 // number of the next event
	accepted atomic.Int64
	refused  atomic.Int64
	mu       sync.Mutex
	answered []bool // by number: whether the event was answered 202
}

// run loads until ctx ends or limit events were posted (0 = no limit), and returns how long it took.
func (l *loader) run(ctx context.Context, connections int, limit int64) (time.Duration, error) {
	start := time.Now()
	var group sync.WaitGroup
	errs := make(chan error, connections)
	for i := range connections {
		group.Go(func() { errs <- l.post(ctx, l.server.node(i), start, limit) })
	}
	group.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

func (l *loader) post(ctx context.Context, node *server, start time.Time, limit int64) error {
	conn, err := net.Dial("tcp", node.addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	reader := bufio.NewReader(conn)
	var request, body []byte
	for ctx.Err() == nil {
		n := l.next.Add(1) - 1
		if limit > 0 && n >= limit {
			return nil
		}
		if l.rate > 0 {
			due := start.Add(time.Duration(n-l.first) * time.Second / time.Duration(l.rate))
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return nil
			}
		}
		body = l.event(body[:0], n)
		request = append(request[:0], "POST /api/"...)
		request = append(request, l.server.chatbot...)
		request = append(request, "/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer "...)
		request = append(request, l.server.key...)
		request = append(request, "\r\nContent-Length: "...)
		request = strconv.AppendInt(request, int64(len(body)), 10)
		request = append(request, "\r\n\r\n"...)
		request = append(request, body...)
		if _, err := conn.Write(request); err != nil {
			return nil // the server is being killed: not accepted
		}
		status, err := readAnswer(reader)
		if err != nil {
			return nil
		}
		if status != 202 {
			l.refused.Add(1)
			return fmt.Errorf("the server answered %d", status)
		}
		l.accepted.Add(1)
		l.mark(n)
	}
	return nil
}

// rebase makes the offered rate count from now.
func (l *loader) rebase() { l.first = l.next.Load() }

func (l *loader) mark(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for int64(len(l.answered)) <= n {
		l.answered = append(l.answered, make([]bool, 1<<16)...)
	}
	l.answered[n] = true
}

// event writes a messageReceived event as a real integration would send it. Its message begins
// with its number and the nanosecond at which it is posted.
func (l *loader) event(dst []byte, n int64) []byte {
	conversation := l.conversations[n%int64(len(l.conversations))]
	dst = append(dst, `{"event":"messageReceived","conversationId":"`...)
	dst = append(dst, conversation...)
	dst = append(dst, `","data":{"message":"`...)
	dst = strconv.AppendInt(dst, n, 10)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, time.Now().UnixNano(), 10)
	dst = append(dst, l.padding...)
	dst = append(dst, ` Hello, I would like to know when my order will arrive.","sender":"user123","messageId":"msg_0000000000001","senderType":"user","source":"website-widget","externalSessionId":null}}`...)
	return dst
}

// readAnswer reads an answer and returns its status.
func readAnswer(r *bufio.Reader) (status int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, io.ErrUnexpectedEOF
	}
	status, err = strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, err
	}
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := strings.CutPrefix(strings.ToLower(string(line)), "content-length:"); ok {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, err
			}
		}
	}
	_, err = r.Discard(length)
	return status, err
}
