package policy

import (
	"time"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	clockStep = time.Second    // a clock that moves by more than that against monotonic time was set
	maxLead   = 24 * time.Hour // a clock that is set back further than that is followed for the rest
	catchUp   = 10             // a clock that was set back is approached by a tenth of the time that passes, less than jitter lengthens
)

// Steady is a clock for measuring waits: when the wall clock is set back it goes on, a little slower until
// it is right again, so that waits that were promised before aren't lengthened by as much. One that is
// set ahead is followed at once. The zero Steady is ready.
type Steady struct {
	wall    bot9.Time
	elapsed time.Duration
	lead    time.Duration // ahead of the wall clock
}

// Start begins with a clock that is behind a moment that was past already: it was set back while nobody looked.
func (s *Steady) Start(wall, past bot9.Time) {
	if behind := past.Sub(wall); behind > clockStep {
		s.lead = min(behind, maxLead)
	}
}

// Now returns the time, given what the wall clock shows and the monotonic time since any one moment.
func (s *Steady) Now(wall bot9.Time, elapsed time.Duration) bot9.Time {
	if s.wall != 0 {
		passed := elapsed - s.elapsed
		set := wall.Sub(s.wall) - passed // ahead, or back
		if set.Abs() > clockStep {
			s.lead = min(max(s.lead-set, 0), maxLead)
		}
		s.lead = max(s.lead-passed/catchUp, 0)
	}
	s.wall, s.elapsed = wall, elapsed
	return wall.Add(s.lead)
}
