package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	_ "github.com/ncruces/go-sqlite3/driver" // database/sql, which the migrations run on
	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

func migrateSQLite(ctx context.Context, file sqliteFile) (err error) {
	db, err := sql.Open("sqlite3", file.uri("_pragma=busy_timeout(10000)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", file.path, err)
	}
	return nil
}
