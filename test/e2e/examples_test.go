package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// example is a program of the folder examples, with the webhook that feeds it.
type example struct {
	*client
	t       *testing.T
	command []string
	folder  string // where it runs and keeps its files
	webhook webhook
	process *exec.Cmd
	out     *output
	base    string // where it listens
}

// newExample starts a server and makes a webhook, with its secret, for an example that start starts.
func newExample(t *testing.T, command ...string) *example {
	t.Helper()
	c := signup(t, startServer(t))
	e := &example{client: c, t: t, command: command, folder: t.TempDir()}
	e.webhook = c.subscribe(t, "http://127.0.0.1:9/", map[string]any{"retrySchedule": soon(30)})
	return e
}

var listening = regexp.MustCompile(`listening on (http://127\.0\.0\.1:\d+)`)

// start runs the program until stop, and points the webhook to it.
func (e *example) start(environment ...string) {
	e.t.Helper()
	e.out = &output{}
	e.process = exec.Command(e.command[0], e.command[1:]...)
	e.process.Dir = e.folder
	e.process.Env = append(append(os.Environ(), "PORT=0", "BOT9_WEBHOOK_SECRET="+e.webhook.Secret, "BOT9_URL="+e.client.base,
		"BOT9_CHATBOT_ID="+e.chatbot, "BOT9_API_KEY="+e.key, "PYTHONPATH="+filepath.Join(repository(e.t), "sdk/python/src")), environment...)
	e.process.Stderr = e.out
	stdout, err := e.process.StdoutPipe()
	must(e.t, err)
	must(e.t, e.process.Start())
	process := e.process
	e.t.Cleanup(func() {
		_ = process.Process.Kill() // it may have ended
		_ = process.Wait()         // whatever it ended with
		if e.t.Failed() {
			e.t.Logf("the example said:\n%s", e.out.tail(4000))
		}
	})
	reader := bufio.NewReader(stdout)
	line, err := reader.ReadString('\n')
	found := listening.FindStringSubmatch(line)
	if err != nil || found == nil {
		e.t.Fatalf("the example said %q, %v: %s", line, err, e.out)
	}
	go func() { _, _ = io.Copy(e.out, reader) }()
	e.base = found[1]
	must(e.t, e.do(e.t.Context(), http.StatusOK, "PATCH", e.of("webhooks/"+e.webhook.ID), map[string]string{"url": e.base + "/bot9"}, nil))
}

// stop asks the program to end, which it must do by itself.
func (e *example) stop() {
	e.t.Helper()
	must(e.t, e.process.Process.Signal(syscall.SIGTERM))
	ended := make(chan error, 1)
	process := e.process
	go func() { ended <- process.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			e.t.Errorf("the example ended with %v: %s", err, e.out)
		}
	case <-time.After(10 * time.Second):
		e.t.Error("the example does not end")
	}
}

// say appends a message to a conversation.
func (e *example) say(conversation, who, text string) {
	e.t.Helper()
	must(e.t, e.do(e.t.Context(), http.StatusCreated, "POST", e.of("conversations/"+conversation+"/messages"),
		map[string]string{"chatUser": who, "message": text}, nil))
}

func (e *example) change(conversation string, to map[string]any) {
	e.t.Helper()
	must(e.t, e.do(e.t.Context(), http.StatusOK, "PATCH", e.of("conversations/"+conversation), to, nil))
}

// settle waits until nothing is waiting for the program.
func (e *example) settle() {
	e.t.Helper()
	eventually(e.t, 20*time.Second, func() error {
		for _, status := range []string{"pending", "retrying"} {
			var list struct{ Data []struct{ Event string } }
			if err := e.do(e.t.Context(), http.StatusOK, "GET", e.of("deliveries?status="+status), nil, &list); err != nil {
				return err
			}
			if len(list.Data) > 0 {
				return fmt.Errorf("%s is %s: %s", list.Data[0].Event, status, e.out.tail(500))
			}
		}
		return nil
	})
}

// again has every event of a type sent once more, to a program that may have been restarted.
func (e *example) again(event string) {
	e.t.Helper()
	var list struct{ Data []struct{ ID string } }
	must(e.t, e.do(e.t.Context(), http.StatusOK, "GET", e.of("deliveries?status=succeeded&event="+event), nil, &list))
	if len(list.Data) == 0 {
		e.t.Fatalf("no %s was delivered", event)
	}
	for _, delivery := range list.Data {
		must(e.t, e.do(e.t.Context(), http.StatusAccepted, "POST", e.of("deliveries/"+delivery.ID+"/retry"), nil, nil))
	}
	e.settle()
	for _, delivery := range list.Data { // a duplicate is acknowledged like any other
		var now struct{ Status string }
		must(e.t, e.do(e.t.Context(), http.StatusOK, "GET", e.of("deliveries/"+delivery.ID), nil, &now))
		if now.Status != "succeeded" {
			e.t.Errorf("%s that was sent again is %s", event, now.Status)
		}
	}
}

