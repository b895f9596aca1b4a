package store

import (
	"github.com/bot9/bot9/internal/bot9"
)

// tellBlocked notes in replays that run where they wait behind a delivery that failed: they may look stuck for as long
// as its retries take. All are read at once. A replay has few deliveries in the backlog, and of each lane the first tells.
func (s *Store) tellBlocked(r session, replays []bot9.Replay) error {
	running := map[bot9.ReplayID]*bot9.Replay{}
	var ids []int64
	for i := range replays {
		if replays[i].Status == bot9.ReplayRunning && replays[i].Queued > replays[i].Succeeded+replays[i].Failed+replays[i].Canceled {
			running[replays[i].ID] = &replays[i]
			ids = append(ids, int64(replays[i].ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	condition, arg := s.db.inIDs(ids)
	q := newQuery(`SELECT l.replay_id, h.id, h.due_at FROM (
			SELECT f.replay_id, (SELECT x.id FROM backlog x WHERE x.webhook_id = f.webhook_id AND x.lane = f.lane ORDER BY x.id LIMIT 1) AS head
			FROM (SELECT DISTINCT b.replay_id, b.webhook_id, b.lane FROM backlog b WHERE b.replay_id <> 0 AND b.state = `+sqlWaiting+` AND b.replay_id `+condition+`) f
		) l CROSS JOIN backlog h WHERE h.id = l.head AND h.attempts > 0 ORDER BY h.due_at`, arg)
	return r.query(func(scan scanFunc) error {
		var replay bot9.ReplayID
		var head bot9.DeliveryID
		var due bot9.Time
		if err := scan((*int64)(&replay), (*int64)(&head), (*int64)(&due)); err != nil {
			return err
		}
		row := running[replay]
		if row.Blocked == nil {
			row.Blocked = &bot9.ReplayBlocked{DeliveryID: head, NextAttemptAt: due}
		}
		row.Blocked.Conversations++
		return nil
	}, q.sql, q.args...)
}
