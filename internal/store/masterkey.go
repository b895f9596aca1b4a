package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bot9/bot9/internal/bot9"
)

// resealSlice is how many values are sealed anew in one transaction.
const resealSlice = 50

// checkMasterKey makes sure that the database's secrets can be unsealed, before anything is written.
// A database that doesn't know its key yet learns it, if nothing in it says otherwise. It fails with
// Conflict "wrongSecretKey".
func (s *Store) checkMasterKey() error {
	if s.sealer == nil {
		return nil // opened without a sealer: there is nothing to seal
	}
	return s.db.write(func(r session) error {
		recorded, err := recordedKey(r)
		if err != nil {
			return err
		}
		given := s.sealer.Fingerprints()
		if recorded != "" {
			if !slices.Contains(given, recorded) {
				return wrongKey(recorded, given)
			}
			return nil
		}
		var sample []byte
		for _, of := range resealed {
			if sample == nil {
				if _, err := queryRow(r, `SELECT sealed FROM `+of.table+` WHERE sealed IS NOT NULL ORDER BY id DESC LIMIT 1`, nil, &sample); err != nil {
					return err
				}
			}
		}
		wanted := given[0]
		if sample != nil {
			wanted = keyOf(sample)
			if !slices.Contains(given, wanted) {
				return wrongKey(wanted, given)
			}
		}
		_, err = r.exec(`INSERT INTO master_key (id, fingerprint) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, wanted)
		return err
	})
}

// keyOf is the fingerprint of the master key that a value was sealed with: Tink puts the key's ID after
// the first byte.
func keyOf(sealed []byte) string {
	if len(sealed) < 5 {
		return "unknown"
	}
	return fmt.Sprintf("%08x", sealed[1:5])
}

func recordedKey(r session) (fingerprint string, err error) {
	_, err = queryRow(r, `SELECT fingerprint FROM master_key WHERE id = 1`, nil, &fingerprint)
	return fingerprint, err
}

func wrongKey(wanted string, given []string) error {
	return bot9.Errorf(bot9.Conflict, "wrongSecretKey", "This database was sealed with the master key %s, but --secret-key is %s. "+
		"Start with the key that belongs to it (master.key beside the database it was made with), or with new,old while changing keys.", wanted, strings.Join(given, ","))
}

// Sealing tells how far the change to another master key has come.
type Sealing struct {
	Recorded string // fingerprint of the key that the database needs
	Left     int    // values that another key has sealed, or that stand unsealed
}

// resealed are the tables with sealed values, and what makes one of their rows due: another key, or
// something in the clear that is sealed by now.
var resealed = []struct{ table, due string }{
	{"webhooks", `substr(sealed, 1, 5) <> $1 OR settings NOT LIKE '{%"url":"",%'`},
	{"receivers", `substr(sealed, 1, 5) <> $1`},
	{"widgets", `substr(sealed, 1, 5) <> $1`},
	{"people", `sealed IS NOT NULL AND substr(sealed, 1, 5) <> $1`},
	{"answering", `sealed IS NOT NULL AND substr(sealed, 1, 5) <> $1`},
	{"custom_actions", `substr(sealed, 1, 5) <> $1`},
}

// Reseal seals a slice of what another master key than the first has sealed with the first, and tells
// whether there is more. At the end the database needs the first one only.
func (s *Store) Reseal(ctx context.Context) (more bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		more = false
		for _, of := range resealed {
			ids, err := t.idsOf(`SELECT id FROM `+of.table+` WHERE `+of.due+` ORDER BY id LIMIT $2`, s.sealer.Prefix(), resealSlice)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if err := t.reseal(of.table, id); err != nil {
					return err
				}
			}
			if len(ids) > 0 {
				more = true
				return nil
			}
		}
		// Answers to idempotent requests are kept for a day: those that the old key has sealed are let go.
		if _, err := t.exec(`DELETE FROM idempotency WHERE answer IS NOT NULL AND substr(answer, 1, 5) <> $1`, s.sealer.Prefix()); err != nil {
			return err
		}
		recorded, err := recordedKey(t)
		if err != nil || recorded == s.sealer.Fingerprints()[0] {
			return err
		}
		_, err = t.exec(`UPDATE master_key SET fingerprint = $1 WHERE id = 1`, s.sealer.Fingerprints()[0])
		return err
	})
	return more, err
}

// reseal seals what a row holds anew.
func (t *tx) reseal(table string, id int64) error {
	s := t.store
	switch table {
	case "people":
		return t.resealPerson(bot9.PersonID(id))
	case "answering":
		return t.resealAnswering(bot9.ChatbotID(id))
	case "widgets":
		return t.resealWidget(id)
	case "custom_actions":
		return t.resealAction(id)
	}
	var settings, sealed []byte
	var err error
	if table == "webhooks" {
		var w bot9.Webhook
		err = t.query(func(scan scanFunc) (err error) {
			w, err = s.scanWebhook(scan)
			return err
		}, `SELECT `+webhookColumns+` FROM webhooks w WHERE w.id = $1`+s.db.lock("w"), id)
		if err == nil {
			settings, sealed, err = s.encodeWebhook(w)
		}
	} else {
		var r bot9.Receiver
		err = t.query(func(scan scanFunc) (err error) {
			r, err = s.scanReceiver(scan)
			return err
		}, `SELECT `+receiverColumns+` FROM receivers r WHERE r.id = $1`+s.db.lock("r"), id)
		if err == nil {
			settings, sealed, err = s.encodeReceiver(r)
		}
	}
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE `+table+` SET settings = $1, sealed = $2 WHERE id = $3`, text(settings), sealed, id)
	return err
}

// resealPerson seals the secret of a second factor anew.
func (t *tx) resealPerson(id bot9.PersonID) error {
	var sealed []byte
	if _, err := queryRow(t, `SELECT p.sealed FROM people p WHERE p.id = $1`+t.store.db.lock("p"), []any{int64(id)}, &sealed); err != nil || sealed == nil {
		return err
	}
	plain, err := t.store.sealer.Unseal(sealed, factorContext(id))
	if err != nil {
		return err
	}
	if sealed, err = t.store.sealer.Seal(plain, factorContext(id)); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE people SET sealed = $1 WHERE id = $2`, sealed, int64(id))
	return err
}

// SealingOf looks at a database, which others may be using, for what is left to be sealed with the key
// whose values begin with prefix. A database of before knows no key.
func SealingOf(ctx context.Context, url string, prefix []byte) (Sealing, error) {
	var found Sealing
	var count func(query string, args []any, into any) error
	if isPostgres(url) {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return found, fmt.Errorf("reach the database: %w", err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		count = func(query string, args []any, into any) error {
			err := conn.QueryRow(ctx, query, args...).Scan(into)
			if errors.Is(err, pgx.ErrNoRows) {
				return nil
			}
			return err
		}
	} else {
		path, err := sqlitePath(url)
		if err != nil {
			return found, err
		}
		if _, err := os.Stat(path); err != nil {
			return found, fmt.Errorf("find the database: %w", err)
		}
		db, err := sql.Open("sqlite3", sqliteFile{path: path}.uri("mode=ro&_pragma=busy_timeout(10000)"))
		if err != nil {
			return found, err
		}
		defer func() { _ = db.Close() }()
		count = func(query string, args []any, into any) error {
			err := db.QueryRowContext(ctx, query, args...).Scan(into)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			return err
		}
	}
	if err := count(`SELECT fingerprint FROM master_key WHERE id = 1`, nil, &found.Recorded); err != nil {
		return found, err
	}
	for _, of := range resealed {
		var left int
		if err := count(`SELECT count(*) FROM `+of.table+` WHERE `+of.due, []any{prefix}, &left); err != nil {
			return found, err
		}
		found.Left += left
	}
	return found, nil
}
