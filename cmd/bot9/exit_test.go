package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestExitCodes(t *testing.T) {
	b := newBench(t)
	nobody := "http://" + freeAddress(t)
	another := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer another.Close()
	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"fine", b.as("webhooks", "list"), exitOK, ""},
		{"refused value", b.as("webhooks", "add", "http://192.0.2.1/x"), exitFailed, "targetNotAllowed"},
		{"unknown command", []string{"nope"}, exitUsage, "unknown command"},
		{"unknown subcommand", b.as("events", "nope"), exitUsage, "unknown command"},
		{"unknown flag", b.as("events", "list", "--nope"), exitUsage, "unknown flag"},
		{"flag of the wrong type", b.as("events", "list", "--limit", "x"), exitUsage, "invalid argument"},
		{"too large a page", b.as("deliveries", "list", "--limit", "251"), exitUsage, "from 1 to 250"},
		{"no page at all", b.as("events", "list", "--limit", "0"), exitUsage, "from 1 to 250"},
		{"no such port", b.as("listen", "--forward-to", "99999"), exitUsage, "from 1 to 65535"},
		{"port of no server", b.as("listen", "--forward-to", "localhost:0"), exitUsage, "from 1 to 65535"},
		{"negative tolerance", []string{"verify", "--id", "a", "--timestamp", "1", "--signature", "v1,a", "--secret", "b", "--tolerance", "-5m"}, exitUsage, "negative"},
		{"not a time", b.as("events", "list", "--since", "yesterday"), exitUsage, "is not a time"},
		{"too few arguments", b.as("webhooks", "get"), exitUsage, "bot9 webhooks get WEBHOOK\n"},
		{"missing flag", []string{"verify"}, exitUsage, "required flag"},
		{"no URL", []string{"events", "list", "--url", "nonsense"}, exitUsage, "URL must be like"},
		{"no profile", []string{"events", "list", "--profile", "nope"}, exitUsage, "no profile"},
		{"no data", b.as("trigger", "ping", "--data", "[1]"), exitUsage, "JSON object"},
		{"no secret", b.as("listen", "--forward-to", "3000", "--secret", "whsec_x"), exitUsage, "secret"},
		{"no key", []string{"events", "list", "--url", b.server.BaseURL()}, exitNotAllowed, "bot9 login"},
		{"wrong key", []string{"listen", "--url", b.server.BaseURL(), "--key", "bot9_sk_wrong"}, exitNotAllowed, "unauthorized"},
		{"not there", b.as("events", "get", "evt_0000000000001"), exitNotFound, "Is the ID right"},
		{"not the address of the API", []string{"events", "list", "--url", b.server.BaseURL() + "/docs", "--key", "bot9_sk_x"}, exitNotFound, "begin with /api/"},
		{"another program's server", []string{"events", "list", "--url", another.URL, "--key", "bot9_sk_x"}, exitFailed, "Error: The answer is not from Bot9's API."},
		{"nobody there", []string{"events", "list", "--url", nobody, "--key", "bot9_sk_x"}, exitUnreachable, "can't reach " + nobody + ": "},
		{"what to do then", []string{"events", "list", "--url", nobody, "--key", "bot9_sk_x"}, exitUnreachable, "Is the server running?"},
		{"TLS where there is none", []string{"events", "list", "--url", strings.Replace(b.server.BaseURL(), "http:", "https:", 1), "--key", "bot9_sk_x"}, exitUnreachable, "begin the URL with http://"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cli(t, "", test.args...)
			if got.code != test.code || !strings.Contains(got.err, test.says) {
				t.Errorf("exit code %d, said %s", got.code, got.err)
			}
		})
	}
}

// An output that can't be written is a failure, not an empty list.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	var errOut strings.Builder
	out := &checkedFile{file: full}
	code := newProgram().run(t.Context(), []string{"profiles"}, strings.NewReader(""), out, &errOut)
	if code = out.codeAfter(code, &errOut); code != exitFailed || !strings.Contains(errOut.String(), "could not be written") {
		t.Errorf("exit code %d, said %s", code, errOut.String())
	}
}

func TestErrorsShowTheProblem(t *testing.T) {
	b := newBench(t)
	args := b.as("trigger", "messageReceived", "--data", `{"senderType":"ghost","source":7}`)
	got := cli(t, "", args...)
	for _, want := range []string{"Error: Unprocessable Entity: ", "\n  body.data.senderType: ", "\n  body.data.source: ", "\n  (status 422, code ", "request req_"} {
		if !strings.Contains(got.err, want) {
			t.Errorf("%q is missing in %s", want, got.err)
		}
	}
	var problem struct {
		Status int
		Code   string
		Errors []struct{ Location string }
	}
	unmarshal(t, cli(t, "", append(args, "--json")...).err, &problem)
	if problem.Status != 422 || problem.Code == "" || len(problem.Errors) != 2 {
		t.Errorf("got %+v", problem)
	}
}

