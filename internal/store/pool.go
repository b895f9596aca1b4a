package store

import (
	"context"
	"slices"
	"sync"
)

// pool lends the connections of a database's readers, the one that was given back last first: its caches
// are warm. That is what a list page costs on PostgreSQL most of all: planning it on a connection that has
// not met the table's partitions yet.
type pool[C any] struct {
	free    chan struct{} // one for each that is idle
	closing chan struct{} // closed when nobody is to take any more
	mu      sync.Mutex
	idle    []C
}

func newPool[C any](size int) *pool[C] {
	return &pool[C]{free: make(chan struct{}, size), closing: make(chan struct{})}
}

// take waits for a connection until ctx ends.
func (p *pool[C]) take(ctx context.Context) (c C, err error) {
	select {
	case <-p.free:
		return p.pop(), nil
	case <-ctx.Done():
		return c, ctx.Err()
	case <-p.closing:
		return c, errClosed
	}
}

func (p *pool[C]) give(c C) {
	p.mu.Lock()
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	p.free <- struct{}{}
}

// drain lets nobody take a connection any more, waits until n have been given back, and returns them.
func (p *pool[C]) drain(n int) (all []C) {
	close(p.closing)
	for range n {
		<-p.free
		all = append(all, p.pop())
	}
	return all
}

// renew replaces the idle connections that are not there, until one can't be.
func (p *pool[C]) renew(missing func(C) bool, connect func() (C, error)) (err error) {
	var taken []C
	for more := true; more; {
		select {
		case <-p.free:
			taken = append(taken, p.pop())
		default:
			more = false
		}
	}
	for _, c := range slices.Backward(taken) {
		if !missing(c) {
			p.give(c)
		}
	}
	for _, c := range taken {
		if !missing(c) {
			continue
		}
		if err == nil {
			if fresh, connectErr := connect(); connectErr == nil {
				c = fresh
			} else {
				err = connectErr
			}
		}
		p.give(c)
	}
	return err
}

func (p *pool[C]) pop() C {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c
}
