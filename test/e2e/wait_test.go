package e2e

import (
	"errors"
	"testing"
	"time"
)

// pollInterval is how often a condition is looked at.
const pollInterval = 5 * time.Millisecond

// stopped is an error that no waiting will mend.
type stopped struct{ error }

// stop marks an error as one that no waiting will mend.
func stop(err error) error { return stopped{err} }

// poll calls check until it returns nil, and returns its last error if that takes longer than limit.
func poll(limit time.Duration, check func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := check()
		if err == nil {
			return nil
		}
		if final, ok := errors.AsType[stopped](err); ok {
			return final.error
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(pollInterval)
	}
}

// eventually fails the test unless check returns nil within limit.
func eventually(t *testing.T, limit time.Duration, check func() error) {
	t.Helper()
	if err := poll(limit, check); err != nil {
		t.Fatalf("after %s: %v", limit, err)
	}
}