func TestProfiles(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	b := newBench(t)
	login := cli(t, b.demo.SecretKey+"\n", "login", "--url", b.server.BaseURL())
	if login.code != exitOK || !strings.Contains(login.out, "Demo chatbot") || strings.Contains(login.out+login.err, b.demo.SecretKey) {
		t.Fatalf("got %+v", login)
	}
	path := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "bot9", "profiles.json")
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if got := cli(t, "", "webhooks", "list"); got.code != exitOK {
		t.Errorf("the profile isn't used: %+v", got)
	}
	if got := cli(t, "bot9_sk_wrong\n", "login", "--profile", "other", "--url", b.server.BaseURL()); got.code != exitNotAllowed {
		t.Errorf("a wrong key was kept: %+v", got)
	}
	cli(t, b.demo.SecretKey+"\n", "login", "--profile", "other", "--url", b.server.BaseURL())
	list := cli(t, "", "profiles", "--profile", "other")
	if !strings.Contains(list.out, "   default  ") || !strings.Contains(list.out, "*  other  ") || strings.Contains(list.out, b.demo.SecretKey) {
		t.Errorf("got %s", list.out)
	}
	// A key of its own must not be used for what a profile says.
	if got, err := (connection{key: "bot9_sk_x"}).resolve(); err != nil || got != (connection{key: "bot9_sk_x", profile: defaultProfile}) {
		t.Errorf("got %+v, %v", got, err)
	}
	cli(t, "", "logout")
	t.Run("a file that is none", func(t *testing.T) {
		broken := filepath.Join(t.TempDir(), "bot9")
		if err := os.MkdirAll(broken, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(broken, "profiles.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("XDG_CONFIG_HOME", filepath.Dir(broken))
		if got := cli(t, "", "profiles"); got.code != exitFailed || !strings.Contains(got.err, "remove it and log in again") {
			t.Errorf("got %+v", got)
		}
	})
	if got := cli(t, "", "webhooks", "list", "--url", b.server.BaseURL()); got.code != exitNotAllowed {
		t.Errorf("the profile is still used: %+v", got)
	}
	if got := cli(t, "", "logout"); got.code != exitUsage || !strings.Contains(got.err, "bot9 profiles") {
		t.Errorf("got %+v", got)
	}
}

// BOT9_SECRET_KEY is the server's master key: it must never be sent anywhere.
func TestMasterKeyStaysHome(t *testing.T) {
	t.Setenv("BOT9_SECRET_KEY", "bWFzdGVyIGtleSB0aGF0IG11c3QgbmV2ZXIgYmUgc2VudA==")
	if got, err := (connection{}).resolve(); err != nil || got.key != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	t.Setenv("BOT9_API_KEY", "bot9_sk_x")
	if got, err := (connection{}).resolve(); err != nil || got.key != "bot9_sk_x" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMoments(t *testing.T) {
	now := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-11-20T10:00:00+01:00": time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		"2026-11-20":                time.Date(2026, 11, 20, 0, 0, 0, 0, time.Local),
		"90m":                       now.Add(-90 * time.Minute),
		"7d":                        now.AddDate(0, 0, -7),
		"-2h":                       {}, "soon": {}, "-1d": {},
	} {
		if got, err := parseMoment(text, now); !got.Equal(want) || (err != nil) != want.IsZero() {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
}

func TestPrintableDisarms(t *testing.T) {
	if got := printable("a\x1b[2Jb\u009bc\r\nd\u202ee"); got != "a·[2Jb·c· d·e" {
		t.Errorf("got %q", got)
	}
}

func TestCompletion(t *testing.T) {
	b := newBench(t)
	if out := b.complete("webhooks", "get"); !strings.Contains(out, b.demo.WebhookID.String()+"\thttp://127.0.0.1") {
		t.Errorf("got %s", out)
	}
	if out := b.complete("trigger"); !strings.Contains(out, "\nmessageReceived\n") || !strings.Contains(out, "\nconversation\n") {
		t.Errorf("got %s", out)
	}
	if script := cli(t, "", "completion", "bash"); script.code != exitOK || !strings.Contains(script.out, "__start_bot9") {
		t.Errorf("got %+v", script)
	}
}

func (b *bench) complete(args ...string) string {
	return cli(b.t, "", append([]string{"__complete"}, append(b.as(args...), "")...)...).out
}
