package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// local is a developer's server.
type local struct {
	addr    string
	arrived chan arrival
	status  int
}

type arrival struct {
	header http.Header
	body   []byte
}

func (l *local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.WriteHeader(l.status)
	fmt.Fprint(w, "answer of\nthe handler")
	l.arrived <- arrival{r.Header, body}
}

func startLocal(t *testing.T, addr string, status int) *local {
	t.Helper()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	l := &local{addr: listener.Addr().String(), arrived: make(chan arrival, 100), status: status}
	server := &http.Server{Handler: l, ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return l
}

// next checks that the next event is the one with this message, and that its signature is genuine.
func (l *local) next(t *testing.T, secret, message string, attempt int) (sequence int64) {
	t.Helper()
	got := take(t, message, l.arrived, func(arrival) bool { return true })
	official, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := official.Verify(got.body, got.header); err != nil {
		t.Errorf("the Standard Webhooks library refuses: %v", err)
	}
	var envelope struct {
		ID, Event string
		Sequence  int64
		Data      struct{ Message string }
	}
	if err := json.Unmarshal(got.body, &envelope); err != nil {
		t.Fatal(err)
	}
	if envelope.Data.Message != message {
		t.Errorf("got %q instead of %q", envelope.Data.Message, message)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Bot9-Webhooks/" + version, "Webhook-Id": envelope.ID,
		"Bot9-Event": envelope.Event, "Bot9-Attempt": fmt.Sprint(attempt),
	} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s: %q instead of %q", name, got, want)
		}
	}
	return envelope.Sequence
}

func (b *bench) say(message string) {
	b.t.Helper()
	data, _ := json.Marshal(map[string]string{"message": message})
	b.ok("trigger", "messageReceived", "--conversation", b.demo.ConversationID.String(), "--data", string(data))
}

