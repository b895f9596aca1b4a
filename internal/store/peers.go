package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
	"github.com/bot9/bot9/internal/policy"
)

const (
	defaultLease = 15 * time.Second
	beatsInLease = 5
	pollInterval = time.Second // after which ready deliveries are found of which nobody told
	tellInterval = 5 * time.Millisecond
)

// peers are this process and the others on the same database. Each has a number that no other ever
// had, shows every few seconds that it lives, and returns to the backlog what a dead one had taken.
// They tell each other what they committed; what gets lost on the way is found by looking.
type peers struct {
	store *Store
	db    *postgresDB
	lease time.Duration

	sideMu sync.Mutex
	side   *pgConn // for what is beside the groups; nil if it broke

	placing

	others  atomic.Bool // somebody listens
	newsMu  sync.Mutex
	news    map[string]struct{} // words for the others
	signals []string            // for the others, as JSON
	breaker map[bot9.WebhookID]bot9.Time
	kick    chan struct{}

	begin      sync.Once
	stop       context.CancelFunc
	stopping   context.Context
	background sync.WaitGroup
}

// join gives this process its number.
func join(ctx context.Context, s *Store, db *postgresDB, lease time.Duration) (*peers, error) {
	if lease == 0 {
		lease = defaultLease
	}
	p := &peers{store: s, db: db, lease: lease, news: map[string]struct{}{}, breaker: map[bot9.WebhookID]bot9.Time{}, kick: make(chan struct{}, 1)}
	p.placing = placing{look: make(chan struct{}, 1), lapse: time.AfterFunc(lease, func() { p.move(policy.Place.Lapsed) })}
	p.stopping, p.stop = context.WithCancel(context.Background())
	if err := p.register(ctx); err != nil {
		p.lapse.Stop()
		return nil, err
	}
	return p, nil
}

