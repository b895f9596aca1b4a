package store

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/lifecycle"
	"github.com/bot9/bot9/internal/policy"
)

const (
	defaultLease   = 15 * time.Second
	beatsInLease   = 5
	pollInterval   = time.Second // how often due deliveries are looked for that no notice announced
	noticeInterval = 5 * time.Millisecond
)

// peers are the nodes (processes) on one PostgreSQL database, this one included. Each node has a number that
// no other ever had, renews its lease every few seconds, and returns the claims of dead nodes to the backlog.
// Nodes notify each other about what they commit; polling finds whatever a lost notice would have told.
type peers struct {
	store *Store
	db    *postgresDB
	lease time.Duration

	sideMu sync.Mutex
	side   *pgConn // a connection for transactions outside the writer's groups; nil if it broke

	membership

	others    atomic.Bool // other nodes may be listening
	noticesMu sync.Mutex
	notices   map[string]struct{}          // not sent yet
	signals   []string                     // for the others, as JSON
	silences  map[bot9.WebhookID]bot9.Time // until when an endpoint is left alone, as the others were told
	pending   chan struct{}

	begin      sync.Once
	stop       context.CancelFunc
	stopping   context.Context
	background sync.WaitGroup
}

// join registers this node.
func join(ctx context.Context, s *Store, db *postgresDB, lease time.Duration) (*peers, error) {
	if lease == 0 {
		lease = defaultLease
	}
	p := &peers{store: s, db: db, lease: lease, notices: map[string]struct{}{}, silences: map[bot9.WebhookID]bot9.Time{}, pending: make(chan struct{}, 1)}
	p.membership = membership{check: make(chan struct{}, 1), lapse: time.AfterFunc(lease, func() { p.updateMembership(policy.Membership.Lapsed) })}
	p.stopping, p.stop = context.WithCancel(context.Background())
	if err := p.register(ctx); err != nil {
		p.lapse.Stop()
		return nil, err
	}
	return p, nil
}

