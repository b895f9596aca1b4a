package group

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// ledger is a database that keeps what was written, and whose transactions see their own writes.
type ledger struct {
	kept         []string
	transactions int // committed
	rolledBack   int
	reruns       int
	twice        bool  // every transaction is run twice, as a database may ask
	broken       error // every transaction fails with it
}

type page struct {
	written []string
	changed bool
}

func (p *page) Mark(context.Context) { p.changed = false }
func (p *page) Changed() bool        { return p.changed }
func (p *page) write(s string) {
	p.changed = true
	p.written = append(p.written, s)
}

func (l *ledger) Transact(_ []*Write[*page, int], run func(*page) error) error {
	p := &page{}
	err := run(p)
	if l.twice && err == nil {
		p = &page{}
		err = run(p)
	}
	if err == nil {
		err = l.broken
	}
	if err != nil {
		l.rolledBack++
		return err
	}
	l.transactions++
	l.kept = append(l.kept, p.written...)
	return nil
}

var errNo = errors.New("refused")

func (l *ledger) Refusal(err error) bool   { return errors.Is(err, errNo) }
func (l *ledger) Separable(err error) bool { return strings.HasPrefix(err.Error(), "somebody's fault") }
func (l *ledger) Report(err error) error   { return err }
func (l *ledger) Rerun()                   { l.reruns++ }

// caller is a write, and what became of it.
type caller struct {
	*Write[*page, int]
	answers []error
}

func newCaller(work func(*page) error) *caller {
	c := &caller{Write: &Write[*page, int]{Context: context.Background(), Kind: Requests, Work: work}}
	c.Done = func(err error) { c.answers = append(c.answers, err) }
	return c
}

func writing(what string) *caller {
	return newCaller(func(p *page) error {
		p.write(what)
		return nil
	})
}

func refusedAtOnce() *caller { return newCaller(func(*page) error { return errNo }) }
func refusedLate() *caller {
	return newCaller(func(p *page) error {
		p.write("half of it")
		return errNo
	})
}
func panicking() *caller { return newCaller(func(*page) error { panic("a bug") }) }

func commitAll(l *ledger, callers ...*caller) {
	var writes []*Write[*page, int]
	for _, c := range callers {
		writes = append(writes, c.Write)
	}
	Commit(l, writes)
}

func (c *caller) wants(t *testing.T, is func(error) bool) {
	t.Helper()
	if len(c.answers) != 1 || !is(c.answers[0]) {
		t.Errorf("the answers are %v", c.answers)
	}
}

func isNil(err error) bool   { return err == nil }
func isNo(err error) bool    { return errors.Is(err, errNo) }
func isPanic(err error) bool { return panicked(err) }

func TestARefusalThatChangedNothingCostsNothing(t *testing.T) {
	l := &ledger{}
	good, bad := writing("a"), refusedAtOnce()
	commitAll(l, bad, good, refusedAtOnce())
	good.wants(t, isNil)
	bad.wants(t, isNo)
	if l.transactions != 1 || l.rolledBack != 0 || l.reruns != 0 {
		t.Errorf("%+v", l)
	}
}

func TestRefusalsAfterAChangeCostOneTransactionMore(t *testing.T) {
	l := &ledger{}
	callers := []*caller{writing("a")}
	for range 30 {
		callers = append(callers, refusedLate())
	}
	callers = append(callers, writing("b"))
	commitAll(l, callers...)
	for _, c := range callers[1:31] {
		c.wants(t, isNo)
	}
	if !slices.Equal(l.kept, []string{"a", "b"}) || l.transactions != 1 || l.reruns != 1 {
		t.Errorf("%+v", l)
	}
	if l.rolledBack != 1+30 { // the group, and each of them by itself, which writes nothing
		t.Errorf("%d transactions were rolled back", l.rolledBack)
	}
}

func TestAPanicEndsOnlyItsWrite(t *testing.T) {
	l := &ledger{}
	a, bug, b := writing("a"), panicking(), writing("b")
	commitAll(l, a, bug, b)
	bug.wants(t, isPanic)
	a.wants(t, isNil)
	b.wants(t, isNil)
	if !slices.Equal(l.kept, []string{"a", "b"}) {
		t.Errorf("kept are %v", l.kept)
	}
}

