package store

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
)

// publishToPeers queues notices about a committed transaction that other nodes may be waiting for.
func (s *Store) publishToPeers(t *tx) {
	p := s.peers
	if p == nil || !p.others.Load() {
		return
	}
	notices := make([]string, 0, len(t.appended))
	for id := range t.appended {
		notices = append(notices, notice('w', int64(id)))
	}
	notices = append(notices, topicNotices(t.touched)...)
	if t.deferred {
		notices = append(notices, notice('x', 0))
	}
	for id, health := range t.health {
		if p.silenceChanged(id, health.SilentUntil(), t.now) {
			notices = append(notices, notice('c', int64(id)))
		}
	}
	p.publish(notices...)
}

// maxSilences bounds what is remembered of endpoints that are left alone.
const maxSilences = 10_000

// silenceChanged notes until when an endpoint is left alone, and tells whether the other nodes don't know: its breaker
// has opened or closed, or it asked for patience. What is forgotten is told once more, which does no harm.
func (p *peers) silenceChanged(id bot9.WebhookID, until, now bot9.Time) bool {
	if p.silences[id] == until {
		return false
	}
	if until == 0 {
		delete(p.silences, id)
		return true
	}
	if len(p.silences) >= maxSilences {
		maps.DeleteFunc(p.silences, func(_ bot9.WebhookID, until bot9.Time) bool { return until <= now })
	}
	if len(p.silences) >= maxSilences {
		clear(p.silences)
	}
	p.silences[id] = until
	return true
}

func notice(kind byte, id int64) string { return string(kind) + strconv.FormatInt(id, 36) }

func (p *peers) publish(notices ...string) {
	if len(notices) == 0 {
		return
	}
	p.noticesMu.Lock()
	for _, w := range notices {
		p.notices[w] = struct{}{}
	}
	p.noticesMu.Unlock()
	select {
	case p.pending <- struct{}{}:
	default:
	}
}

// sendNotices sends queued notices. It does so on the side connection, because commits that notify wait for
// each other (https://www.postgresql.org/docs/current/sql-notify.html).
func (p *peers) sendNotices() {
	for {
		select {
		case <-p.pending:
		case <-p.stopping.Done():
			return
		}
		p.noticesMu.Lock()
		notices := make([]string, 0, len(p.notices))
		for w := range p.notices {
			notices = append(notices, w)
		}
		clear(p.notices)
		signals := p.signals
		p.signals = nil
		p.noticesMu.Unlock()
		err := p.onSideConn(p.stopping, func(s session) error { return errors.Join(p.notify(s, notices), p.sendSignals(s, signals)) })
		if err != nil {
			p.logFailure("tell the other nodes", err)
		}
		select {
		case <-time.After(noticeInterval):
		case <-p.stopping.Done():
			return
		}
	}
}

// notify sends notices, up to 500 in one notification, so that it stays below PostgreSQL's 8,000 bytes.
func (p *peers) notify(s session, notices []string) error {
	const most = 500
	for len(notices) > 0 {
		n := min(len(notices), most)
		payload := strconv.FormatInt(p.store.owner.Load(), 36) + " " + strings.Join(notices[:n], " ")
		if err := s.queue(`SELECT pg_notify('bot9', $1)`, payload); err != nil {
			return err
		}
		notices = notices[n:]
	}
	return nil
}

// listen receives the notices of other nodes. Each time it connects, some may have been missed before.
func (p *peers) listen() {
	for {
		err := p.listenOnce()
		if p.stopping.Err() != nil {
			return
		}
		p.logFailure("listen to the other nodes", err)
		select {
		case <-time.After(time.Second):
		case <-p.stopping.Done():
			return
		}
	}
}

func (p *peers) listenOnce() error {
	conn, err := p.db.connect(p.stopping)
	if err != nil {
		return err
	}
	defer conn.close()
	if _, err := conn.conn.Exec(p.stopping, "LISTEN bot9; LISTEN bot9signals").ReadAll(); err != nil {
		return err
	}
	if d := p.store.dispatcher; d != nil {
		d.Resync()
	}
	p.store.changes.notifyAll()
	p.store.watchers.publishAll()
	for {
		notifications, err := conn.wait(p.stopping)
		if err != nil {
			return err
		}
		for _, payload := range notifications {
			if signal, ok := strings.CutPrefix(payload, signalPrefix); ok {
				from, encoded, _ := strings.Cut(signal, " ")
				p.hearSignal(from, encoded)
				continue
			}
			if err := p.handleNotices(payload); err != nil {
				return err
			}
		}
	}
}

func (p *peers) handleNotices(payload string) error {
	from, news, _ := strings.Cut(payload, " ")
	if from == strconv.FormatInt(p.store.owner.Load(), 36) {
		return nil
	}
	p.others.Store(true)
	var ready []bot9.WebhookID
	woken, touched := map[bot9.ChatbotID]struct{}{}, map[bot9.ChatbotID]bot9.Topics{}
	d := p.store.dispatcher
	for w := range strings.FieldsSeq(news) {
		if w == "j" {
			p.checkMembers()
			continue
		}
		id, err := strconv.ParseInt(w[1:], 36, 64)
		if err != nil {
			return errors.Join(fmt.Errorf("store: a notification that no node sends: %q", w), err)
		}
		switch w[0] {
		case 'w':
			woken[bot9.ChatbotID(id)] = struct{}{}
			touched[bot9.ChatbotID(id)] |= bot9.TopicEvents
		case 'r':
			ready = append(ready, bot9.WebhookID(id))
		case 'c':
			d.WebhookChanged(bot9.WebhookID(id))
		case 'x':
			p.store.wakeExpander()
		case 'q':
			p.updateMembership(func(place policy.Membership) policy.Membership { return place.Left(id) })
		default:
			touched[bot9.ChatbotID(id)] |= topicOf(w[0])
		}
	}
	p.store.changes.notify(woken)
	p.store.watchers.publish(touched)
	if len(ready) > 0 {
		d.Committed(nil, ready)
	}
	return nil
}
