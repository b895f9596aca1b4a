package auth

import (
	"context"
	"time"
)

const (
	// watchInterval is how often secrets in lasting use are looked at: whatever ends one, on whichever node, is
	// noticed within a second.
	watchInterval = 500 * time.Millisecond
	watchTime     = 5 * time.Second // for looking at them
)

// watched is a secret in lasting use.
type watched struct {
	ended   chan struct{}
	session bool
	users   int
}

// WatchKey returns a channel that is closed within a second of the secret key's end. stop ends the watching.
func (s *Service) WatchKey(secret string) (ended <-chan struct{}, stop func()) {
	return s.watch(hashOf(secret), false)
}

// WatchSession is WatchKey for the token of a session.
func (s *Service) WatchSession(token string) (ended <-chan struct{}, stop func()) {
	return s.watch(hashOf(token), true)
}

func (s *Service) watch(hash [32]byte, session bool) (ended <-chan struct{}, stop func()) {
	s.watching.Lock()
	defer s.watching.Unlock()
	w, ok := s.watched[hash]
	if !ok {
		w = &watched{ended: make(chan struct{}), session: session}
		s.watched[hash] = w
	}
	w.users++
	return w.ended, func() {
		s.watching.Lock()
		defer s.watching.Unlock()
		if w.users--; w.users == 0 && s.watched[hash] == w {
			delete(s.watched, hash)
		}
	}
}

// watchSecrets looks at all watched secrets together, so that streams cost a query or two and not one each.
func (s *Service) watchSecrets(ctx context.Context) {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := s.endInvalid(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("looking at the secrets of live streams", "error", err)
		}
	}
}

func (s *Service) endInvalid(ctx context.Context) error {
	var keys, sessions [][32]byte
	s.watching.Lock()
	for hash, w := range s.watched {
		if w.session {
			sessions = append(sessions, hash)
		} else {
			keys = append(keys, hash)
		}
	}
	s.watching.Unlock()
	if len(keys)+len(sessions) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	valid, err := s.store.ValidSecrets(ctx, keys, sessions, s.clock())
	if err != nil {
		return err
	}
	s.watching.Lock()
	defer s.watching.Unlock()
	for _, hashes := range [][][32]byte{keys, sessions} {
		for _, hash := range hashes {
			if w := s.watched[hash]; w != nil && !valid[hash] {
				close(w.ended)
				delete(s.watched, hash)
			}
		}
	}
	return nil
}
