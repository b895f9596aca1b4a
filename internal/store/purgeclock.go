package store

import (
	"context"
	"sync"
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

// A clock that jumps ahead must not delete what is young. What is purged goes by the database's time, and only as far
// as that can be believed: it may run ahead of the time of the pass before by as much as has passed since on a clock
// that can't be set, and an hour. What lies further ahead waits for an operator's word (Options.AcceptClock), and
// meanwhile time goes on from the pass before at its usual pace.

const (
	clockTolerance = time.Hour
	// Nobody knows how long a process was not running. A clock that is wrong after that costs no more than a quarter
	// of the retention.
	longestDowntime = 7 * 24 * time.Hour
	clockKept       = time.Minute // how often the time of a pass is written down
	clockWarned     = time.Hour   // how often the log repeats that the clock is not believed
)

// purgeGuard is how far the database's time was believed when this process purged last.
type purgeGuard struct {
	mu       sync.Mutex
	begun    bool
	believed bot9.Time
	elapsed  time.Duration // since the process began, then
	warned   time.Duration
	state    PurgeState
}

// PurgeState tells whether purging believes the clock.
type PurgeState struct {
	Waiting  bool      // the clock is too far ahead of the last pass to be believed
	Clock    bot9.Time // what it showed
	Believed bot9.Time // the time that purging goes by
}

// PurgeState returns what the newest pass found, zero before the first.
func (s *Store) PurgeState() PurgeState {
	s.guard.mu.Lock()
	defer s.guard.mu.Unlock()
	return s.guard.state
}

// purgeClock returns the time to purge by.
func (s *Store) purgeClock(ctx context.Context) (bot9.Time, error) {
	var clock bot9.Time
	var kept, newest int64
	err := s.read(ctx, func(r session) (err error) {
		if clock, err = s.db.time(r); err != nil {
			return err
		}
		if _, err := queryRow(r, `SELECT believed FROM purging`, nil, &kept); err != nil || kept != 0 {
			return err
		}
		_, err = queryRow(r, `SELECT max(id) FROM events`, nil, &newest)
		return err
	})
	if err != nil {
		return 0, err
	}
	switch {
	case kept != 0:
	case newest != 0: // purged by a version that noted nothing
		kept = int64(bot9.EventID(newest).Time())
	default:
		kept = int64(clock)
	}
	believed := s.believedClock(clock, bot9.Time(kept))
	if int64(believed)-kept >= clockKept.Milliseconds() || newest != 0 || kept == int64(clock) {
		err = s.write(ctx, func(t *tx) error {
			_, err := t.exec(`UPDATE purging SET believed = $1 WHERE believed < $1`, int64(believed))
			return err
		})
	}
	return believed, err
}

// believedClock tells how far the clock is to be believed; kept is how far it was by the newest pass of any process.
func (s *Store) believedClock(clock, kept bot9.Time) bot9.Time {
	g := &s.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	elapsed := s.elapsed()
	last, since, tolerance := kept, elapsed, clockTolerance
	if g.begun {
		last, since = max(kept, g.believed), elapsed-g.elapsed
	} else {
		tolerance += min(longestDowntime, s.retention/4)
		if s.retention == 0 {
			tolerance += longestDowntime
		}
	}
	believed := clock
	waiting := clock > last.Add(since+tolerance) && clock > s.acceptClock
	if waiting {
		believed = last.Add(since)
		if !g.state.Waiting || elapsed-g.warned >= clockWarned {
			g.warned = elapsed
			s.log.Warn("the clock has jumped ahead: what retention would delete by it is kept. If the clock is right, start once with --accept-clock",
				"clock", clock.Std(), "purgesAsOf", believed.Std(), "acceptClock", clock.Add(clockTolerance).Std().UTC().Format(time.RFC3339))
		}
	}
	g.begun, g.believed, g.elapsed = true, believed, elapsed
	g.state = PurgeState{Waiting: waiting, Clock: clock, Believed: believed}
	return believed
}

// elapsedSince measures from now on by a clock that nobody can set; or, where only the store's clock is given, by that.
func elapsedSince(o Options) func() time.Duration {
	switch {
	case o.Elapsed != nil:
		began := o.Elapsed()
		return func() time.Duration { return o.Elapsed() - began }
	case o.Clock != nil:
		began := o.Clock()
		return func() time.Duration { return o.Clock().Std().Sub(began.Std()) }
	}
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
