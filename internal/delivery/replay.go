package delivery

import "time"

// replayPause is how long the dispatcher waits at least before it looks again at replays that had
// nothing to queue.
const replayPause = 50 * time.Millisecond

// kick makes the dispatcher look after replays.
func (e *Dispatcher) kick() {
	select {
	case e.kickReplays <- struct{}{}:
	default:
	}
}

// advanceReplays queues what running replays have room for, whenever a replay was made or one of
// its deliveries finished.
func (e *Dispatcher) advanceReplays() {
	for {
		more, err := e.store.AdvanceReplays(e.sending)
		pause := replayPause
		switch {
		case e.isStopping():
			return
		case err != nil:
			e.logStoreError(err, "advance replays")
			pause = retryInterval
		case more:
			continue
		default:
			select {
			case <-e.kickReplays:
			case <-e.quit:
				return
			}
		}
		if !e.pause(pause) {
			return
		}
	}
}