// goExample builds an example that is written in Go.
func goExample(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join(repository(t), "examples", name)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return program
}

// typescriptExample builds an example that is written in TypeScript, with the library and the compiler
// that sdk/test.sh has installed.
func typescriptExample(t *testing.T, name string) string {
	t.Helper()
	sdk := filepath.Join(repository(t), "sdk/typescript")
	if _, err := os.Stat(filepath.Join(sdk, "dist/index.js")); err != nil {
		t.Fatalf("%v: the library isn't built; sdk/test.sh typescript does it", err)
	}
	folder := t.TempDir()
	must(t, os.CopyFS(folder, os.DirFS(filepath.Join(repository(t), "examples", name))))
	must(t, os.RemoveAll(filepath.Join(folder, "node_modules"))) // of somebody who has tried it
	for link, target := range map[string]string{"@bot9/webhooks": sdk, "@types/node": filepath.Join(sdk, "node_modules/@types/node")} {
		path := filepath.Join(folder, "node_modules", link)
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.Symlink(target, path))
	}
	compile := exec.Command(filepath.Join(sdk, "node_modules/.bin/tsc"))
	compile.Dir = folder
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("compile %s: %v\n%s", name, err, out)
	}
	return filepath.Join(folder, "build/main.js")
}

// service is somebody else's that an example posts to. It can be made to fail.
type service struct {
	url string

	mu     sync.Mutex
	failed int // how many more requests fail
	posts  []map[string]string
	header []http.Header
}

func newService(t *testing.T, answer func(n int) any) *service {
	s := &service{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.failed > 0 {
			s.failed--
			http.Error(w, "not now", http.StatusBadGateway)
			return
		}
		var post map[string]string
		if err := json.NewDecoder(r.Body).Decode(&post); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.posts, s.header = append(s.posts, post), append(s.header, r.Header)
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(answer(len(s.posts))) // the example may be gone
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *service) fail(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = times
}

func (s *service) received() []map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]map[string]string{}, s.posts...)
}

func TestExampleLogToFile(t *testing.T) {
	t.Parallel()
	e := newExample(t, goExample(t, "log-to-file"))
	e.start()
	one, two := e.conversation(t), e.conversation(t)
	for i := range 5 {
		e.say(one, "user", fmt.Sprintf("message %d", i))
		e.say(two, "user", fmt.Sprintf("<message> %d", i))
	}
	e.settle()
	e.again("messageReceived")
	e.stop()
	path := filepath.Join(e.folder, "events.jsonl")
	before, err := os.ReadFile(path)
	must(t, err)
	// A crash may leave half a line; its event comes again.
	must(t, os.WriteFile(path, append(before, `{"event":"messageRece`...), 0o600))
	e.start()
	e.again("messageReceived")
	e.say(one, "user", "after the restart")
	e.settle()
	e.stop()
	logged, err := os.ReadFile(path)
	must(t, err)
	next := map[string]int64{one: 1, two: 1}
	for line := range strings.Lines(string(logged)) {
		var event delivered
		must(t, json.Unmarshal([]byte(line), &event))
		if event.Sequence != next[event.ConversationID] {
			t.Errorf("%s has sequence %d after %d", event.ConversationID, event.Sequence, next[event.ConversationID]-1)
		}
		next[event.ConversationID]++
	}
	if next[one] != 8 || next[two] != 7 {
		t.Errorf("got %v", next)
	}
}

func TestExampleSQLite(t *testing.T) {
	t.Parallel()
	program := filepath.Join(repository(t), "examples/sqlite/main.py")
	e := newExample(t, "python3", program)
	e.start()
	conversation := e.conversation(t)
	e.say(conversation, "user", "Hello?")
	e.say(conversation, "bot", "Hello!")
	e.settle()
	e.stop()
	e.start() // knows nothing but what is in the database
	e.again("messageReceived")
	e.say(conversation, "user", "Good-bye")
	story := e.story()
	e.settle()
	e.stop()
	show := func(conversation string) string {
		command := exec.Command("python3", program, "show", conversation)
		command.Dir, command.Env = e.folder, e.process.Env
		shown, err := command.CombinedOutput()
		must(t, err)
		return string(shown)
	}
	e.wantShown("sqlite", strings.Join(strings.SplitAfter(show(story), "\n")[:4], ""))
	shown := show(conversation)
	want := "   1  conversationStarted        \n   2  messageReceived            Hello?\n   3  messageSent                Hello!\n   4  messageReceived            Good-bye\n"
	if shown != want {
		t.Errorf("got\n%s", shown)
	}
}

