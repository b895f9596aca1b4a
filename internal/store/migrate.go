package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ncruces/go-sqlite3/driver" // database/sql, which the migrations run on
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/pressly/goose/v3"

	"github.com/bot9/bot9/internal/bot9"
)

//go:embed migrations
var migrations embed.FS

func migrateSQLite(ctx context.Context, file sqliteFile) (err error) {
	db, err := driver.Open(file.uri("_pragma=busy_timeout(10000)"), fts5.Register)
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
	if err := migrateUp(ctx, provider); err != nil {
		return fmt.Errorf("migrate %s: %w", file.path, err)
	}
	return nil
}

// migrateUp brings the schema up to date. A newer one it leaves alone: this program would write what a newer one
// misunderstands.
func migrateUp(ctx context.Context, provider *goose.Provider) error {
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	known := int64(0)
	for _, source := range provider.ListSources() {
		known = max(known, source.Version)
	}
	if version > known {
		return bot9.Errorf(bot9.Conflict, "schemaTooNew", "The database's schema has version %d, and this bot9 knows versions up to %d. "+
			"Run the newer bot9 that migrated it, or restore a backup from before.", version, known)
	}
	_, err = provider.Up(ctx)
	return err
}
