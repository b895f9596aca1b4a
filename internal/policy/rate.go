package policy

import (
	"math"

	"github.com/bot9/bot9/internal/bot9"
)

// catchUpMs is how late a caller may be without losing a turn, where turns are shorter than that:
// clocks and timers aren't finer.
const catchUpMs = 10

// Bucket spaces requests evenly to keep a rate (the generic cell rate algorithm of ITU-T I.371,
// with no bursts). The zero Bucket is ready; the rate may change at any time.
type Bucket struct {
	last float64 // when the last turn was, in milliseconds since the Unix epoch
}

// Take takes a turn if one is due at now. Either way next is when to ask again. There is no limit
// if perSecond is 0.
func (b *Bucket) Take(now bot9.Time, perSecond float64) (ok bool, next bot9.Time) {
	if perSecond <= 0 {
		return true, now
	}
	interval := 1000 / perSecond
	if b.last > float64(now) { // the clock was set back: no turn was ever taken in the future
		b.last = float64(now)
	}
	ok = float64(now) >= b.last+interval
	if ok {
		earliest := float64(now)
		if interval < catchUpMs {
			earliest -= catchUpMs
		}
		b.last = max(b.last+interval, earliest)
	}
	return ok, bot9.Time(math.Ceil(b.last + interval))
}
