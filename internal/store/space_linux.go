package store

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// allocate has the file system keep size bytes for the file.
func allocate(file *os.File, size int64) error {
	if err := unix.Fallocate(int(file.Fd()), 0, 0, size); err == nil {
		return nil
	}
	return writeNoise(file, size)
}

// diskSpace returns how many bytes the disk of a path has, and how many of them are free.
func diskSpace(path string) (total, free int64, ok bool) {
	var stat unix.Statfs_t
	if unix.Statfs(filepath.Dir(path), &stat) != nil {
		return 0, 0, false
	}
	return int64(stat.Blocks) * stat.Bsize, int64(stat.Bavail) * stat.Bsize, true
}
