package e2e

import (
	"bufio"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReceiverLibrary delivers to a program made with the Go library. It verifies, handles each
// event once though it fails some and one is sent again, and sees no gap and nothing out of order.
func TestReceiverLibrary(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "libraryreceiver")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "testdata/libraryreceiver"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	s := startServer(t)
	c := signup(t, s)
	// The secret comes with the webhook, and only then can the program start.
	w := c.subscribe(t, "http://127.0.0.1:9/hook", map[string]any{"retrySchedule": soon(20)})
	hook := startProgram(t, program, w.Secret)
	must(t, c.do(t.Context(), http.StatusOK, "PATCH", c.of("webhooks/"+w.ID), map[string]string{"url": hook.base + "/hook"}, nil))

	const conversations, messages = 4, 5
	for i := range conversations {
		conversation := c.conversation(t)
		for j := range messages {
			must(t, c.do(t.Context(), http.StatusCreated, "POST", c.of("conversations/"+conversation+"/messages"),
				map[string]string{"chatUser": "user", "message": fmt.Sprintf("%d of %d", j, i)}, nil))
		}
	}
	handled := func() error {
		var state struct {
			Handled, Problems map[string]int
			Received          map[string]bool
		}
		if err := hook.do(t.Context(), http.StatusOK, "GET", "/state", nil, &state); err != nil {
			return err
		}
		for id, times := range state.Handled {
			if times != 1 {
				return stop(fmt.Errorf("%s was handled %d times", id, times))
			}
		}
		if state.Problems["gap"]+state.Problems["outOfOrder"] > 0 {
			return stop(fmt.Errorf("problems of sequence: %v", state.Problems))
		}
		if len(state.Handled) < conversations*(1+messages) || len(state.Received) < conversations*messages {
			return fmt.Errorf("%d events handled, %d messages read", len(state.Handled), len(state.Received))
		}
		return nil
	}
	eventually(t, 30*time.Second, handled)

	// Sent again it is acknowledged as a duplicate, and not handled again.
	var list struct{ Data []struct{ ID string } }
	must(t, c.do(t.Context(), http.StatusOK, "GET", c.of("deliveries?status=succeeded&limit=1"), nil, &list))
	path := c.of("deliveries/" + list.Data[0].ID)
	must(t, c.do(t.Context(), http.StatusAccepted, "POST", path+"/retry", nil, nil))
	eventually(t, 10*time.Second, func() error {
		var detail struct {
			Attempts []struct{ ResponseBody string }
		}
		if err := c.do(t.Context(), http.StatusOK, "GET", path, nil, &detail); err != nil {
			return err
		}
		if n := len(detail.Attempts); n == 0 || !strings.Contains(detail.Attempts[n-1].ResponseBody, "duplicate") {
			return fmt.Errorf("no duplicate among %d attempts", n)
		}
		return nil
	})
	must(t, handled())
}

// startProgram starts a program that prints the address that it listens on.
func startProgram(t *testing.T, path string, args ...string) *client {
	t.Helper()
	process := exec.Command(path, args...)
	stdout, err := process.StdoutPipe()
	must(t, err)
	must(t, process.Start())
	t.Cleanup(func() {
		_ = process.Process.Kill() // it may have ended
		_ = process.Wait()         // it was killed: that is its error
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	return newClient("http://" + strings.TrimSpace(line))
}
