package store

import (
	"errors"
	"syscall"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// gatherLog returns the name of a file system that is the one named under, but writes a transaction's
// part of the write-ahead log at once. SQLite itself writes every page in two calls; a call costs more
// than what it writes. Without synchronous=FULL it is under itself (see gatheredLog).
func gatherLog(under, synchronous string) string {
	below, ok := vfs.Find(under).(vfs.VFSFilename)
	if synchronous != "FULL" || !ok {
		return under
	}
	name := "bot9-gathering-" + under
	vfs.Register(name, gathering{below})
	return name
}

type gathering struct{ vfs.VFSFilename }

// OpenFilename implements vfs.VFSFilename.
func (g gathering) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := g.VFSFilename.OpenFilename(name, flags)
	if err == nil && flags&vfs.OPEN_WAL != 0 {
		file = &gatheredLog{File: file}
	}
	return file, flags, err
}

// gatheredBytes is how much of the log is written at once at most.
const gatheredBytes = 1 << 20

// gatheredLog is a write-ahead log whose consecutive writes are gathered until SQLite syncs the log or
// looks at it. That is sound with synchronous=FULL alone: there SQLite syncs a transaction's pages
// before it tells other connections, which have the file open themselves, that they are there
// (https://sqlite.org/walformat.html). The connection must not spill pages into the log before it
// commits (cache_spill=OFF), so that nothing is pending but while it commits.
type gatheredLog struct {
	vfs.File
	pending []byte
	offset  int64 // where pending goes
}

// WriteAt implements io.WriterAt.
func (f *gatheredLog) WriteAt(p []byte, offset int64) (int, error) {
	if offset != f.offset+int64(len(f.pending)) || len(f.pending)+len(p) > gatheredBytes {
		if err := f.flush(); err != nil {
			return 0, err
		}
		f.offset = offset
	}
	f.pending = append(f.pending, p...)
	return len(p), nil
}

// flush writes what is pending. If that fails it is forgotten: SQLite rolls back, and writes the same
// place again.
func (f *gatheredLog) flush() error {
	if len(f.pending) == 0 {
		return nil
	}
	_, err := f.File.WriteAt(f.pending, f.offset)
	f.pending = f.pending[:0]
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return sqlite3.FULL // the file system below tells of any error
	}
	return err
}

// ReadAt implements io.ReaderAt.
func (f *gatheredLog) ReadAt(p []byte, offset int64) (int, error) {
	if offset < f.offset+int64(len(f.pending)) && f.offset < offset+int64(len(p)) {
		if err := f.flush(); err != nil {
			return 0, err
		}
	}
	return f.File.ReadAt(p, offset)
}

// Truncate implements vfs.File.
func (f *gatheredLog) Truncate(size int64) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Sync implements vfs.File.
func (f *gatheredLog) Sync(flags vfs.SyncFlag) error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.File.Sync(flags)
}

// Size implements vfs.File.
func (f *gatheredLog) Size() (int64, error) {
	if err := f.flush(); err != nil {
		return 0, err
	}
	return f.File.Size()
}

// Close implements vfs.File.
func (f *gatheredLog) Close() error {
	err := f.flush()
	if closeErr := f.File.Close(); err == nil {
		err = closeErr
	}
	return err
}
