package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestStories runs the scripts in testdata. Besides testscript's own commands and the program
// (exec bot9 …) they have:
//
//	server start|quickstart [FLAG…]   starts a server, $URL; after stop or kill start takes up its data and flags, but for those given
//	server stop | kill                SIGTERM, which must lead to exit status 0; SIGKILL
//	receiver NAME BEHAVIOUR | down | up   starts a receiver, $NAME, or changes what it does
//	signup NAME [EMAIL]               makes an account and a chatbot: $NAME_session, $NAME_bot, $NAME_key
//	as KEY | SESSION | nobody         who makes the calls that follow
//	api STATUS METHOD PATH [NAME=TEXT | NAME:=JSON | @FILE | -H NAME:VALUE]…   makes a call, which must be answered so
//	eventually LIMIT METHOD PATH WHERE WHAT   makes a call again and again until its answer is so
//	receives NAME EVENT               waits for the next request of a receiver, which must be of that event
//	curl WHICH                        runs a curl line as the server printed it, the first that has WHICH in it
//	inbox EVENT                       waits until the built-in receiver, shown by the last curl line, has such a request
//	[!] verifies SECRET               the request that was received verifies with the official library
//	[!] json WHERE [WHAT]             what came, answer or request, has WHAT (~ before a regular expression) at WHERE
//	set NAME WHERE                    keeps the text at WHERE as $NAME
//	save FILE WHERE                   keeps it as a file
//	later TIME THAN SECONDS           checks that a Unix time is at least so much later than another
//	[!] logged TEXT                   the server's log has TEXT
//
// WHERE is names and numbers with dots between, such as data.0.id or data.length; of a request it begins with
// body, raw (the body as text), header or path, of an answer's headers with header.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary)+string(os.PathListSeparator)+env.Getenv("PATH"))
			st := &story{receivers: map[string]*receiver{}, read: map[string]int{}}
			env.Values[storyKey{}] = st
			env.Defer(st.end)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server":     command((*story).runServer),
			"receiver":   command((*story).runReceiver),
			"signup":     command((*story).runSignup),
			"as":         command((*story).runAs),
			"api":        command((*story).runAPI),
			"eventually": command((*story).runEventually),
			"receives":   command((*story).runReceives),
			"set":        command((*story).runSet),
			"curl":       command((*story).runCurl),
			"inbox":      command((*story).runInbox),
			"save":       command((*story).runSave),
			"later":      command((*story).runLater),
			"logged":     runLogged,
			"verifies":   runVerifies,
			"json":       runJSON,
		},
	})
}

// story is the state of a script that runs.
type story struct {
	server    *server
	client    *client
	receivers map[string]*receiver
	read      map[string]int // how many requests of a receiver the script has looked at
	got       delivered      // the last one
	current   any            // the JSON that json and set look at
}

type storyKey struct{}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

// command makes a command that can't be negated.
func command(run func(*story, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command can't be negated")
		}
		ts.Check(run(storyOf(ts), ts, args))
	}
}

func (st *story) end() {
	if st.server != nil {
		st.server.kill()
	}
	for _, r := range st.receivers {
		r.down()
	}
}

func (st *story) runServer(ts *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: server start|quickstart|stop|kill [flag...]")
	}
	switch args[0] {
	case "start", "quickstart":
		if st.server == nil {
			s, err := newServer(ts.MkAbs("data"), args[1:]...)
			if err != nil {
				return err
			}
			if args[0] == "quickstart" { // as it is for a newcomer: nothing allowed
				s.command[0] = "quickstart"
				s.set("--allow-targets=")
				s.set(args[1:]...)
			}
			s.dir = ts.MkAbs(".")
			st.server, st.client = s, newClient(s.url())
			ts.Setenv("URL", s.url())
			ts.Setenv("ADDR", s.addr)
			ts.Defer(func() { ts.Logf("[log of the server]\n%s", s.out.tail(6000)) })
		} else {
			st.server.set(args[1:]...)
		}
		st.server.environment = nil
		for _, name := range []string{"BOT9_ALLOW_TARGETS", "BOT9_BASE_URL", "BOT9_CONFIG", "BOT9_RATE_LIMIT", "BOT9_SECRET_KEY"} {
			if value := ts.Getenv(name); value != "" {
				st.server.environment = append(st.server.environment, name+"="+value)
			}
		}
		err := st.server.start()
		fmt.Fprint(ts.Stdout(), st.server.out.String())
		return err
	case "stop":
		return st.server.stop()
	case "kill":
		st.server.kill()
		return nil
	}
	return fmt.Errorf("server can't %s", args[0])
}

func (st *story) runReceiver(ts *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: receiver name behaviour|down|up")
	}
	name, does := args[0], args[1]
	r, known := st.receivers[name]
	behave, isBehaviour := behaviours[does]
	switch {
	case known && does == "down":
		r.down()
	case known && does == "up":
		return r.up()
	case !isBehaviour:
		return fmt.Errorf("there is no behaviour %s", does)
	case known:
		r.become(behave)
	default:
		r, err := newReceiver(behave)
		if err != nil {
			return err
		}
		st.receivers[name] = r
		ts.Setenv(name, r.url())
	}
	return nil
}

func (st *story) runReceives(_ *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: receives name event")
	}
	name, event := args[0], args[1]
	r := st.receivers[name]
	if r == nil {
		return fmt.Errorf("there is no receiver %s", name)
	}
	return poll(15*time.Second, func() error {
		requests := r.all()
		if len(requests) <= st.read[name] || requests[st.read[name]].status == 0 {
			return fmt.Errorf("%s received nothing more, after %d requests", name, len(requests))
		}
		st.got = requests[st.read[name]]
		if st.got.Event != event {
			return stop(fmt.Errorf("%s received %s, want %s: %s", name, st.got.Event, event, st.got.body))
		}
		st.read[name]++
		var body any
		if err := json.Unmarshal(st.got.body, &body); err != nil {
			return stop(err)
		}
		st.current = map[string]any{"body": body, "raw": string(st.got.body), "header": headerJSON(st.got.header), "path": st.got.path}
		return nil
	})
}

// headerJSON has headers by their names in lower case.
func headerJSON(header map[string][]string) map[string]any {
	out := map[string]any{}
	for name, values := range header {
		out[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return out
}

// takeHeaders splits the words of a line into headers, each -H and NAME:VALUE, and the rest.
func takeHeaders(args []string) (header, rest []string) {
	for i := 0; i < len(args); i++ {
		if args[i] == "-H" && i+1 < len(args) {
			name, value, _ := strings.Cut(args[i+1], ":")
			header = append(header, name, strings.TrimSpace(value))
			i++
			continue
		}
		rest = append(rest, args[i])
	}
	return header, rest
}
