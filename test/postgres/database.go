package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// UseTemplate makes every later database a copy of one that prepare has filled, which is quicker
// than filling each.
func (s *Server) UseTemplate(prepare func(url string) error) error {
	if err := s.Exec("postgres", `CREATE DATABASE bot9_template`); err != nil {
		return err
	}
	if err := prepare(s.URL("bot9_template")); err != nil {
		return fmt.Errorf("prepare the template: %w", err)
	}
	s.template = "bot9_template"
	return nil
}

// Exec runs one statement in a database.
func (s *Server) Exec(database, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

var making sync.Mutex

// Create makes a database and returns its name.
func (s *Server) Create() (string, error) {
	making.Lock()
	defer making.Unlock()
	s.made++
	name := "bot9_" + strconv.Itoa(s.made)
	sql := "CREATE DATABASE " + name
	if s.template != "" {
		sql += " TEMPLATE " + s.template + " STRATEGY file_copy"
	}
	return name, s.Exec("postgres", sql)
}

// Database makes a database for one test, dropped at its end, and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name, err := s.Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Exec("postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.URL(name)
}

// Bytes returns what a database's files hold, and the log of changes of the whole server.
func (s *Server) Bytes(url string) ([]byte, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	var oid uint32
	err = conn.QueryRow(ctx, "SELECT oid FROM pg_database WHERE datname = current_database()").Scan(&oid)
	if err == nil {
		_, err = conn.Exec(ctx, "CHECKPOINT")
	}
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return nil, err
	}
	var all []byte
	for _, folder := range []string{filepath.Join("base", strconv.Itoa(int(oid))), "pg_wal"} {
		err = errors.Join(err, filepath.WalkDir(filepath.Join(s.data(), folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			all = append(all, content...)
			return err
		}))
	}
	return all, err
}
