package store

import (
	"encoding/json"

	"github.com/bot9/bot9/internal/bot9"
)

// Signals of presence travel between processes beside the notices, on a channel of their own that earlier versions don't
// listen to, and are lost where a connection is: whoever is there repeats them.
const (
	signalPrefix = "!"
	maxSignals   = 1000 // that wait to be sent
)

// AttachSignals has hear called with what other processes relay. Call it before anybody is served.
func (s *Store) AttachSignals(hear func(bot9.Signal)) { s.hearSignal.Store(&hear) }

// RelaySignal hands a signal to the other processes on the database.
func (s *Store) RelaySignal(signal bot9.Signal) {
	p := s.peers
	if p == nil || !p.others.Load() {
		return
	}
	encoded, err := json.Marshal(signal)
	if err != nil {
		return // a struct of texts and numbers can always be written
	}
	p.noticesMu.Lock()
	if len(p.signals) < maxSignals {
		p.signals = append(p.signals, string(encoded))
	}
	p.noticesMu.Unlock()
	select {
	case p.pending <- struct{}{}:
	default:
	}
}

// sendSignals sends what RelaySignal has gathered.
func (p *peers) sendSignals(s session, signals []string) error {
	for _, signal := range signals {
		if err := s.queue(`SELECT pg_notify('bot9signals', $1)`, signalPrefix+notice('n', p.store.owner.Load())+" "+signal); err != nil {
			return err
		}
	}
	return nil
}

// hearSignal takes a signal of another process; what can't be read is of a later version.
func (p *peers) hearSignal(from, encoded string) {
	var signal bot9.Signal
	hear := p.store.hearSignal.Load()
	if hear == nil || from == notice('n', p.store.owner.Load()) || json.Unmarshal([]byte(encoded), &signal) != nil {
		return
	}
	(*hear)(signal)
}
