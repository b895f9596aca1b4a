package main

import (
	"context"
	"errors"
	"net"
	"os"
)

// startBeside starts more servers on the server's database.
func (s *server) startBeside(ctx context.Context, n int) error {
	for range n {
		folder, err := os.MkdirTemp("", "bot9-bench-*")
		if err != nil {
			return err
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return errors.Join(err, os.RemoveAll(folder))
		}
		other := &server{binary: s.binary, folder: folder, addr: listener.Addr().String(), masterKey: s.masterKey, databaseURL: s.databaseURL}
		s.beside = append(s.beside, other)
		if err := errors.Join(listener.Close(), other.start(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// node is the server, or one beside it, in turn.
func (s *server) node(turn int) *server {
	if turn %= len(s.beside) + 1; turn > 0 {
		return s.beside[turn-1]
	}
	return s
}
