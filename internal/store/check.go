package store

import (
	"context"
	"fmt"
	"math"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
)

// LogCheck is what a check of the log found.
type LogCheck struct {
	Events        int64 // of conversations that were looked at
	Conversations int64
	Faults        int64
	Examples      []string // of faults, in words, maxExamples at most
}

const (
	checkSlice   = 5000      // events that are read at once
	checkedTails = 1_000_000 // conversations whose newest sequence is remembered at once
	maxExamples  = 20
)

func (c *LogCheck) fault(format string, args ...any) {
	if c.Faults++; len(c.Examples) < maxExamples {
		c.Examples = append(c.Examples, fmt.Sprintf(format, args...))
	}
}

// CheckLog reads the whole log and checks what no index guards: that the events of each conversation have the sequences
// 1, 2, 3 … without gaps, in the order of their IDs, from the first that is kept on; that the conversation knows its
// newest one, or finds each of them; and that every lane has a head, without which nothing of it would ever be sent. It
// reads in slices, so that it holds up nobody, and goes over the log several times if there are very many conversations.
func (s *Store) CheckLog(ctx context.Context) (check LogCheck, err error) {
	conversations, passes := int64(0), int64(1)
	err = s.db.read(ctx, func(r session) error {
		_, err := queryRow(r, `SELECT count(*) FROM conversations c`, nil, &conversations)
		return err
	})
	if err != nil {
		return check, s.storeError(err)
	}
	passes += conversations / checkedTails
	for pass := range passes {
		newest, err := s.checkSequences(ctx, &check, passes, pass)
		if err == nil && s.peers != nil {
			err = s.checkNewest(ctx, &check, newest)
		}
		if err != nil {
			return check, s.storeError(err)
		}
	}
	return check, s.storeError(s.checkLanes(ctx, &check))
}

// checkSequences goes over the events of every passes-th conversation, and returns the newest sequence of each.
func (s *Store) checkSequences(ctx context.Context, check *LogCheck, passes, pass int64) (map[bot9.ConversationID]int64, error) {
	newest := map[bot9.ConversationID]int64{}
	end := int64(math.MaxInt64)
	if s.peers != nil && s.peers.db.ownTime { // beyond it, somebody may still commit what comes before
		var err error
		if end, err = s.peers.db.horizon(ctx); err != nil {
			return nil, err
		}
	}
	found := `1`
	if s.peers == nil { // the index that leads from a conversation to its events
		found = `(e.id > (SELECT after FROM tail) OR EXISTS (SELECT 1 FROM conversation_events i WHERE i.conversation_id = e.conversation_id AND i.event_id = e.id AND i.sequence = e.sequence))`
	}
	for cursor, n := int64(0), checkSlice; n == checkSlice; {
		n = 0
		err := s.db.read(ctx, func(r session) error {
			return r.query(func(scan scanFunc) error {
				var id, conversation, sequence, indexed int64
				if err := scan(&id, &conversation, &sequence, &indexed); err != nil {
					return err
				}
				n++
				cursor = id
				if conversation != 0 && conversation%passes == pass {
					check.event(newest, id, conversation, sequence, indexed == 1)
				}
				return nil
			}, `SELECT e.id, e.conversation_id, e.sequence, CASE WHEN `+found+` = 1 THEN 1 ELSE 0 END FROM events e WHERE e.id > $1 AND e.id < $2 ORDER BY e.id LIMIT $3`, cursor, end, checkSlice)
		})
		if err != nil {
			return nil, err
		}
	}
	check.Conversations += int64(len(newest))
	return newest, nil
}

func (c *LogCheck) event(newest map[bot9.ConversationID]int64, id, conversation, sequence int64, indexed bool) {
	c.Events++
	of := bot9.ConversationID(conversation)
	before, known := newest[of]
	newest[of] = sequence
	switch {
	case known && sequence != before+1:
		c.fault("%s has sequence %d in %s, after %d", bot9.EventID(id), sequence, of, before)
	case sequence < 1:
		c.fault("%s has sequence %d in %s", bot9.EventID(id), sequence, of)
	case !indexed:
		c.fault("%s is not found among the events of %s", bot9.EventID(id), of)
	}
}

// checkNewest compares what the conversations' rows say, where they do.
func (s *Store) checkNewest(ctx context.Context, check *LogCheck, newest map[bot9.ConversationID]int64) error {
	for cursor, n := int64(0), checkSlice; n == checkSlice; {
		n = 0
		err := s.db.read(ctx, func(r session) error {
			return r.query(func(scan scanFunc) error {
				var id, last int64
				if err := scan(&id, &last); err != nil {
					return err
				}
				n++
				cursor = id
				if logged := newest[bot9.ConversationID(id)]; logged > last { // less, while others go on
					check.fault("%s says that its newest sequence is %d, and has an event with %d", bot9.ConversationID(id), last, logged)
				}
				return nil
			}, `SELECT c.id, c.last_sequence FROM conversations c WHERE c.id > $1 ORDER BY c.id LIMIT $2`, cursor, checkSlice)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkLanes looks for deliveries that wait behind nothing. A lane whose head is direct has its head in memory.
func (s *Store) checkLanes(ctx context.Context, check *LogCheck) error {
	for webhook, more := int64(0), true; more; {
		more = false
		err := s.db.read(ctx, func(r session) error {
			found, err := queryRow(r, `SELECT b.webhook_id FROM backlog b WHERE b.webhook_id > $1 ORDER BY b.webhook_id LIMIT 1`, []any{webhook}, &webhook)
			if more = found; err != nil || !found {
				return err
			}
			return s.checkLanesOf(r, check, webhook)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkLanesOf hops from lane to lane: what is behind a head counts for nothing.
func (s *Store) checkLanesOf(r session, check *LogCheck, webhook int64) error {
	for lane, more := int64(0), true; more; {
		var id, state int64
		found, err := queryRow(r, `SELECT b.lane, b.id, b.state FROM backlog b WHERE b.webhook_id = $1 AND b.lane > $2 ORDER BY b.lane, b.id LIMIT 1`,
			[]any{webhook, lane}, &lane, &id, &state)
		if more = found; err != nil {
			return err
		}
		if found && lifecycle.OfRow(state) == lifecycle.Waiting && !s.headIsDirect(laneKey{bot9.WebhookID(webhook), lane}) {
			check.fault("%s waits for an earlier delivery of %s, and there is none", bot9.DeliveryID(id), bot9.ConversationID(lane))
		}
	}
	return nil
}

// headIsDirect tells whether the lane's head is, or was a moment ago, only in memory.
func (s *Store) headIsDirect(lane laneKey) bool {
	for _, d := range s.memory.directs.snapshot() {
		if d.inLane && d.lane() == lane {
			return true
		}
	}
	return false
}

// CheckStorage has the database write, and check its own file where it has one. It returns what is wrong with that.
func (s *Store) CheckStorage(ctx context.Context) (faults []string, err error) {
	if err := s.write(ctx, s.db.testWrite); err != nil {
		return nil, err
	}
	if s.peers != nil {
		return nil, nil // which checks its pages by itself (data_checksums)
	}
	err = s.db.read(ctx, func(r session) error {
		return r.query(func(scan scanFunc) error {
			said := ""
			err := scan(&said)
			if err == nil && said != "ok" {
				faults = append(faults, said)
			}
			return err
		}, `PRAGMA integrity_check(20)`)
	})
	return faults, s.storeError(err)
}
