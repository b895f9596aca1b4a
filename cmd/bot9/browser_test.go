package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// person is somebody with a browser who is logged in to the dashboard.
type person struct {
	b    *bench
	http *http.Client
}

func newPerson(b *bench) *person {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	p := &person{b, &http.Client{Jar: jar}}
	p.post("/api/auth/login", map[string]any{"email": b.demo.Email, "password": b.demo.Password})
	return p
}

func (p *person) post(path string, body map[string]any) {
	p.b.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		p.b.t.Fatal(err)
	}
	answer, err := p.http.Post(p.b.server.BaseURL()+path, "application/json", bytes.NewReader(text))
	if err != nil {
		p.b.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		p.b.t.Fatalf("POST %s: %s", path, answer.Status)
	}
}

var shownCode = regexp.MustCompile(`[B-DF-HJ-NP-TV-Z]{4}-[B-DF-HJ-NP-TV-Z]{4}`)

func TestLoginThroughTheBrowser(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	b := newBench(t)
	ada := newPerson(b)
	login := runInBackground(t, "login", "--url", b.server.BaseURL())
	shown := []string{login.line("Your code is")}
	code := shownCode.FindString(shown[0])
	shown = append(shown, login.line("Approve it at"), login.line("Waiting"))
	close(login.pausesFor(2 * time.Second).done) // nobody has approved yet
	close(login.pausesFor(2 * time.Second).done) // here no time has passed, so it is told to be slower
	waiting := login.pausesFor(7 * time.Second)
	ada.post("/api/auth/device/"+code, map[string]any{"approve": true, "chatbotId": b.demo.ChatbotID})
	close(waiting.done)
	shown = append(shown, login.line("Logged in"))
	transcript := strings.NewReplacer(code, "BCDF-GHJK", b.server.BaseURL(), "https://bot9.example.com").Replace(strings.Join(shown, "\n") + "\n")
	if diff := cmp.Diff(steady(block(t, cliPage(t), "bot9 login --url https://bot9.example.com")), steady(transcript)); diff != "" {
		t.Errorf("docs/cli.md shows something else than bot9 login prints: %s", diff)
	}
	if exit := take(t, "the end", login.code, func(int) bool { return true }); exit != exitOK {
		t.Errorf("exit code %d", exit)
	}
	profiles, err := loadProfiles()
	if err != nil || profiles[defaultProfile].ChatbotID != b.demo.ChatbotID.String() || profiles[defaultProfile].Key == b.demo.SecretKey {
		t.Errorf("got %+v, %v", profiles, err)
	}
	if got := cli(t, "", "webhooks", "list"); got.code != exitOK {
		t.Errorf("the key does not work: %+v", got)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	keys := cli(t, b.demo.Password+"\n", b.as("keys", "list", "--email", b.demo.Email)...)
	if !strings.Contains(keys.out, short("bot9 on "+host, 40)) {
		t.Errorf("the key is not named after the machine: %s", keys.out)
	}
}

func TestLoginIsDenied(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	b := newBench(t)
	ada := newPerson(b)
	login := runInBackground(t, "login", "--json", "--url", b.server.BaseURL())
	code := shownCode.FindString(login.line("Your code is"))
	ada.post("/api/auth/device/"+code, map[string]any{"approve": false})
	close(login.pausesFor(2 * time.Second).done)
	login.line("the login was denied in the browser")
	if exit := take(t, "the end", login.code, func(int) bool { return true }); exit != exitNotAllowed {
		t.Errorf("exit code %d", exit)
	}
}

func TestLoginIsInterrupted(t *testing.T) {
	b := newBench(t)
	login := runInBackground(t, "login", "--web", "--no-browser", "--url", b.server.BaseURL())
	login.line("Waiting for you")
	login.pausesFor(2 * time.Second)
	if code := login.interrupt(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	login.line("Interrupted.")
}

// Only web addresses may become an argument of another program.
func TestOpenBrowserRefuses(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("DISPLAY", ":0")
	for _, page := range []string{"file:///etc/passwd", "javascript:alert(1)", "--version", "", "https:"} {
		if err := openBrowser(page); err == nil || err.Error() != "not a web address" {
			t.Errorf("%q: %v", page, err)
		}
	}
}
