package store

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
)

// reserve is a file that keeps some room on the disk of an embedded database for writes that must succeed when
// everything else is full.
type reserve struct {
	path string
	size int64
}

// shareOfDisk: on a small disk the reserve is no more than this part of it.
const shareOfDisk = 16

var errNoRoom = errors.New("too little room on the disk")

// newReserve keeps size bytes beside the database, less on a small disk; the error is for want of room.
func newReserve(database string, size int64) (*reserve, error) {
	r := &reserve{path: database + ".reserve", size: size}
	if total, _, ok := diskSpace(database); ok {
		r.size = min(size, total/shareOfDisk)
	}
	if kept, err := os.Stat(r.path); err == nil && kept.Size() >= r.size {
		return r, nil
	}
	return r, r.make()
}

// make takes the room, if as much again is left then: else it would be given up at once.
func (r *reserve) make() error {
	if _, free, ok := diskSpace(r.path); ok && free < 2*r.size {
		return errNoRoom
	}
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = allocate(file, r.size)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(r.path))
	}
	return nil
}

// writeNoise writes what no file system can compress.
func writeNoise(file *os.File, size int64) error {
	var seed [32]byte
	_, err := io.CopyN(file, rand.NewChaCha8(seed), size)
	return err
}

// release gives the room up, and tells whether it was kept.
func (r *reserve) release() bool {
	err := os.Remove(r.path)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}
