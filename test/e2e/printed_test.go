package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// runCurl runs a line that the server printed for people, in a shell, as they would. It keeps the
// webhook's secret that was printed with it as $secret.
func (st *story) runCurl(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: curl which")
	}
	printed := st.server.out.String()
	secret := regexp.MustCompile(`whsec_\S+`).FindString(printed)
	if secret == "" {
		return fmt.Errorf("no secret was printed: %s", printed)
	}
	ts.Setenv("secret", secret)
	line := ""
	for candidate := range strings.Lines(printed) {
		if candidate = strings.TrimSpace(candidate); strings.HasPrefix(candidate, "curl ") && strings.Contains(candidate, args[0]) {
			line = candidate
			break
		}
	}
	if line == "" {
		return fmt.Errorf("no curl line with %s was printed: %s", args[0], printed)
	}
	out, err := exec.Command("sh", "-c", line).CombinedOutput()
	fmt.Fprintf(ts.Stdout(), "%s", out)
	if err != nil {
		return err
	}
	return json.Unmarshal(out, &st.current)
}

// runInbox waits until the newest request of the built-in receiver of that event is verified, and
// makes it the one that was received.
func (st *story) runInbox(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("usage: inbox event")
	}
	url := regexp.MustCompile(`http://\S+/receiver/\S+`).FindString(st.server.out.String())
	path := strings.TrimPrefix(url, st.server.url())
	return poll(15*time.Second, func() error {
		var inbox struct {
			Data []struct {
				Headers  map[string]string
				Body     string
				Verified bool
				Problem  string
			}
		}
		if err := newClient(st.server.url()).do(context.Background(), http.StatusOK, "GET", path, nil, &inbox); err != nil {
			return err
		}
		for _, request := range inbox.Data {
			got := delivered{header: http.Header{}, body: []byte(request.Body)}
			for name, value := range request.Headers {
				got.header.Set(name, value)
			}
			if got.header.Get("Bot9-Event") != args[0] {
				continue
			}
			if !request.Verified {
				return stop(errors.New("the receiver says: " + request.Problem))
			}
			var body any
			if err := json.Unmarshal(got.body, &body); err != nil {
				return stop(err)
			}
			st.got = got
			st.current = map[string]any{"body": body, "raw": request.Body, "header": headerJSON(got.header)}
			return nil
		}
		return fmt.Errorf("none of %d requests is of %s", len(inbox.Data), args[0])
	})
}
