package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ncruces/go-sqlite3"

	"github.com/bot9/bot9/internal/bot9"
)

const (
	sqliteMagic = "SQLite format 3\x00"
	// Where numbers stand in the first bytes of a database's file (https://sqlite.org/fileformat.html#the_database_header).
	sqliteHead       = 100
	pageSizeAt       = 16
	changesAt        = 24 // counts changes
	pagesAt          = 28
	changesOfPagesAt = 92 // what the count was when the number of pages was written
)

// checkSQLite refuses a file that SQLite would take for a new database, or that is none or not whole, before anything
// is written to it.
func checkSQLite(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	if info.Size() == 0 {
		return damaged(path, "is empty", nil)
	}
	head, err := readHead(path)
	if err != nil {
		return fmt.Errorf("read the database: %w", err)
	}
	if !bytes.HasPrefix(head, []byte(sqliteMagic)) {
		return damaged(path, "is no SQLite database", nil)
	}
	if len(head) < sqliteHead {
		return damaged(path, "is cut off", nil)
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return nil // a checkpoint may have been under way: the log has what the file lacks
	}
	pageSize := int64(binary.BigEndian.Uint16(head[pageSizeAt:]))
	if pageSize == 1 {
		pageSize = 1 << 16
	}
	pages := int64(binary.BigEndian.Uint32(head[pagesAt:]))
	counts := bytes.Equal(head[changesAt:changesAt+4], head[changesOfPagesAt:changesOfPagesAt+4])
	if counts && pages*pageSize > info.Size() {
		return damaged(path, fmt.Sprintf("is cut off: it should have %d bytes, and has %d", pages*pageSize, info.Size()), nil)
	}
	return nil
}

func readHead(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, sqliteHead)
	n, err := io.ReadFull(file, head)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return head[:n], err
}

// asDamaged turns SQLite's errors about a file's contents into one that says what to do.
func asDamaged(path string, err error) error {
	if errors.Is(err, sqlite3.NOTADB) || errors.Is(err, sqlite3.CORRUPT) {
		return damaged(path, "is damaged", err)
	}
	return err
}

func damaged(path, how string, cause error) error {
	err := error(bot9.Errorf(bot9.Invalid, "databaseDamaged",
		"The database %s %s. Put a copy made by bot9 backup in its place; or move it and its -wal file away to begin anew, without its data.", path, how))
	if cause != nil {
		return fmt.Errorf("%w (%w)", err, cause)
	}
	return err
}