// register takes a number of which the IDs' share of bits is no living process's.
func (p *peers) register(ctx context.Context) error {
	var number, taken int64
	var others []int64
	began := time.Now()
	err := p.aside(ctx, func(s session) (err error) {
		if old := p.store.owner.Load(); old != 0 {
			if err := p.bury(s, old); err != nil {
				return err
			}
		}
		if _, err := s.exec(`LOCK TABLE nodes IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return err
		}
		for range 1 << bot9.IDNodeBits {
			if _, err := queryRow(s, `SELECT nextval('node_numbers')`, nil, &number); err != nil {
				return err
			}
			taken = 0
			if _, err := queryRow(s, `SELECT 1 FROM nodes n WHERE n.id % $1 = $2`, []any{1 << bot9.IDNodeBits, number % (1 << bot9.IDNodeBits)}, &taken); err != nil {
				return err
			}
			if taken == 0 {
				if others, err = living(s); err != nil {
					return err
				}
				_, err = s.exec(`INSERT INTO nodes (id, seen_at) VALUES ($1, clock_timestamp())`, number)
				return err
			}
		}
		return bot9.Errorf(bot9.Unavailable, "tooManyNodes", "%d processes are on this database already.", 1<<bot9.IDNodeBits)
	})
	if err != nil {
		return err
	}
	p.store.owner.Store(number)
	p.store.node = int(number % (1 << bot9.IDNodeBits))
	p.others.Store(len(others) > 0)
	p.joined(number, others, began)
	p.say("j")
	return nil
}

// rejoin is called by the writing goroutine once the others have taken this process for dead, for
// instance because it was stopped for a while, or once nobody knows whether its last group was
// committed. What it had taken is ready again, and no longer its own.
func (p *peers) rejoin() error {
	p.store.log.Warn("this node goes on under a new number; what it had taken is ready again", "number", p.store.owner.Load())
	if err := p.register(p.stopping); err != nil {
		return err
	}
	p.store.ids.renumber(p.store.node)
	p.store.memory.latencies.forget()
	if d := p.store.dispatcher; d != nil {
		d.Resync()
	}
	return nil
}

// start begins to live among the others.
func (p *peers) start() {
	p.begin.Do(func() {
		p.background.Go(p.beat)
		p.background.Go(p.listen)
		p.background.Go(p.tell)
		p.tellPlace()
	})
}

// leave returns what is still taken, and tells the others to take it up.
func (p *peers) leave() error {
	p.stop()
	p.background.Wait()
	p.lapse.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	var ready []bot9.WebhookID
	err := p.aside(ctx, func(s session) (err error) {
		if err := p.bury(s, p.store.owner.Load()); err != nil {
			return err
		}
		ready, err = dueWebhooks(s, p.store.clock())
		if err != nil {
			return err
		}
		words := []string{word('q', p.store.owner.Load())}
		for _, id := range ready {
			words = append(words, word('r', int64(id)))
		}
		return p.notify(s, words)
	})
	if p.side != nil {
		p.side.close()
	}
	if err != nil { // the others will find out
		p.store.log.Warn("leave the other nodes", "error", err)
	}
	return nil
}

// bury makes ready again what a process had taken that is no more.
func (p *peers) bury(s session, number int64) error {
	if _, err := s.exec(`UPDATE backlog SET state = `+sqlReady+` WHERE state >= `+sqlTaken+` AND state = $1`, lifecycle.TakenBy(number)); err != nil {
		return err
	}
	_, err := s.exec(`DELETE FROM nodes WHERE id = $1`, number)
	return err
}

// aside runs work in a transaction beside the groups. Nothing of it is lost for good in a crash, so
// it need not wait for the disk.
func (p *peers) aside(ctx context.Context, work func(session) error) (err error) {
	p.sideMu.Lock()
	defer p.sideMu.Unlock()
	if p.side == nil {
		if p.side, err = p.db.connect(ctx, "synchronous_commit = off"); err != nil {
			return err
		}
	}
	s := &pgSession{ctx: ctx, conn: p.side}
	_ = s.queue("BEGIN")
	if err = work(s); err == nil {
		_, err = s.exec("COMMIT")
	}
	if err != nil {
		p.side.close()
		p.side = nil
	}
	return err
}

// beat shows that this process lives, and looks after the others.
func (p *peers) beat() {
	interval := min(p.lease/beatsInLease, pollInterval)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var steady, beaten time.Time
	for {
		now := time.Now()
		if now.Sub(beaten) >= p.lease/beatsInLease {
			if err := p.beatOnce(!steady.IsZero() && now.Sub(steady) >= p.lease); err != nil {
				p.complain("show that this node lives", err)
				steady = time.Time{} // whoever could not show itself can't blame others for the same
			} else if beaten = now; steady.IsZero() {
				steady = now
			}
		}
		if err := p.poll(); err != nil {
			p.complain("look for ready deliveries", err)
		}
		select {
		case <-tick.C:
		case <-p.look:
			beaten = time.Time{}
		case <-p.stopping.Done():
			return
		}
	}
}

func (p *peers) complain(what string, err error) {
	if p.stopping.Err() == nil {
		p.store.log.Warn(what, "error", err)
	}
}

func (p *peers) beatOnce(judge bool) error {
	var alive int64
	var nodes []int64
	number, began := p.store.owner.Load(), time.Now()
	err := p.aside(p.stopping, func(s session) (err error) {
		if alive, err = s.exec(`UPDATE nodes SET seen_at = clock_timestamp() WHERE id = $1`, number); err != nil {
			return err
		}
		nodes, err = living(s)
		return err
	})
	if err != nil {
		return err
	}
	p.store.wakers.wakeAll()
	if alive == 0 { // any write will find out and rejoin
		return p.store.write(p.stopping, func(*tx) error { return nil })
	}
	p.sawNodes(number, nodes, began)
	p.others.Store(len(nodes) > 1)
	if judge && len(nodes) > 1 {
		return p.aside(p.stopping, p.buryDead)
	}
	return nil
}

// buryDead leaves out processes that have a transaction under way: they are not dead.
func (p *peers) buryDead(s session) error {
	var dead []int64
	err := s.query(func(scan scanFunc) error {
		var number int64
		err := scan(&number)
		dead = append(dead, number)
		return err
	}, `SELECT n.id FROM nodes n WHERE n.seen_at < clock_timestamp() - $1 * interval '1 millisecond' FOR UPDATE OF n SKIP LOCKED`, float64(p.lease.Milliseconds()))
	for _, number := range dead {
		if err == nil {
			p.store.log.Warn("a node has died; what it had taken is ready again", "number", number)
			err = p.bury(s, number)
		}
	}
	return err
}

// poll finds deliveries that are due and of which nobody told this process.
func (p *peers) poll() error {
	d := p.store.dispatcher
	if d == nil {
		return nil
	}
	var ready []bot9.WebhookID
	err := p.store.db.read(p.stopping, func(s session) (err error) {
		ready, err = dueWebhooks(s, p.store.clock())
		return err
	})
	if err == nil && len(ready) > 0 {
		d.Committed(nil, ready)
	}
	return err
}

// dueWebhooks returns the webhooks with deliveries that are due.
func dueWebhooks(s session, now bot9.Time) (due []bot9.WebhookID, err error) {
	err = s.query(func(scan scanFunc) error {
		var id bot9.WebhookID
		err := scan((*int64)(&id))
		due = append(due, id)
		return err
	}, readyWebhooks+`SELECT r.id FROM r WHERE r.id IS NOT NULL AND (
			EXISTS (SELECT 1 FROM backlog b WHERE b.state = `+sqlReady+` AND b.webhook_id = r.id AND b.low = 0 AND b.due_at <= $1)
			OR EXISTS (SELECT 1 FROM backlog b WHERE b.state = `+sqlReady+` AND b.webhook_id = r.id AND b.low = 1 AND b.due_at <= $1))`, int64(now))
	return due, err
}

// tellPeers notes what others may wait for in a transaction that was committed.
func (s *Store) tellPeers(t *tx) {
	p := s.peers
	if p == nil || !p.others.Load() {
		return
	}
	words := make([]string, 0, len(t.woken))
	for id := range t.woken {
		words = append(words, word('w', int64(id)))
	}
	words = append(words, topicNotices(t.touched)...)
	for id, health := range t.health {
		if until := health.SilentUntil(); p.breaker[id] != until { // the breaker opened or closed, or the endpoint asked for patience
			p.breaker[id] = until
			words = append(words, word('c', int64(id)))
		}
	}
	p.say(words...)
}

func word(kind byte, id int64) string { return string(kind) + strconv.FormatInt(id, 36) }

func (p *peers) say(words ...string) {
	if len(words) == 0 {
		return
	}
	p.newsMu.Lock()
	for _, w := range words {
		p.news[w] = struct{}{}
	}
	p.newsMu.Unlock()
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// tell sends the news on. It does so beside the groups, because commits that notify wait for each
// other (https://www.postgresql.org/docs/current/sql-notify.html).
func (p *peers) tell() {
	for {
		select {
		case <-p.kick:
		case <-p.stopping.Done():
			return
		}
		p.newsMu.Lock()
		words := make([]string, 0, len(p.news))
		for w := range p.news {
			words = append(words, w)
		}
		clear(p.news)
		signals := p.signals
		p.signals = nil
		p.newsMu.Unlock()
		err := p.aside(p.stopping, func(s session) error { return errors.Join(p.notify(s, words), p.sendSignals(s, signals)) })
		if err != nil {
			p.complain("tell the other nodes", err)
		}
		select {
		case <-time.After(tellInterval):
		case <-p.stopping.Done():
			return
		}
	}
}

// notify sends words, as many as go into a notification at a time, which is less than 8,000 bytes.
func (p *peers) notify(s session, words []string) error {
	const most = 500
	for len(words) > 0 {
		n := min(len(words), most)
		payload := strconv.FormatInt(p.store.owner.Load(), 36) + " " + strings.Join(words[:n], " ")
		if err := s.queue(`SELECT pg_notify('bot9', $1)`, payload); err != nil {
			return err
		}
		words = words[n:]
	}
	return nil
}

// listen hears what others tell. Whenever it begins to, something may have been missed.
func (p *peers) listen() {
	for {
		err := p.listenOnce()
		if p.stopping.Err() != nil {
			return
		}
		p.complain("listen to the other nodes", err)
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
	p.store.wakers.wakeAll()
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
			if err := p.hear(payload); err != nil {
				return err
			}
		}
	}
}

func (p *peers) hear(payload string) error {
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
			p.lookAround()
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
		case 'q':
			p.move(func(place policy.Place) policy.Place { return place.Left(id) })
		default:
			touched[bot9.ChatbotID(id)] |= topicOf(w[0])
		}
	}
	p.store.wakers.wake(woken)
	p.store.watchers.publish(touched)
	if len(ready) > 0 {
		d.Committed(nil, ready)
	}
	return nil
}
