package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// secretsAtOnce is how many secrets one statement looks up. There is one statement for any number of them, so that it
// stays prepared; each is found by itself, by its index.
const secretsAtOnce = 16

var (
	validKeys = validityOf(`SELECT 1 FROM key_secrets s JOIN keys k ON k.id = s.key_id JOIN chatbots c ON c.id = k.chatbot_id JOIN accounts a ON a.id = c.account_id
		WHERE (s.expires_at IS NULL OR s.expires_at > $1) AND c.deleted_at IS NULL AND a.disabled_at = 0
			AND (k.expires_at = 0 OR k.expires_at > $1) AND s.hash = $%d`)
	validSessions = validityOf(`SELECT 1 FROM sessions s JOIN members m ON m.id = s.member_id JOIN accounts a ON a.id = m.account_id
		WHERE s.expires_at > $1 AND a.disabled_at = 0 AND s.token_hash = $%d`)
)

// validityOf makes a statement that answers of each secret whether the query finds it.
func validityOf(query string) string {
	columns := make([]string, secretsAtOnce)
	for i := range columns {
		columns[i] = fmt.Sprintf("EXISTS ("+query+")", i+2)
	}
	return "SELECT " + strings.Join(columns, ", ")
}

// ValidSecrets returns which of the hashes of secret keys and of sessions are valid at now.
func (s *Store) ValidSecrets(ctx context.Context, keys, sessions [][32]byte, now bot9.Time) (valid map[[32]byte]bool, err error) {
	err = s.read(ctx, func(r session) error {
		valid = make(map[[32]byte]bool, len(keys)+len(sessions))
		for hashes := range slices.Chunk(keys, secretsAtOnce) {
			if err := findValid(r, valid, validKeys, hashes, now); err != nil {
				return err
			}
		}
		for hashes := range slices.Chunk(sessions, secretsAtOnce) {
			if err := findValid(r, valid, validSessions, hashes, now); err != nil {
				return err
			}
		}
		return nil
	})
	return valid, err
}

func findValid(r session, valid map[[32]byte]bool, sql string, hashes [][32]byte, now bot9.Time) error {
	args := []any{int64(now)}
	found := make([]bool, secretsAtOnce)
	var dest []any
	for i := range found {
		args, dest = append(args, hashes[min(i, len(hashes)-1)][:]), append(dest, &found[i])
	}
	if _, err := queryRow(r, sql, args, dest...); err != nil {
		return err
	}
	for i, hash := range hashes {
		if found[i] {
			valid[hash] = true
		}
	}
	return nil
}
