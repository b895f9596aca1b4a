//go:build unix

package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/bot9/bot9/internal/bot9"
)

// lockDatabase makes sure that one process at a time works on an embedded database: it takes for
// orphaned what another one has taken from the backlog. The lock ends with the process.
func lockDatabase(path string) (*os.File, error) {
	file, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(bot9.Errorf(bot9.Conflict, "databaseInUse",
			"Another bot9 is running on %s. Stop it, or use another data folder.", path), file.Close())
	}
	return file, nil
}
