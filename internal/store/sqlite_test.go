package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/bot9/bot9/internal/store"
	"github.com/bot9/bot9/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	var seen statements
	storetest.Run(t, func(t *testing.T) storetest.Database {
		folder := t.TempDir()
		return storetest.Database{
			Open: func(o store.Options) (*store.Store, error) {
				o.URL = "sqlite:" + filepath.Join(folder, "bot9.db")
				o.Synchronous = "OFF" // nothing here cuts the power
				o.Tail = 5
				o.Statements = seen.add
				return store.Open(t.Context(), o)
			},
			Bytes: func() ([]byte, error) { return readFiles(folder) },
		}
	})
	t.Run("plans", func(t *testing.T) { checkSQLitePlans(t, &seen) })
}

// readFiles returns what is in the database's files, its log of changes included.
func readFiles(folder string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all.Write(content)
	}
	return all.Bytes(), nil
}
