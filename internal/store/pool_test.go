package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestPoolLendsTheLastThatCameBack(t *testing.T) {
	p := newPool[int](3)
	for c := range 3 {
		p.give(c)
	}
	for range 3 {
		c, err := p.take(t.Context())
		if err != nil || c != 2 {
			t.Fatalf("took %d, %v; want 2, whose caches are warm", c, err)
		}
		p.give(c)
	}
}

func TestPoolDrainsWhatIsInUse(t *testing.T) {
	p := newPool[int](1)
	p.give(1)
	c, err := p.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := p.take(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("took what another one has: %v", err)
	}
	drained := make(chan []int)
	go func() { drained <- p.drain(1) }()
	<-p.closing
	if _, err := p.take(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("took from a closed pool: %v", err)
	}
	p.give(c)
	if all := <-drained; len(all) != 1 || all[0] != 1 {
		t.Errorf("drained %v", all)
	}
}
