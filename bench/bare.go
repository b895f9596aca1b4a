package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

// barePath measures the bare path (see the package bare) under the loader and the receiver that the other scenarios use.
func barePath(ctx context.Context, p plan) (result, error) {
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
	program, err := os.Executable()
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.process = exec.Command(program, "-serve-bare", s.addr, "-target", target, "-database-url", s.databaseURL)
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	for deadline := time.Now().Add(10 * time.Second); ctx.Err() == nil && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", s.addr); err == nil {
			return s, conn.Close()
		}
	}
	return nil, errors.Join(errors.New("the bare path does not answer"), s.close())
}
