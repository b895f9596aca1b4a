// Package powercut tests what a power cut leaves of the embedded database: it puts a file system
// under SQLite that, when cut, forgets whatever was not synced.
package powercut

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// disk is a file system of SQLite's over the operating system's. What is written can be read at
// once, as from a page cache, but is durable only after a sync.
type disk struct {
	vfs.VFS // the operating system's

	mu    sync.Mutex
	cut   bool
	files map[string]*platter
}

// platter is what is durable of a file, and what was written to it since it was synced.
type platter struct {
	durable []byte
	pending []write
}

// write is a write, or a truncation if data is nil.
type write struct {
	at   int64
	data []byte
}

func (w write) apply(content []byte) []byte {
	if w.data == nil {
		if w.at < int64(len(content)) {
			return content[:w.at]
		}
		return append(content, make([]byte, w.at-int64(len(content)))...)
	}
	if end := w.at + int64(len(w.data)); end > int64(len(content)) {
		content = append(content, make([]byte, end-int64(len(content)))...)
	}
	copy(content[w.at:], w.data)
	return content
}

func newDisk() *disk { return &disk{VFS: vfs.Find("os"), files: map[string]*platter{}} }

var errCut = sqlite3.IOERR

// Open implements vfs.VFS for files without a name of SQLite's own making.
func (d *disk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := d.VFS.Open(name, flags)
	return d.wrap(name, file), flags, err
}

// OpenFilename implements vfs.VFSFilename.
func (d *disk) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if d.isCut() {
		return nil, flags, errCut
	}
	file, flags, err := d.VFS.(vfs.VFSFilename).OpenFilename(name, flags)
	if err != nil || name == nil {
		return file, flags, err
	}
	return d.wrap(name.String(), file), flags, nil
}

func (d *disk) wrap(name string, file vfs.File) vfs.File {
	if file == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.files[name]
	if !ok {
		p = &platter{}
		d.files[name] = p
	}
	return &handle{File: file, disk: d, platter: p}
}

// Delete implements vfs.VFS.
func (d *disk) Delete(name string, syncDir bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		return errCut
	}
	delete(d.files, name)
	return d.VFS.Delete(name, syncDir)
}

func (d *disk) isCut() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cut
}

// pull cuts the power: from now on nothing can be read or written.
func (d *disk) pull() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut = true
}

// salvage writes what the cut left into a folder. Of what was not synced, each write is there or
// not by chance, or only its beginning: a drive is free to write in any order.
func (d *disk) salvage(folder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, p := range d.files {
		content := append([]byte(nil), p.durable...)
		for _, w := range p.pending {
			switch rand.IntN(3) {
			case 0:
				content = w.apply(content)
			case 1:
				if len(w.data) > 1024 {
					w.data = w.data[:len(w.data)/1024*512]
					content = w.apply(content)
				}
			}
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// handle is an open file.
type handle struct {
	vfs.File
	disk    *disk
	platter *platter
}

// ReadAt implements vfs.File.
func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	if h.disk.isCut() {
		return 0, errCut
	}
	return h.File.ReadAt(p, off)
}

// WriteAt implements vfs.File.
func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.cut {
		return 0, errCut
	}
	h.platter.pending = append(h.platter.pending, write{off, append([]byte{}, p...)})
	return h.File.WriteAt(p, off)
}

// Truncate implements vfs.File.
func (h *handle) Truncate(size int64) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.cut {
		return errCut
	}
	h.platter.pending = append(h.platter.pending, write{at: size})
	return h.File.Truncate(size)
}

// Sync implements vfs.File.
func (h *handle) Sync(vfs.SyncFlag) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	if h.disk.cut {
		return errCut
	}
	for _, w := range h.platter.pending {
		h.platter.durable = w.apply(h.platter.durable)
	}
	h.platter.pending = nil
	return nil
}

// SharedMemory implements vfs.FileSharedMemory, which write-ahead logging needs.
func (h *handle) SharedMemory() vfs.SharedMemory {
	if shared, ok := h.File.(vfs.FileSharedMemory); ok {
		return shared.SharedMemory()
	}
	return nil
}
