package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bot9/bot9/internal/bot9"
	"github.com/bot9/bot9/internal/store"
)

// A node that the database gives too few connections is not ready, and is once it gives them.
func TestPostgresTooFewConnections(t *testing.T) {
	url := server.Database(t)
	s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	name := config.Database
	config.Database = "postgres"
	admin, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+pgx.Identifier{name}.Sanitize()+" ALLOW_CONNECTIONS false"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err == nil || !strings.Contains(err.Error(), "too few connections") {
		t.Errorf("without connections: %v", err)
	}
	if _, err := admin.Exec(t.Context(), "ALTER DATABASE "+pgx.Identifier{name}.Sanitize()+" ALLOW_CONNECTIONS true"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(ctx); err != nil {
		t.Errorf("with them: %v", err)
	}
}

// A disk that is full is told as that, whichever database has it.
func TestPostgresFullDisk(t *testing.T) {
	url := server.Database(t)
	s, err := store.Open(t.Context(), store.Options{URL: url, Sealer: plain{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	for _, sql := range []string{
		`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$`,
		`CREATE TRIGGER full_disk BEFORE INSERT ON accounts EXECUTE FUNCTION refuse()`,
	} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"})
	if bot9.CodeOf(err) != "diskFull" {
		t.Errorf("a write on a full disk: %v", err)
	}
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("readiness: %v", err)
	}
	if _, err := admin.Exec(t.Context(), `DROP TRIGGER full_disk ON accounts`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateAccount(t.Context(), "Example", bot9.Person{Email: "owner@example.com"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("with room: %v", err)
	}
}