func TestWhoHasGoneIsNotCommitted(t *testing.T) {
	l := &ledger{}
	gone := writing("late")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	gone.Context = ctx
	commitAll(l, gone, writing("a"))
	gone.wants(t, func(err error) bool { return errors.Is(err, context.Canceled) })
	if !slices.Equal(l.kept, []string{"a"}) {
		t.Errorf("kept are %v", l.kept)
	}
}

func TestAFailureOfTheDatabase(t *testing.T) {
	l := &ledger{broken: errors.New("the disk is gone")}
	a, no := writing("a"), refusedAtOnce()
	commitAll(l, a, no)
	for _, c := range []*caller{a, no} { // the refusal may rest on what was not committed
		c.wants(t, func(err error) bool { return errors.Is(err, l.broken) })
	}
	if l.rolledBack != 1 {
		t.Errorf("it was tried %d times", l.rolledBack)
	}
	l = &ledger{broken: errors.New("somebody's fault")}
	commitAll(l, writing("a"), writing("b"))
	if l.rolledBack != 3 {
		t.Errorf("it was tried %d times: together, and each by itself", l.rolledBack)
	}
}

func TestExclusiveWritesAreByThemselves(t *testing.T) {
	l := &ledger{twice: true}
	apart := writing("apart")
	apart.Exclusive = true
	commitAll(l, writing("a"), apart, writing("b"))
	if l.transactions != 2 || !slices.Equal(l.kept, []string{"apart", "a", "b"}) {
		t.Errorf("%+v", l)
	}
}

// entry is a write in a queue, of which nothing is to be done.
func entry(kind Kind, account int64, weight int) *Write[*page, int] {
	return &Write[*page, int]{Context: context.Background(), Kind: kind, Account: account, Weight: weight}
}

func put(t testing.TB, q *Queue[*page, int], writes ...*Write[*page, int]) {
	t.Helper()
	for _, w := range writes {
		if err := q.Put(w); err != nil {
			t.Fatal(err)
		}
	}
}

func count(group []*Write[*page, int], is func(*Write[*page, int]) bool) (n int) {
	for _, w := range group {
		if is(w) {
			n++
		}
	}
	return n
}

func TestABusyAccountLeavesOthersTheirTurn(t *testing.T) {
	q := NewQueue[*page, int]()
	for range 1000 {
		put(t, q, entry(Requests, 1, 100))
	}
	put(t, q, entry(Requests, 2, 2), entry(Requests, 3, 2))
	group := q.Next(0)
	for account := int64(2); account <= 3; account++ {
		if count(group, func(w *Write[*page, int]) bool { return w.Account == account }) != 1 {
			t.Errorf("account %d waits behind one that has much to write", account)
		}
	}
}

func TestAHeavyWriteWaitsUntilOthersHadAsMuch(t *testing.T) {
	q := NewQueue[*page, int]()
	put(t, q, entry(Requests, 1, 100_000))
	for range 2000 {
		put(t, q, entry(Requests, 2, 10))
	}
	written := 0
	for written < 20_000 {
		group := q.Next(0)
		for i, w := range group {
			if w.Account == 1 && (written < 20_000 || i != len(group)-1) {
				t.Fatalf("it went after %d of others, of 20,000", written)
			}
			written += w.weight()
		}
	}
	if q.count != 0 {
		t.Error("the heavy write did not go when nothing else was left")
	}
}

func TestAHeavyWriteIsNotPutOffForGood(t *testing.T) {
	q := NewQueue[*page, int]()
	put(t, q, entry(Requests, 1, 5000))
	for groups := range 20 { // others never stop
		for range 200 {
			put(t, q, entry(Requests, 2, 10))
		}
		if count(q.Next(0), func(w *Write[*page, int]) bool { return w.Account == 1 }) == 1 {
			if groups < 4 {
				t.Errorf("it went in group %d, before others had as much", groups)
			}
			return
		}
	}
	t.Error("a heavy write never has its turn")
}

