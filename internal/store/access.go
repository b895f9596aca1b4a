package store

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/bot9/bot9/internal/bot9"
)

// secretsAtOnce is how many secrets one statement looks up. There is one statement for any number of them, so that it
// stays prepared.
const secretsAtOnce = 64

var (
	validKeys = `SELECT s.hash FROM key_secrets s JOIN keys k ON k.id = s.key_id JOIN chatbots c ON c.id = k.chatbot_id JOIN accounts a ON a.id = c.account_id
		WHERE (s.expires_at IS NULL OR s.expires_at > $1) AND c.deleted_at IS NULL AND a.disabled_at = 0 AND s.hash IN (` + places(2, secretsAtOnce) + `)`
	validSessions = `SELECT s.token_hash FROM sessions s JOIN members m ON m.id = s.member_id JOIN accounts a ON a.id = m.account_id
		WHERE s.expires_at > $1 AND a.disabled_at = 0 AND s.token_hash IN (` + places(2, secretsAtOnce) + `)`
)

// places writes count parameters, the first with that number.
func places(first, count int) string {
	list := make([]string, count)
	for i := range list {
		list[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(list, ", ")
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
	args := make([]any, 1+secretsAtOnce)
	args[0] = int64(now)
	for i := range secretsAtOnce {
		args[1+i] = hashes[min(i, len(hashes)-1)][:]
	}
	return r.query(func(scan scanFunc) error {
		var hash []byte
		err := scan(&hash)
		if len(hash) == len([32]byte{}) {
			valid[[32]byte(hash)] = true
		}
		return err
	}, sql, args...)
}