func TestExampleChatRoom(t *testing.T) {
	t.Parallel()
	room := newService(t, func(int) any { return "ok" })
	e := newExample(t, "node", typescriptExample(t, "chat-room"))
	e.start("CHAT_ROOM_URL=" + room.url)
	conversation := e.conversation(t)
	room.fail(1) // Bot9 tries again
	e.say(conversation, "user", "<!channel> I want a refund & a human, @here")
	e.change(conversation, map[string]any{"status": "needs_review", "reason": "asked"})
	e.change(conversation, map[string]any{"status": "closed"})
	e.settle()
	e.again("handoverRequested")
	e.stop()
	told := room.received()
	link := e.client.base + "/" + e.chatbot + "/inbox?conversation=" + conversation
	if len(told) != 2 ||
		told[0]["text"] != "Somebody needs a human: “&lt;!channel&gt; I want a refund &amp; a human, @\u200bhere” "+link ||
		!strings.HasPrefix(told[1]["text"], "Closed by api after 1 messages.") {
		t.Errorf("got %q", told)
	}
}

func TestExampleTickets(t *testing.T) {
	t.Parallel()
	tracker := newService(t, func(n int) any {
		return map[string]any{"id": n, "html_url": fmt.Sprintf("https://tracker.example/%d", n)}
	})
	e := newExample(t, "python3", filepath.Join(repository(t), "examples/tickets/main.py"))
	settings := []string{"TICKETS_URL=" + tracker.url, "TICKETS_TOKEN=secret"}
	e.start(settings...)
	conversation := e.conversation(t)
	needHuman := func(reason string) {
		e.say(conversation, "user", "Where is my order?\n\n# @everybody")
		e.change(conversation, map[string]any{"status": "needs_review", "reason": reason})
	}
	tracker.fail(1) // Bot9 tries again
	needHuman("first")
	e.settle()
	e.stop()
	e.start(settings...)
	e.again("handoverRequested")
	e.change(conversation, map[string]any{"status": "active"})
	needHuman("second, while the first is open")
	e.change(conversation, map[string]any{"status": "closed"})
	e.change(conversation, map[string]any{"status": "active"})
	needHuman("third, after all was closed")
	e.settle()
	e.again("conversationClosed")
	e.stop()
	tickets := tracker.received()
	if len(tickets) != 2 || !strings.Contains(tickets[0]["title"], "first") || !strings.Contains(tickets[1]["title"], "third") {
		t.Fatalf("got %q", tickets)
	}
	if body := tickets[0]["body"]; !strings.Contains(body, "\n    user: Where is my order?\n    \n    # @everybody\n") || !strings.Contains(body, conversation) {
		t.Errorf("got %s", body)
	}
	if header := tracker.header[0]; header.Get("Authorization") != "Bearer secret" || !strings.HasPrefix(header.Get("Idempotency-Key"), "evt_") {
		t.Errorf("got %v", header)
	}
}

func TestExampleOwnBot(t *testing.T) {
	t.Parallel()
	e := newExample(t, goExample(t, "own-bot"))
	e.start()
	conversation := e.conversation(t)
	e.say(conversation, "user", "When do you open?")
	e.say(conversation, "user", "How do you deliver?")
	e.settle()
	e.stop()
	e.start() // knows nothing of what it has answered
	e.again("messageReceived")
	e.say(conversation, "user", "I want a human")
	e.settle()
	e.say(conversation, "user", "Are you there?") // it is silent now
	e.say(conversation, "humanagent", "I am.")
	e.settle()
	e.change(conversation, map[string]any{"status": "closed"})
	e.again("messageReceived")
	e.stop()
	var said struct {
		Data []struct{ ChatUser, Message, InReplyTo string }
	}
	must(t, e.do(t.Context(), http.StatusOK, "GET", e.of("conversations/"+conversation+"/messages"), nil, &said))
	var bot []string
	for _, message := range said.Data {
		if message.ChatUser == "bot" {
			bot = append(bot, message.Message)
		}
	}
	want := "We are here Monday to Friday, 9 to 17 o'clock.|Delivery takes two working days.|A human will be with you in a moment."
	if got := strings.Join(bot, "|"); got != want {
		t.Errorf("the bot said %s", got)
	}
}