func TestEveryKindHasItsShare(t *testing.T) {
	q := NewQueue[*page, int]()
	for kind := range kinds {
		for range 200 {
			put(t, q, entry(kind, 1, 8))
		}
	}
	seen := [kinds]int{}
	for range 3 {
		weight := 0
		for _, w := range q.Next(0) {
			seen[w.Kind] += w.weight()
			weight += w.weight()
		}
		if weight > MostWeight+8 {
			t.Errorf("a group weighs %d", weight)
		}
	}
	for kind, weight := range seen {
		if share := 3 * shares[kind]; weight < share-24 {
			t.Errorf("kind %d wrote %d, its share is %d", kind, weight, share)
		}
	}
}

func TestAKindThatIsAloneGetsEverything(t *testing.T) {
	q := NewQueue[*page, int]()
	for range 1000 {
		put(t, q, entry(Purging, 0, 8))
	}
	if n := len(q.Next(0)); n != MostWeight/8 {
		t.Errorf("%d writes are in a group, %d fit", n, MostWeight/8)
	}
}

// TestQueueKeepsOrderAndLosesNothing puts and takes at random: each write comes once, each account's of one
// kind in their order, groups are bounded, and what was withdrawn does not come.
func TestQueueKeepsOrderAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := NewQueue[*page, int]()
		type lineKey struct {
			kind    Kind
			account int64
		}
		order := map[lineKey][]*Write[*page, int]{}
		waiting := 0
		take := func() {
			if waiting == 0 {
				return
			}
			group := q.Next(0)
			weight := 0
			for i, w := range group {
				if i > 0 && weight >= MostWeight {
					t.Fatalf("a group went on after it weighed %d", weight)
				}
				weight += w.weight()
				key := lineKey{w.Kind, w.Account}
				if order[key][0] != w {
					t.Fatal("an account's writes come out of order")
				}
				order[key] = order[key][1:]
				waiting--
			}
			if len(group) > MostWrites {
				t.Fatalf("%d writes are in a group", len(group))
			}
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "step") == 0 {
				take()
				continue
			}
			w := entry(Kind(rapid.IntRange(0, int(kinds)-1).Draw(t, "kind")), rapid.Int64Range(0, 4).Draw(t, "account"), rapid.SampledFrom([]int{0, 1, 3, 40, 5000}).Draw(t, "weight"))
			if w.Kind == Results && q.lines[Results].count >= resultsWaiting-1 {
				continue
			}
			if err := q.Put(w); err != nil {
				t.Fatal(err)
			}
			if rapid.IntRange(0, 9).Draw(t, "withdraw") == 0 {
				if !w.Withdraw() {
					t.Fatal("a write that waits can't be withdrawn")
				}
				continue
			}
			key := lineKey{w.Kind, w.Account}
			order[key] = append(order[key], w)
			waiting++
		}
		for waiting > 0 {
			take()
		}
		q.Close()
		if group := q.Next(0); group != nil {
			t.Fatalf("%d writes came from nowhere", len(group))
		}
		for i := range q.lines {
			if l := &q.lines[i]; l.count != 0 || len(l.accounts) != 0 || len(l.ring) != 0 {
				t.Fatalf("an empty line remembers %+v", l)
			}
		}
	})
}

func TestResultsWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue[*page, int]()
		var all sync.WaitGroup
		for range resultsWaiting + 10 {
			all.Go(func() { put(t, q, entry(Results, 1, 1)) })
		}
		synctest.Wait()
		if n := len(q.Next(0)); n != resultsWaiting {
			t.Errorf("%d results waited, %d may", n, resultsWaiting)
		}
		all.Wait()
		if n := len(q.Next(0)); n != 10 {
			t.Errorf("%d came after them", n)
		}
	})
}

func TestTheWriterSleepsAndWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue[*page, int]()
		var sizes []int
		over := make(chan struct{})
		go func() {
			defer close(over)
			for {
				group := q.Next(10 * time.Millisecond)
				if group == nil {
					return
				}
				sizes = append(sizes, len(group))
			}
		}()
		for _, pause := range []time.Duration{0, 4 * time.Millisecond, 30 * time.Millisecond, 10 * time.Millisecond} {
			time.Sleep(pause)
			put(t, q, entry(Requests, 1, 1))
		}
		q.Close()
		if err := q.Put(entry(Requests, 1, 1)); !errors.Is(err, ErrClosed) {
			t.Errorf("a closed queue takes a write: %v", err)
		}
		<-over
		if total := sizes[0]; total != 2 {
			t.Errorf("the groups have %v writes, the first two come within the delay", sizes)
		}
	})
}
