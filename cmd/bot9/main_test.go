package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/app"
)

// TestMain keeps the machine's own settings and profiles out.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "BOT9_") {
			_ = os.Unsetenv(name)
		}
	}
	folder, err := os.MkdirTemp("", "bot9-cli")
	if err != nil {
		panic(err)
	}
	_ = os.Setenv("XDG_CONFIG_HOME", folder)
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// bench is a server with the demo account, in this process.
type bench struct {
	t      *testing.T
	folder string
	addr   string
	server *app.App
	demo   app.Demo
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, folder: t.TempDir(), addr: "127.0.0.1:0"}
	b.start()
	b.addr = strings.TrimPrefix(b.server.BaseURL(), "http://")
	t.Cleanup(b.stop)
	return b
}

func (b *bench) start() {
	b.t.Helper()
	var err error
	b.server, err = app.New(b.t.Context(), app.Settings{
		Addr: b.addr, DatabaseURL: "sqlite:" + filepath.Join(b.folder, "bot9.db"), AllowTargets: []string{"127.0.0.0/8"},
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.t.Fatal(err)
	}
	if b.demo, err = b.server.Quickstart(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if err := b.server.Start(context.WithoutCancel(b.t.Context())); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) stop() { b.server.Close() }

// as adds the flags that call the server with the demo's key.
func (b *bench) as(args ...string) []string {
	return append(args, "--url", b.server.BaseURL(), "--key", b.demo.SecretKey)
}

// result is what came of a command.
type result struct {
	code     int
	out, err string
}

func cli(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	p := newProgram()
	p.pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	code := p.run(t.Context(), args, strings.NewReader(stdin), &out, &errOut)
	return result{code, out.String(), errOut.String()}
}

// ok runs a command that must succeed, and returns what it prints.
func (b *bench) ok(args ...string) string {
	b.t.Helper()
	got := cli(b.t, "", b.as(args...)...)
	if got.code != exitOK || got.err != "" {
		b.t.Fatalf("bot9 %s: exit code %d, %s", strings.Join(args, " "), got.code, got.err)
	}
	return got.out
}

// pauses hands every wait of a program to the test, which ends it when it likes.
type pauses chan pauseRequest

type pauseRequest struct {
	wait time.Duration
	done chan struct{}
}

func (p pauses) pause(ctx context.Context, d time.Duration) error {
	request := pauseRequest{d, make(chan struct{})}
	select {
	case p <- request:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-request.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// running is a command that goes on until it is interrupted.
type running struct {
	t      *testing.T
	lines  chan string
	pauses pauses
	cancel context.CancelFunc
	code   chan int
}

// patience is how long tests wait for what must come; it passes only where they fail.
const patience = 20 * time.Second

func runInBackground(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, lines: make(chan string, 1000), pauses: make(pauses), cancel: cancel, code: make(chan int, 1)}
	out, in := io.Pipe()
	p := newProgram()
	p.pause = r.pauses.pause
	go func() {
		r.code <- p.run(ctx, args, strings.NewReader(""), in, in)
		_ = in.Close()
	}()
	go func() {
		defer close(r.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			r.lines <- scanner.Text()
		}
	}()
	t.Cleanup(cancel)
	return r
}

// line returns the next line that has text in it.
func (r *running) line(text string) string {
	r.t.Helper()
	return take(r.t, "a line with "+text, r.lines, func(line string) bool { return strings.Contains(line, text) })
}

func (r *running) pausesFor(want time.Duration) pauseRequest {
	r.t.Helper()
	request := take(r.t, "a pause of "+want.String(), r.pauses, func(pauseRequest) bool { return true })
	if request.wait != want {
		r.t.Errorf("paused for %s instead of %s", request.wait, want)
	}
	return request
}

func (r *running) interrupt() int {
	r.t.Helper()
	r.cancel()
	return take(r.t, "the end", r.code, func(int) bool { return true })
}

// take returns the first of what a channel gives that fits.
func take[T any](t *testing.T, what string, from <-chan T, fits func(T) bool) T {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got, open := <-from:
			if !open {
				t.Fatalf("waited for %s in vain", what)
			}
			if fits(got) {
				return got
			}
		case <-timeout:
			t.Fatalf("waited for %s for too long", what)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
