package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bot9/bot9/internal/bot9"
)

// A file that is no whole database is named, with what to do, and stays as it is.
func TestDamagedDatabasesAreNamed(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.db")
	s, err := Open(t.Context(), Options{URL: "sqlite:" + whole, Sealer: openSealer{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	garbled := append([]byte{}, content...)
	for i := 100; i < len(garbled); i++ {
		garbled[i] = byte(i * 7)
	}
	for name, damage := range map[string][]byte{
		"empty": {}, "text": []byte(strings.Repeat("no database ", 100)), "a few bytes": content[:40], "cut off": content[:len(content)/2], "garbled": garbled,
	} {
		path := filepath.Join(t.TempDir(), "bot9.db")
		if err := os.WriteFile(path, damage, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), Options{URL: "sqlite:" + path, Sealer: openSealer{}})
		if bot9.CodeOf(err) != "databaseDamaged" || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "bot9 backup") {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadFile(path); name != "garbled" && string(left) != string(damage) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// A schema that a newer program made is left alone; both versions are named.
func TestNewerSchemaIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot9.db")
	if err := Migrate(t.Context(), "sqlite:"+path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{URL: "sqlite:" + path, Sealer: openSealer{}})
	if bot9.CodeOf(err) != "schemaTooNew" || !strings.Contains(err.Error(), "9999") || !strings.Contains(err.Error(), "up to ") {
		t.Errorf("opened: %v", err)
	}
	if err := Migrate(context.Background(), "sqlite:"+path); bot9.CodeOf(err) != "schemaTooNew" {
		t.Errorf("migrated: %v", err)
	}
}

// Readiness reads the file and knows how writing went, so that it doesn't say ready where every request fails.
func TestReadinessTellsTheTruth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot9.db")
	s, err := Open(t.Context(), Options{URL: "sqlite:" + path, Sealer: openSealer{}, Reserve: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.disk.noteCommit(os.ErrPermission)
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "can't be written") {
		t.Errorf("after a write that failed: %v", err)
	}
	if err := s.writeUnnamed(t.Context(), needs{evenIfFull: true}, s.db.testWrite); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("after one that didn't: %v", err)
	}
	s.disk.full.Store(true)
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := s.write(t.Context(), func(*tx) error { return nil }); bot9.CodeOf(err) != "diskFull" {
		t.Errorf("something new on a full disk: %v", err)
	}
	s.disk.full.Store(false)
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("without its file: %v", err)
	}
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
}
