package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/policy"
	"github.com/bot9/bot9/internal/store"
)

// TestPostgresCutAtCommit cuts the connection after the commit was sent and before the database's
// answer arrives. The write is answered Unavailable though it is there, and the delivery that it took
// for the dispatcher, which never heard of it, is ready again.
func TestPostgresCutAtCommit(t *testing.T) {
	wire := newWire(t)
	url := strings.Replace(server.Database(t), server.Address(), wire.addr(), 1)
	s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	s.Attach(&taker{})
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	owner, err := s.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	check(err)
	chatbot, _, err := s.CreateChatbot(t.Context(), owner.AccountID, "Helper", bot9.NewKey{})
	check(err)
	webhook, err := s.CreateWebhook(t.Context(), bot9.Webhook{ChatbotID: chatbot.ID, Events: []string{"*"}, Status: bot9.WebhookEnabled})
	check(err)
	event := []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`)}}
	_, err = s.AppendEvents(t.Context(), chatbot.ID, event) // so that all statements are prepared
	check(err)

	wire.cutAtCommit.Store(true)
	_, err = s.AppendEvents(t.Context(), chatbot.ID, event)
	if bot9.CodeOf(err) != "outcomeUnknown" {
		t.Fatalf("a write whose end nobody knows was answered %v", err)
	}
	claimed, _, _, err := s.Claim(t.Context(), webhook.ID, bot9.At(time.Now().Add(time.Minute)), 10)
	check(err)
	if len(claimed) != 2 { // the first one as well: a new number leaves nothing with the old one
		t.Fatalf("%d deliveries can be claimed, want both", len(claimed))
	}
}

// taker is a dispatcher that takes everything and does nothing.
type taker struct {
	place atomic.Pointer[policy.Membership]
}

func (*taker) Admit(bot9.WebhookID) bool                                         { return true }
func (*taker) Committed([]*bot9.Delivery, []bot9.WebhookID) (_ []bot9.WebhookID) { return nil }
func (*taker) WebhookChanged(bot9.WebhookID)                                     {}
func (*taker) Resync()                                                           {}
func (k *taker) MembershipChanged(place policy.Membership)                       { k.place.Store(&place) }

// TestPostgresSilentNodeGivesItsPlaceUp: whoever can't reach the database can't know whether the
// others go on without it, and stops sending where limits hold across all of them.
func TestPostgresSilentNodeGivesItsPlaceUp(t *testing.T) {
	wire := newWire(t)
	url := strings.Replace(server.Database(t), server.Address(), wire.addr(), 1)
	s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}, Lease: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	k := &taker{}
	s.Attach(k)
	sends := func() bool {
		mine, _ := k.place.Load().Owns(&bot9.Webhook{ID: 1, MaxInFlight: 1})
		return mine
	}
	become := func(what string, want bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); sends() != want; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	become("it sends", true)
	wire.cut()
	become("it is silent", false)
	wire.mend()
	become("it sends again", true)
}

// TestPostgresSilentNodeDelaysNobody has the network swallow a node in the middle of a transaction, while it holds a
// conversation's lock. Others go on as soon as the database has given it up, and whoever called it is told.
func TestPostgresSilentNodeDelaysNobody(t *testing.T) {
	const patience = 3 * time.Second
	wire, url := newWire(t), server.Database(t)
	open := func(url string) *store.Store {
		s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}, Patience: patience})
		if err != nil {
			t.Fatal(err)
		}
		s.Attach(&taker{})
		return s
	}
	silent, healthy := open(strings.Replace(url, server.Address(), wire.addr(), 1)), open(url)
	defer func() {
		wire.resume()
		if err := errors.Join(silent.Close(), healthy.Close()); err != nil {
			t.Error(err)
		}
	}()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	owner, err := healthy.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	check(err)
	chatbot, _, err := healthy.CreateChatbot(t.Context(), owner.AccountID, "Helper", bot9.NewKey{})
	check(err)
	started, err := healthy.StartConversation(t.Context(), bot9.Conversation{ChatbotID: chatbot.ID, Status: bot9.StatusActive},
		func(bot9.Moment, *bot9.Conversation) (bot9.Change, error) { return bot9.Change{}, nil })
	check(err)
	event := []bot9.NewEvent{{Type: "custom.note", Data: []byte(`{}`), ConversationID: started.ID}}
	for _, s := range []*store.Store{silent, healthy} {
		_, err = s.AppendEvents(t.Context(), chatbot.ID, event) // so that all statements are prepared
		check(err)
	}

	row := binary.BigEndian.AppendUint64(nil, uint64(started.ID))
	wire.stallAt.Store(&row)
	ends := make(chan error, 3)
	go func() {
		_, err := silent.AppendEvents(t.Context(), chatbot.ID, event)
		ends <- err
	}()
	for wire.stallAt.Load() != nil {
		time.Sleep(time.Millisecond)
	}
	go func() { // waits behind that one
		_, err := silent.AppendEvents(t.Context(), chatbot.ID, event)
		ends <- err
	}()
	go func() {
		_, err := silent.Events(t.Context(), chatbot.ID, bot9.EventFilter{}, bot9.Page{})
		ends <- err
	}()
	soon, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	if _, err = healthy.AppendEvents(soon, chatbot.ID, event); err != nil {
		t.Errorf("the healthy node: %v", err)
	}
	late := time.After(4 * patience)
	for range cap(ends) {
		select {
		case err := <-ends:
			if bot9.KindOf(err) != bot9.Unavailable {
				t.Errorf("the silent node's caller gets %v", err)
			}
		case <-late:
			t.Fatal("who calls the silent node waits for ever")
		}
	}
}

// wire is a proxy before PostgreSQL that can be cut.
type wire struct {
	listener    net.Listener
	target      string
	cutAtCommit atomic.Bool
	stallAt     atomic.Pointer[[]byte] // stalls when it is in an answer
	still       chan struct{}          // closed, and replaced, by stall and resume
	stalled     bool

	mu      sync.Mutex
	isCut   bool
	clients map[net.Conn]struct{}
}

// cut breaks all connections off, and every one that is made, until mend.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for conn := range w.clients {
		_ = conn.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
}

// stall lets nothing pass, and breaks nothing off, until resume.
func (w *wire) stall() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.stalled {
		w.stalled, w.still = true, make(chan struct{})
	}
}

func (w *wire) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stalled {
		w.stalled = false
		close(w.still)
	}
}

// waitStill waits while the wire is stalled.
func (w *wire) waitStill() {
	w.mu.Lock()
	stalled, still := w.stalled, w.still
	w.mu.Unlock()
	if stalled {
		<-still
	}
}

// carries notes a connection, and tells whether it may be.
func (w *wire) carries(conn net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients[conn] = struct{}{}
	return !w.isCut
}

func newWire(t *testing.T) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, target: server.Address(), clients: map[net.Conn]struct{}{}}
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { w.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close() // ends Accept
		connections.Wait()
	})
	return w
}

func (w *wire) addr() string { return w.listener.Addr().String() }

// carry carries one connection. PostgreSQL ends what it did with the tag COMMIT
// (https://www.postgresql.org/docs/current/protocol-message-formats.html, CommandComplete): where that
// is withheld, the commit has happened and nobody hears of it.
func (w *wire) carry(client net.Conn) {
	database, err := net.Dial("tcp", w.target)
	if err != nil || !w.carries(client) {
		_ = client.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { w.copy(database, client, false) })
	both.Go(func() { w.copy(client, database, true) })
	both.Wait()
}

func (w *wire) copy(to, from net.Conn, answers bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		// Groups alone insert events.
		if answers && bytes.Contains(buffer[:n], []byte("COMMIT\x00")) && bytes.Contains(buffer[:n], []byte("INSERT 0")) && w.cutAtCommit.CompareAndSwap(true, false) {
			return
		}
		if at := w.stallAt.Load(); answers && at != nil && bytes.Contains(buffer[:n], *at) && w.stallAt.CompareAndSwap(at, nil) {
			w.stall()
		}
		w.waitStill()
		if _, writeErr := to.Write(buffer[:n]); err != nil || writeErr != nil {
			return
		}
	}
}
