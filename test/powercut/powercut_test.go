package powercut

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/seal"
	"github.com/bot9/bot9/internal/store"
)

// rounds of cutting the power; BOT9_POWER_CUTS asks for more.
func rounds(t *testing.T, usual int) int {
	text := os.Getenv("BOT9_POWER_CUTS")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAcceptedEventsSurvive cuts the power again and again while events are accepted: every event
// that was answered is there afterwards, and the database is whole.
func TestAcceptedEventsSurvive(t *testing.T) {
	for round := range rounds(t, 100) {
		accepted, lost := cutOnce(t, round, "FULL")
		if lost > 0 {
			t.Fatalf("round %d: %d of %d accepted events are gone", round, lost, accepted)
		}
	}
}

// TestWithoutSyncEventsAreLost is the control: where commits aren't synced the same test must find
// lost events, or it could not find any.
func TestWithoutSyncEventsAreLost(t *testing.T) {
	cuts, lossy := rounds(t, 30), 0
	for round := range cuts {
		if _, lost := cutOnce(t, round, "NORMAL"); lost > 0 {
			lossy++
		}
	}
	if lossy < cuts/2 {
		t.Fatalf("with synchronous=NORMAL only %d of %d cuts lost events: the disk doesn't forget", lossy, cuts)
	}
}

func cutOnce(t *testing.T, round int, synchronous string) (accepted, lost int) {
	t.Helper()
	ctx := context.Background()
	d := newDisk()
	name := fmt.Sprintf("disk-%s-%d", synchronous, round)
	vfs.Register(name, d)
	defer vfs.Unregister(name)
	before, after := t.TempDir(), t.TempDir()
	sealer, err := seal.Open(seal.NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{URL: "sqlite:" + filepath.Join(before, "bot9.db"), VFS: name, Synchronous: synchronous, Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	chatbot, ids := acceptUntilCut(t, s, d, round)
	_ = s.Close() // it can't write any more: that is its error
	if err := d.salvage(after); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, filepath.Join(after, "bot9.db"))
	s, err = store.Open(ctx, store.Options{URL: "sqlite:" + filepath.Join(after, "bot9.db"), Sealer: sealer})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, id := range ids {
		if _, err := s.Event(ctx, chatbot, id); bot9.KindOf(err) == bot9.NotFound {
			lost++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return len(ids), lost
}

// acceptUntilCut appends events from several callers at once, cuts the power in the middle, and
// returns the events that were acknowledged.
func acceptUntilCut(t *testing.T, s *store.Store, d *disk, round int) (bot9.ChatbotID, []bot9.EventID) {
	t.Helper()
	ctx := context.Background()
	owner, err := s.CreateAccount(ctx, "Power", bot9.Person{Email: "power@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	chatbot, _, err := s.CreateChatbot(ctx, owner.AccountID, "Power", bot9.NewKey{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var accepted []bot9.EventID
	var callers sync.WaitGroup
	enough := make(chan struct{})
	goal := 50 + round*13%200
	for range 8 {
		callers.Go(func() {
			for !d.isCut() {
				ids, err := s.AppendEvents(ctx, chatbot.ID, []bot9.NewEvent{{Type: "custom.power", Data: []byte(`{"power":true}`)}})
				if err != nil {
					return
				}
				mu.Lock()
				if accepted = append(accepted, ids...); len(accepted) == goal {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(time.Minute):
		t.Fatal("nothing is accepted")
	}
	d.pull()
	callers.Wait()
	return chatbot.ID, accepted
}

// checkWhole lets SQLite look for damage.
func checkWhole(t *testing.T, path string) {
	t.Helper()
	conn, err := sqlite3.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	check, _, err := conn.Prepare("PRAGMA integrity_check")
	if err != nil {
		t.Fatal(err)
	}
	if !check.Step() {
		t.Fatal(check.Err())
	}
	if verdict := check.ColumnText(0); verdict != "ok" {
		t.Fatalf("the database is damaged: %s", verdict)
	}
	if err := errors.Join(check.Close(), conn.Close()); err != nil {
		t.Fatal(err)
	}
}