func TestListenKeepsOrderThroughTrouble(t *testing.T) {
	b := newBench(t)
	addr := freeAddress(t)
	listen := runInBackground(t, b.as("listen", "--forward-to", addr+"/hook", "--events", "messageReceived")...)
	secret := strings.TrimPrefix(listen.line("Signed with"), "Signed with ")

	b.say("first")
	b.say("second")
	first := listen.pausesFor(time.Second)
	listen.line(addr + " is down (connection refused). Trying again in 1 s")
	close(first.done)
	second := listen.pausesFor(2 * time.Second)
	receiver := startLocal(t, addr, http.StatusOK)
	close(second.done)
	sequence := receiver.next(t, secret, "first", 3)
	if next := receiver.next(t, secret, "second", 1); next != sequence+1 {
		t.Errorf("%d came after %d", next, sequence)
	}
	listen.line("→ 200")

	b.stop()
	lost := listen.pausesFor(500 * time.Millisecond)
	listen.line("Lost Bot9")
	b.start()
	b.say("third") // happens while nobody listens
	close(lost.done)
	listen.line("Connected again.")
	b.say("fourth")
	receiver.next(t, secret, "third", 1)
	if next := receiver.next(t, secret, "fourth", 1); next != sequence+3 {
		t.Errorf("%d is not right after the others", next)
	}
	if code := listen.interrupt(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestListenForwardsTheVeryBytes(t *testing.T) {
	b := newBench(t)
	addr := freeAddress(t)
	receiver := startLocal(t, addr, http.StatusOK)
	const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	listen := runInBackground(t, b.as("listen", "--json", "--forward-to", "http://"+addr, "--secret", secret)...)
	listen.line("Signed with " + secret)
	var posted struct{ ID string }
	if err := json.Unmarshal([]byte(b.ok("trigger", "custom.order", "--data", `{"b":"é<>&","a":[1,2]}`, "--json")), &posted); err != nil {
		t.Fatal(err)
	}
	got := take(t, "the event", receiver.arrived, func(arrival) bool { return true })
	if want := strings.TrimSpace(b.ok("events", "get", posted.ID, "--json")); string(got.body) != want {
		t.Errorf("sent %s instead of %s", got.body, want)
	}
	var line struct {
		Event           json.RawMessage
		Status, Attempt int
	}
	if err := json.Unmarshal([]byte(listen.line(posted.ID)), &line); err != nil {
		t.Fatal(err)
	}
	if line.Status != 200 || line.Attempt != 1 || string(line.Event) != string(got.body) {
		t.Errorf("got %+v", line)
	}
}

func TestListenShowsRefusalsAndGoesOn(t *testing.T) {
	b := newBench(t)
	addr := freeAddress(t)
	startLocal(t, addr, http.StatusInternalServerError)
	listen := runInBackground(t, b.as("listen", "--forward-to", addr, "--print-json")...)
	listen.line("Signed with")
	for range 2 {
		id := strings.Fields(b.ok("trigger", "custom.order"))[0]
		if line := listen.line("custom.order"); !strings.Contains(line, "→ 500") || !strings.HasSuffix(line, "answer of the handler") {
			t.Errorf("got %q", line)
		}
		listen.line(`"id":"` + id + `"`)
	}
}

// TestListenPassesOverWhatGetsNoAnswer forwards to a server that breaks off on one event and answers another with what
// isn't HTTP. Each is tried a few times; the one after them arrives.
func TestListenPassesOverWhatGetsNoAnswer(t *testing.T) {
	b := newBench(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var tries atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			r, err := http.ReadRequest(bufio.NewReader(conn))
			if err != nil {
				continue
			}
			switch r.Header.Get("Bot9-Event") {
			case "custom.breaks":
				tries.Add(1)
			case "custom.nonsense":
				tries.Add(1)
				_, _ = io.WriteString(conn, "220 mail.example.com ready\r\n\r\n")
			default:
				_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
			}
			_ = conn.Close()
		}
	}()
	listen := runInBackground(t, b.as("listen", "--forward-to", listener.Addr().String())...)
	listen.line("Signed with")
	for name, says := range map[string]string{"custom.breaks": "it broke the connection off", "custom.nonsense": "its answer is not valid HTTP"} {
		b.ok("trigger", name)
		for _, wait := range downWaits[:brokenTries-1] {
			listen.line(listener.Addr().String() + " gave no answer (" + says + "). Trying again in")
			close(listen.pausesFor(wait).done)
		}
		if line := listen.line(name); !strings.Contains(line, "→ "+says+"; passed over") || !strings.HasSuffix(line, "attempt 5") {
			t.Errorf("got %q", line)
		}
		if got := tries.Swap(0); got != brokenTries {
			t.Errorf("%d attempts", got)
		}
	}
	b.ok("trigger", "custom.good")
	listen.line("→ 204")
}

// TestListenSaysWhatToDoAboutACertificate forwards to a server with a certificate of its own making.
func TestListenSaysWhatToDoAboutACertificate(t *testing.T) {
	b := newBench(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	plain := startLocal(t, "127.0.0.1:0", http.StatusOK)
	for target, says := range map[string]string{
		server.URL: "add --skip-verify to accept any, or forward to http://", "https://" + plain.addr: "doesn't speak TLS; forward to http://",
	} {
		listen := runInBackground(t, b.as("listen", "--forward-to", target)...)
		listen.line("Signed with")
		b.ok("trigger", "custom.order")
		listen.line(says)
		if code := take(t, "the end", listen.code, func(int) bool { return true }); code != exitUsage {
			t.Errorf("exit code %d", code)
		}
	}
	listen := runInBackground(t, b.as("listen", "--forward-to", server.URL, "--skip-verify")...)
	listen.line("Signed with")
	b.ok("trigger", "custom.order")
	listen.line("→ 200")
}

func TestTailBeginsAfterAnEvent(t *testing.T) {
	b := newBench(t)
	since := strings.Fields(b.ok("trigger", "custom.one"))[0]
	b.ok("trigger", "custom.two")
	tail := runInBackground(t, b.as("events", "tail", "--since", since)...)
	tail.line("Listening to Demo chatbot")
	if line := take(t, "an event", tail.lines, func(string) bool { return true }); !strings.HasSuffix(line, "  custom.two") {
		t.Errorf("got %q", line)
	}
	b.ok("trigger", "messageReceived", "--conversation", b.demo.ConversationID.String())
	tail.line("messageReceived            " + b.demo.ConversationID.String() + "/")
	if code := tail.interrupt(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestLocalTargets(t *testing.T) {
	for text, want := range map[string]string{
		"3000": "http://localhost:3000", "localhost:3000/hook": "http://localhost:3000/hook", "127.0.0.1:3000": "http://127.0.0.1:3000",
		"https://dev.example/x?y=1": "https://dev.example/x?y=1", "ftp://x": "", "http://": "", "": "http://localhost:",
	} {
		got, err := localTarget(text)
		if text == "" { // newForwarder isn't called without a target
			continue
		}
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}
