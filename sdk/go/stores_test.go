package bot9hooks

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newMemoryDedupe(capacity int, ttl time.Duration) (*MemoryDedupe, *clock) {
	c := &clock{time.Unix(1_795_374_000, 0)}
	m := NewMemoryDedupe(capacity, ttl)
	m.now = c.Now
	return m, c
}

func claim(t *testing.T, m *MemoryDedupe, id string, want ClaimResult) string {
	t.Helper()
	got, err := m.Claim(t.Context(), id, time.Minute)
	if err != nil || got.Result != want {
		t.Fatalf("claim of %s is %+v (%v), want %s", id, got, err, want)
	}
	return got.Token
}

func commit(t *testing.T, m *MemoryDedupe, id string) {
	t.Helper()
	if err := m.Commit(t.Context(), id, claim(t, m, id, Claimed)); err != nil {
		t.Fatal(err)
	}
}

func TestClaimRunsOut(t *testing.T) {
	m, c := newMemoryDedupe(0, 0)
	stale := claim(t, m, "evt_1", Claimed)
	c.now = c.now.Add(time.Minute - 1)
	claim(t, m, "evt_1", InProgress)
	c.now = c.now.Add(1)
	fresh := claim(t, m, "evt_1", Claimed)
	if err := m.Release(t.Context(), "evt_1", stale); err != nil {
		t.Fatal(err)
	}
	claim(t, m, "evt_1", InProgress) // the stale token gave nothing back
	if err := m.Release(t.Context(), "evt_1", fresh); err != nil {
		t.Fatal(err)
	}
	claim(t, m, "evt_1", Claimed)
}

func TestLateCommitCounts(t *testing.T) {
	m, c := newMemoryDedupe(0, 0)
	stale := claim(t, m, "evt_1", Claimed)
	c.now = c.now.Add(2 * time.Minute)
	fresh := claim(t, m, "evt_1", Claimed)
	if err := m.Commit(t.Context(), "evt_1", stale); err != nil {
		t.Fatal(err)
	}
	claim(t, m, "evt_1", Handled)
	if err := m.Release(t.Context(), "evt_1", fresh); err != nil {
		t.Fatal(err)
	}
	claim(t, m, "evt_1", Handled)
}

func TestHandledIsForgottenAfterItsTime(t *testing.T) {
	m, c := newMemoryDedupe(0, time.Hour)
	commit(t, m, "evt_1")
	c.now = c.now.Add(time.Hour - 1)
	claim(t, m, "evt_1", Handled) // and its time begins anew
	c.now = c.now.Add(time.Hour - 1)
	claim(t, m, "evt_1", Handled)
	c.now = c.now.Add(time.Hour)
	claim(t, m, "evt_1", Claimed)
	if len(m.handled) != 0 || m.order.Len() != 0 {
		t.Errorf("%d ids are kept after their time", len(m.handled))
	}
}

func TestDedupeForgetsTheLongestUnseenBeyondItsCapacity(t *testing.T) {
	m, _ := newMemoryDedupe(2, 0)
	commit(t, m, "evt_1")
	commit(t, m, "evt_2")
	claim(t, m, "evt_1", Handled) // seen again
	commit(t, m, "evt_3")
	claim(t, m, "evt_1", Handled)
	claim(t, m, "evt_3", Handled)
	claim(t, m, "evt_2", Claimed)
}

func TestOneOfManyClaimsWins(t *testing.T) {
	m := NewMemoryDedupe(0, 0)
	var won atomic.Int32
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if got, _ := m.Claim(t.Context(), "evt_1", time.Minute); got.Result == Claimed {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d claims won", won.Load())
	}
}

func TestSequencesNeverGoBack(t *testing.T) {
	m := NewMemorySequences(0)
	for _, sequence := range []int64{3, 7, 5} {
		if err := m.Advance(t.Context(), "conv_1", sequence); err != nil {
			t.Fatal(err)
		}
	}
	if last, _ := m.Last(t.Context(), "conv_1"); last != 7 {
		t.Errorf("last is %d, want 7", last)
	}
}

func TestSequencesForgetTheLongestSilentBeyondTheirCapacity(t *testing.T) {
	m := NewMemorySequences(2)
	for i, conversation := range []string{"conv_1", "conv_2", "conv_1", "conv_3"} {
		if err := m.Advance(t.Context(), conversation, int64(i+1)); err != nil {
			t.Fatal(err)
		}
	}
	got := ""
	for _, conversation := range []string{"conv_1", "conv_2", "conv_3"} {
		last, _ := m.Last(t.Context(), conversation)
		got += fmt.Sprint(last, " ")
	}
	if got != "3 0 4 " {
		t.Errorf("last are %q, want %q", got, "3 0 4 ")
	}
}
