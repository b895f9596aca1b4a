package store_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/store"
	"github.com/bot9/bot9/internal/store/storetest"
	"github.com/bot9/bot9/test/postgres"
)

// server is the PostgreSQL that all tests of this package share, each with a database of its own.
var server *postgres.Server

func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (code int, err error) {
	if server, err = postgres.Start(postgres.Options{NoSync: true}); err != nil {
		return 1, err
	}
	defer func() { err = server.Close() }()
	err = server.UseTemplate(func(url string) error { return store.Migrate(context.Background(), url) })
	if err != nil {
		return 1, err
	}
	return run(), nil
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Database {
		url := server.Database(t)
		return storetest.Database{
			Open: func(o store.Options) (*store.Store, error) {
				o.URL = url
				return store.Open(t.Context(), o)
			},
			Bytes: func() ([]byte, error) { return server.Bytes(url) },
		}
	})
}

func TestPostgresNodes(t *testing.T) {
	storetest.RunNodes(t, func(t *testing.T) storetest.Database {
		url := server.Database(t)
		return storetest.Database{
			Open: func(o store.Options) (*store.Store, error) {
				o.URL = url
				return store.Open(t.Context(), o)
			},
			Forget: func() error {
				name := url[strings.LastIndexByte(url, '/')+1 : strings.IndexByte(url, '?')]
				return server.Exec(name, "WITH dead AS (DELETE FROM nodes) UPDATE backlog SET state = 1 WHERE state >= 2")
			},
		}
	})
}