// register takes a node number whose low 9 bits, which go into IDs, no live node uses.
func (p *peers) register(ctx context.Context) error {
	var number, taken int64
	var others []int64
	// By itself: whoever has written to the table must not ask for its lock, or two of them wait for each other.
	if old := p.store.owner.Load(); old != 0 {
		if err := p.onSideConn(ctx, func(s session) error { return p.removeNode(s, old) }); err != nil {
			return err
		}
	}
	began := time.Now()
	err := p.onSideConn(ctx, func(s session) (err error) {
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
				if others, err = liveNodes(s); err != nil {
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
	p.publish("j")
	return nil
}

// rejoin gives this node a new number after its lease expired (it was suspended for a while, for instance), or
// when the outcome of its last commit is unknown. Its claims are released. The writing goroutine calls it.
func (p *peers) rejoin() error {
	p.store.log.Warn("this node goes on under a new number; what it had taken is ready again", "number", p.store.owner.Load())
	if err := p.register(p.stopping); err != nil {
		return err
	}
	p.store.ids.renumber(p.store.node)
	p.store.memory.latencies.invalidate()
	if d := p.store.dispatcher; d != nil {
		d.Resync()
	}
	return nil
}

// start starts the heartbeat, and sending and receiving notices.
func (p *peers) start() {
	p.begin.Do(func() {
		p.background.Go(p.beat)
		p.background.Go(p.listen)
		p.background.Go(p.sendNotices)
		p.publishMembership()
	})
}

// leave releases this node's claims, and notifies the other nodes so that they take the work over.
func (p *peers) leave() error {
	p.stop()
	p.background.Wait()
	p.lapse.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), connectLimit)
	defer cancel()
	var ready []bot9.WebhookID
	err := p.onSideConn(ctx, func(s session) (err error) {
		if err := p.removeNode(s, p.store.owner.Load()); err != nil {
			return err
		}
		ready, err = dueWebhooks(s, p.store.clock())
		if err != nil {
			return err
		}
		notices := []string{notice('q', p.store.owner.Load())}
		for _, id := range ready {
			notices = append(notices, notice('r', int64(id)))
		}
		return p.notify(s, notices)
	})
	if p.side != nil {
		p.side.close()
	}
	if err != nil { // the others find out when its lease expires
		p.store.log.Warn("leave the other nodes", "error", err)
	}
	return nil
}

// removeNode deletes a node that is gone, and releases its claims.
func (p *peers) removeNode(s session, number int64) error {
	if _, err := s.exec(`UPDATE backlog SET state = `+sqlReady+` WHERE state >= `+sqlTaken+` AND state = $1`, lifecycle.TakenBy(number)); err != nil {
		return err
	}
	_, err := s.exec(`DELETE FROM nodes WHERE id = $1`, number)
	return err
}

// onSideConn runs work in a transaction of its own on a second connection, outside the writer's groups. Everything
// it writes can be recovered after a crash, so the commit doesn't wait for the disk.
func (p *peers) onSideConn(ctx context.Context, work func(session) error) (err error) {
	p.sideMu.Lock()
	defer p.sideMu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, p.db.patience)
	defer cancel()
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

// beat renews this node's lease, removes dead nodes, and polls for due deliveries.
func (p *peers) beat() {
	interval := min(p.lease/beatsInLease, pollInterval)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var steady, beaten time.Time
	for {
		now := time.Now()
		if now.Sub(beaten) >= p.lease/beatsInLease {
			if err := p.beatOnce(!steady.IsZero() && now.Sub(steady) >= p.lease); err != nil {
				p.logFailure("show that this node lives", err)
				steady = time.Time{} // a node that can't renew its own lease doesn't judge others by theirs
			} else if beaten = now; steady.IsZero() {
				steady = now
			}
		}
		if err := p.poll(); err != nil {
			p.logFailure("look for ready deliveries", err)
		}
		select {
		case <-tick.C:
		case <-p.check:
			beaten = time.Time{}
		case <-p.stopping.Done():
			return
		}
	}
}

func (p *peers) logFailure(what string, err error) {
	if p.stopping.Err() == nil {
		p.store.log.Warn(what, "error", err)
	}
}

func (p *peers) beatOnce(judge bool) error {
	var alive int64
	var nodes []int64
	number, began := p.store.owner.Load(), time.Now()
	err := p.onSideConn(p.stopping, func(s session) (err error) {
		if alive, err = s.exec(`UPDATE nodes SET seen_at = clock_timestamp() WHERE id = $1`, number); err != nil {
			return err
		}
		nodes, err = liveNodes(s)
		return err
	})
	if err != nil {
		return err
	}
	p.store.changes.notifyAll()
	if alive == 0 { // any write will find out and rejoin
		return p.store.write(p.stopping, func(*tx) error { return nil })
	}
	p.sawNodes(number, nodes, began)
	p.others.Store(len(nodes) > 1)
	if judge && len(nodes) > 1 {
		return p.onSideConn(p.stopping, p.removeDeadNodes)
	}
	return nil
}

// removeDeadNodes removes the nodes whose lease has expired. A node with a transaction under way holds a lock
// on its row, so it is skipped: it isn't dead.
func (p *peers) removeDeadNodes(s session) error {
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
			err = p.removeNode(s, number)
		}
	}
	return err
}

// poll finds due deliveries that no notice announced.
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
	}, withReadyWebhooks+`SELECT r.id FROM r WHERE r.id IS NOT NULL AND (
			EXISTS (SELECT 1 FROM backlog b WHERE b.state = `+sqlReady+` AND b.webhook_id = r.id AND b.low = 0 AND b.due_at <= $1)
			OR EXISTS (SELECT 1 FROM backlog b WHERE b.state = `+sqlReady+` AND b.webhook_id = r.id AND b.low = 1 AND b.due_at <= $1))`, int64(now))
	return due, err
}
