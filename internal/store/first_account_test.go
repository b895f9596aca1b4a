package store_test

import (
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// TestFirstAccountIsMadeOnce has many ask for the first account at the same time, through all stores
// on the database.
func TestFirstAccountIsMadeOnce(t *testing.T) {
	for name, test := range map[string]struct {
		url    string
		stores int
	}{
		"SQLite":     {"sqlite:" + filepath.Join(t.TempDir(), "bot9.db"), 1},
		"PostgreSQL": {server.Database(t), 3},
	} {
		t.Run(name, func(t *testing.T) {
			var made, refused atomic.Int64
			var group sync.WaitGroup
			start := make(chan struct{})
			for n := range test.stores {
				s, err := store.Open(t.Context(), store.Options{URL: test.url, Sealer: plain{}})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
				for i := range 5 {
					group.Go(func() {
						<-start
						email := "owner" + strconv.Itoa(10*n+i) + "@example.com"
						switch _, err := s.CreateFirstAccount(t.Context(), "First", bot9.Person{Email: email}); {
						case err == nil:
							made.Add(1)
						case bot9.CodeOf(err) == "accountExists" && bot9.KindOf(err) == bot9.Conflict:
							refused.Add(1)
						default:
							t.Error(err)
						}
					})
				}
			}
			close(start)
			group.Wait()
			if made.Load() != 1 || refused.Load() != int64(5*test.stores-1) {
				t.Errorf("%d made, %d refused", made.Load(), refused.Load())
			}
		})
	}
}
