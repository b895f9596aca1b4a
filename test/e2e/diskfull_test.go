package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFullDisk fills the disk under a server whose endpoint is down and comes back: new events are refused with 507,
// what was accepted is delivered, in order, and recorded, readiness and metrics tell it, the log stays short, and it
// stops as always. Once there is room it accepts again, by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	folder := smallDisk(t, "96m")
	s, err := newServer(folder)
	must(t, err)
	must(t, s.start())
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.out.tail(4000))
		}
	})
	c := signup(t, s)
	hook := startReceiver(t, "ok")
	hook.down()
	w := c.subscribe(t, hook.url(), map[string]any{"retrySchedule": soon(50)})
	conversation := c.conversation(t)
	const events = 300
	for n := range events {
		_, err := c.post(t.Context(), conversation, n)
		must(t, err)
	}
	full := filepath.Join(folder, "filler")
	fillDisk(t, full)
	refused := 0
	eventually(t, 30*time.Second, func() error { // until the log and the database are full as well
		big := map[string]any{"event": "custom.big", "data": map[string]string{"text": strings.Repeat("x", 100_000)}}
		got, err := c.call(t.Context(), "POST", c.of("events"), big)
		if err != nil {
			return stop(err)
		}
		if got.status == http.StatusAccepted {
			return errors.New("there is room")
		}
		var problem struct{ Code, Detail string }
		if json.Unmarshal(got.body, &problem); got.status != http.StatusInsufficientStorage || problem.Code != "diskFull" || strings.Contains(string(got.body), folder) {
			return stop(fmt.Errorf("answered %d %s", got.status, got.body))
		}
		if got.header.Get("Retry-After") == "" {
			return stop(errors.New("the answer has no Retry-After"))
		}
		refused++
		return nil
	})
	if status, reason := ready(t, s); status != http.StatusServiceUnavailable || !strings.Contains(reason, filepath.Join(folder, "bot9.db")) {
		t.Errorf("readiness on a full disk: %d %s", status, reason)
	}
	if !strings.Contains(metrics(t, s), "\nbot9_disk_full 1\n") {
		t.Error("no metric tells of the full disk")
	}
	lines := strings.Count(s.out.String(), "\n")
	must(t, hook.up())
	eventually(t, 60*time.Second, func() error { return recorded(c, w, events) })
	for began := time.Now(); time.Since(began) < 3*time.Second; {
		if got, err := c.call(t.Context(), "POST", c.of("events"), map[string]any{"event": "custom.more"}); err != nil || got.status != http.StatusInsufficientStorage {
			t.Fatalf("more was answered %d %s %v", got.status, got.body, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if more := strings.Count(s.out.String(), "\n") - lines; more > 20 {
		t.Errorf("%d lines of the log", more)
	}
	if err := s.stop(); err != nil {
		t.Errorf("SIGTERM on a full disk: %v", err)
	}
	must(t, os.Remove(full))
	must(t, s.start())
	if status, reason := ready(t, s); status != http.StatusOK {
		t.Errorf("readiness with room: %d %s", status, reason)
	}

	fillDisk(t, full) // and without a restart
	eventually(t, 30*time.Second, func() error {
		big := map[string]any{"event": "custom.big", "data": map[string]string{"text": strings.Repeat("x", 1_000_000)}}
		if got, err := c.call(t.Context(), "POST", c.of("events"), big); err != nil || got.status != http.StatusInsufficientStorage {
			return errors.Join(err, errors.New("there is room"))
		}
		return nil
	})
	must(t, os.Remove(full))
	eventually(t, 20*time.Second, func() error {
		return c.do(t.Context(), http.StatusAccepted, "POST", c.of("events"), map[string]any{"event": "custom.again"}, nil)
	})
	if !strings.Contains(metrics(t, s), "\nbot9_disk_full 0\n") {
		t.Error("the metric still tells of a full disk")
	}
}

// recorded tells what is missing of the webhook's deliveries of text messages.
func recorded(c *client, w webhook, events int) error {
	n, cursor := 0, ""
	for {
		var page struct {
			Data       []struct{ EventType, Status string }
			NextCursor *string
		}
		if err := c.do(context.Background(), http.StatusOK, "GET", c.of("deliveries?status=succeeded&limit=250&webhookId="+w.ID+cursor), nil, &page); err != nil {
			return err
		}
		n += len(page.Data)
		if page.NextCursor == nil {
			break
		}
		cursor = "&cursor=" + *page.NextCursor
	}
	if n < events {
		return fmt.Errorf("%d of %d events are delivered", n, events)
	}
	return nil
}

// smallDisk mounts a disk of the size in memory, for which it takes root on Linux.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", folder).CombinedOutput(); err != nil {
		t.Skipf("a small disk can't be mounted: %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", folder).CombinedOutput(); err != nil {
			t.Errorf("umount: %v %s", err, out)
		}
	})
	return folder
}

// fillDisk writes a file until there is no room left.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	must(t, err)
	defer file.Close()
	for block := bytes.Repeat([]byte("x"), 4096); err == nil; {
		_, err = file.Write(block)
	}
}

func ready(t *testing.T, s *server) (status int, reason string) {
	t.Helper()
	got, err := http.Get(s.url() + "/readyz")
	must(t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	must(t, err)
	return got.StatusCode, string(text)
}

func metrics(t *testing.T, s *server) string {
	t.Helper()
	got, err := http.Get(s.url() + "/metrics")
	must(t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	must(t, err)
	return string(text)
}
