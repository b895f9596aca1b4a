//go:build !unix

package store

import (
	"errors"
	"io/fs"
	"os"

	"github.com/bot9/bot9/internal/bot9"
)

// lockDatabase makes sure that one process at a time works on an embedded database. Where a file
// that is open can't be removed, removing it shows whether its process still runs.
func lockDatabase(path string) (*os.File, error) {
	if err := os.Remove(path + ".lock"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, bot9.Errorf(bot9.Conflict, "databaseInUse",
			"Another bot9 is running on %s. Stop it, or use another data folder.", path)
	}
	return os.OpenFile(path+".lock", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
}