// TestExampleBehindListen runs an example as its README says: fed by bot9 listen, without a webhook.
func TestExampleBehindListen(t *testing.T) {
	t.Parallel()
	e := newExample(t, goExample(t, "log-to-file"))
	e.start()
	must(t, e.do(t.Context(), http.StatusNoContent, "DELETE", e.of("webhooks/"+e.webhook.ID), nil, nil))
	var shown output
	listen := e.cli("listen", "--forward-to", strings.TrimPrefix(e.base, "http://127.0.0.1:"), "--secret", e.webhook.Secret)
	listen.Stdout, listen.Stderr = &shown, &shown
	must(t, listen.Start())
	t.Cleanup(func() {
		_ = listen.Process.Kill() // it may have ended
		_ = listen.Wait()         // it was killed: that is its error
	})
	eventually(t, 10*time.Second, func() error {
		if !strings.Contains(shown.String(), "Signed with") {
			return errors.New("bot9 listen is not ready")
		}
		return nil
	})
	e.story()
	var logged string
	eventually(t, 20*time.Second, func() error {
		text, err := os.ReadFile(filepath.Join(e.folder, "events.jsonl"))
		if logged = string(text); err != nil || !strings.Contains(logged, "conversationClosed") {
			return fmt.Errorf("the file has %d bytes, %w: %s", len(text), err, shown.tail(1000))
		}
		return nil
	})
	lines := strings.SplitAfter(logged, "\n")
	e.wantShown("log-to-file", strings.Join(lines[len(lines)-3:], "")) // the last is empty
}

// cli is a call of the command line with the chatbot's key.
func (e *example) cli(args ...string) *exec.Cmd {
	command := exec.Command(binary, args...)
	command.Env = append(os.Environ(), "BOT9_URL="+e.client.base, "BOT9_API_KEY="+e.key, "XDG_CONFIG_HOME="+e.folder)
	return command
}

// story plays the conversation that the READMEs' transcripts are of, and returns its ID.
func (e *example) story() (conversation string) {
	e.t.Helper()
	out, err := e.cli("trigger", "conversation").CombinedOutput()
	if err != nil {
		e.t.Fatalf("trigger: %v\n%s", err, out)
	}
	return strings.Fields(string(out))[0]
}

// wantShown compares with what an example's README shows below its command; an ellipsis there stands
// for any text.
func (e *example) wantShown(name, got string) {
	e.t.Helper()
	readme, err := os.ReadFile(filepath.Join(repository(e.t), "examples", name, "README.md"))
	must(e.t, err)
	found := regexp.MustCompile("(?s)```console\n\\$ [^\n]+\n(.*?)```").FindSubmatch(readme)
	if found == nil {
		e.t.Fatalf("the README of %s shows nothing", name)
	}
	want := strings.ReplaceAll(regexp.QuoteMeta(string(found[1])), "…", "[^\n]*")
	if !regexp.MustCompile("^" + want + "$").MatchString(regexp.MustCompile(` +\n`).ReplaceAllString(got, "\n")) {
		e.t.Errorf("the README of %s shows\n%s\nbut this is\n%s", name, found[1], got)
	}
}

var (
	readSetting  = regexp.MustCompile(`(?:Getenv\("|environ(?:\.get\("|\[")|\benv\.)([A-Z][A-Z0-9_]+)`)
	namedSetting = regexp.MustCompile("(?m)^\\| ((?:`[A-Z0-9_]+`(?:, )?)+) \\|")
)

// TestExampleReadmes holds each README's table of settings against what the program reads.
func TestExampleReadmes(t *testing.T) {
	t.Parallel()
	readmes, err := filepath.Glob(filepath.Join(repository(t), "examples/*/README.md"))
	if err != nil || len(readmes) < 5 {
		t.Fatalf("%d examples, %v", len(readmes), err)
	}
	for _, path := range readmes {
		text, err := os.ReadFile(path)
		must(t, err)
		named := map[string]bool{}
		for _, row := range namedSetting.FindAllStringSubmatch(string(text), -1) {
			for name := range strings.SplitSeq(row[1], ", ") {
				named[strings.Trim(name, "`")] = true
			}
		}
		sources, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.[gpt][oys]*"))
		must(t, err)
		read := map[string]bool{}
		for _, source := range sources {
			code, err := os.ReadFile(source)
			must(t, err)
			for _, found := range readSetting.FindAllStringSubmatch(string(code), -1) {
				read[found[1]] = true
			}
		}
		if diff := cmp.Diff(read, named); diff != "" || len(read) == 0 {
			t.Errorf("%s names other settings than the program reads: %s", path, diff)
		}
	}
}
