package store

import (
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCommitDelay has two writes come one after the other. They share a transaction if the second comes within
// the delay of the first.
func TestCommitDelay(t *testing.T) {
	for _, c := range []struct {
		delay, apart time.Duration
		transactions int64
		took         time.Duration
	}{
		{0, 20 * time.Millisecond, 2, 20 * time.Millisecond},
		{50 * time.Millisecond, 20 * time.Millisecond, 1, 50 * time.Millisecond},
		{50 * time.Millisecond, 60 * time.Millisecond, 2, 110 * time.Millisecond},
	} {
		path := filepath.Join(t.TempDir(), "bot9.db")
		synctest.Test(t, func(t *testing.T) {
			s, err := Open(t.Context(), Options{URL: "sqlite:" + path, Synchronous: "OFF", CommitDelay: c.delay, Sealer: openSealer{}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			before, begun := s.transactions.Load(), time.Now()
			var group sync.WaitGroup
			for n := range 2 {
				group.Go(func() {
					time.Sleep(time.Duration(n) * c.apart)
					if err := s.write(t.Context(), func(*tx) error { return nil }); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if got := s.transactions.Load() - before; got != c.transactions {
				t.Errorf("with a delay of %v, two writes %v apart made %d transactions, want %d", c.delay, c.apart, got, c.transactions)
			}
			if took := time.Since(begun); took != c.took {
				t.Errorf("with a delay of %v, two writes %v apart took %v, want %v", c.delay, c.apart, took, c.took)
			}
		})
	}
}

// TestCommitDelayEndsWithTheStore has the store closed while a commit waits.
func TestCommitDelayEndsWithTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot9.db")
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Options{URL: "sqlite:" + path, Synchronous: "OFF", CommitDelay: time.Hour, Sealer: openSealer{}})
		if err != nil {
			t.Fatal(err)
		}
		written := make(chan error)
		go func() { written <- s.write(t.Context(), func(*tx) error { return nil }) }()
		synctest.Wait()
		begun := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-written; err != nil {
			t.Errorf("what waited was not written: %v", err)
		}
		if took := time.Since(begun); took != 0 {
			t.Errorf("closing waited %v", took)
		}
	})
}
