package app

import (
	"context"
	"log/slog"
	"time"
)

// Stopping as a whole takes less than the 30 seconds that supervisors give a process (systemd, Kubernetes). Each step
// has a part of that. One that does not end is left behind: rows are the truth, so what it had in hand is taken up by
// the other nodes, or at the next start.
const (
	stopTime     = 27 * time.Second // the whole
	requestsTime = 8 * time.Second  // for requests in flight
	answersTime  = 2 * time.Second  // for answers under way; the next start tells of those that aren't ready
	quietTime    = 2 * time.Second  // for cleaning and the like, which may stop anywhere
	drainTime    = 18 * time.Second // since the beginning, for attempts in flight; then they are broken off
	handBackTime = 3 * time.Second  // for giving back what was not attempted
	closeTime    = 6 * time.Second  // for closing the database
)

// stopping is the one deadline over all steps.
type stopping struct {
	log *slog.Logger
	end context.Context
}

// step runs a step of stopping for at most limit, and tells whether it ended. What goes wrong is logged, and stops
// nothing.
func (s *stopping) step(name string, limit time.Duration, run func(context.Context) error) (ended bool) {
	ctx, cancel := context.WithTimeout(s.end, limit)
	defer cancel()
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- run(ctx) }()
	select {
	case err := <-done:
		if err != nil {
			s.log.Warn("stopping", "step", name, "error", err)
		}
		return true
	case <-ctx.Done():
		s.log.Warn("stopping without waiting any longer", "step", name, "after", time.Since(began).Round(time.Millisecond))
		return false
	}
}

// Close stops accepting, finishes or hands back what is in flight, and closes the database. It takes less than 30
// seconds, whatever runs.
func (a *App) Close() {
	a.closed.Do(func() {
		end, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		s, began := &stopping{a.log, end}, time.Now()
		a.stopWork()
		s.step("requests", requestsTime, func(ctx context.Context) error {
			if a.server.Shutdown(ctx) != nil { // some take longer: their clients find the connection closed
				return a.server.Close()
			}
			return nil
		})
		_ = a.server.Close() // in case that the step was left behind
		s.step("answers to visitors", answersTime, a.chat.Wait)
		s.step("background", quietTime, func(context.Context) error { a.background.Wait(); return nil })
		drain := max(time.Until(began.Add(drainTime)), 0)
		if counts := a.dispatcher.Counts(); counts.InFlight+counts.Queued == 0 {
			drain = 0 // an idle node stops at once, even if its database is silent
		}
		limit := closeTime
		ended := s.step("deliveries", drain+handBackTime, func(ctx context.Context) error {
			drained, cancel := context.WithTimeout(ctx, drain)
			defer cancel()
			return a.dispatcher.Close(drained)
		})
		if !ended { // the database doesn't answer, and won't do so now
			limit = quietTime
		}
		a.release(s, limit)
		a.log.Info("stopped")
	})
}

// release closes what New opened.
func (a *App) release(s *stopping, databaseTime time.Duration) {
	a.closeMetrics()
	if a.auth != nil {
		s.step("authentication", quietTime, func(context.Context) error { a.auth.Close(); return nil })
	}
	if a.knowledge != nil {
		a.knowledge.Close()
	}
	if a.sender != nil {
		a.sender.Close()
	}
	if a.store != nil {
		s.step("database", databaseTime, func(context.Context) error { return a.store.Close() })
	}
	if a.listener != nil {
		_ = a.listener.Close() // the server may have closed it
	}
}
