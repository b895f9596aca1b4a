package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Steps that hang, each and all, don't keep the process for longer than a supervisor waits, and the last one still
// has its time after all before it took theirs.
func TestStoppingHasOneDeadline(t *testing.T) {
	if last := drainTime + handBackTime + closeTime; last > stopTime || stopTime >= 30*time.Second {
		t.Errorf("the steps take %v, the whole %v", last, stopTime)
	}
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		end, cancel := context.WithTimeout(t.Context(), stopTime)
		defer cancel()
		s := &stopping{slog.New(slog.NewTextHandler(&log, nil)), end}
		began := time.Now()
		release := make(chan struct{})
		hang := func(context.Context) error { <-release; return nil }
		s.step("first", 8*time.Second, hang)
		s.step("refused", time.Second, func(context.Context) error { return errors.New("the disk is full") })
		s.step("second", time.Minute, hang)
		s.step("third", time.Minute, hang)
		if took := time.Since(began); took != stopTime {
			t.Errorf("stopping took %v", took)
		}
		for _, line := range []string{"step=first after=8s", `step=refused error="the disk is full"`, "step=second after=19s", "step=third after=0s"} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("the log has no %q:\n%s", line, log.String())
			}
		}
		close(release)
	})
}
