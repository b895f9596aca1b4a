package store

import "github.com/bot9/bot9/internal/bot9"

// Quotas returns how many of each thing there may be.
func (s *Store) Quotas() bot9.Quotas { return s.quotas }

// within refuses one more of something where there are as many as may be. The rows that count are those that
// from selects for the owner. Two processes that add at the same time may end one above.
func (t *tx) within(quota string, limit int, from string, owner int64) error {
	if limit == 0 {
		return nil
	}
	count := 0
	_, err := queryRow(t, `SELECT count(*) FROM (SELECT 1 FROM `+from+` = $1 LIMIT $2) q`, []any{owner, limit}, &count)
	if err == nil && count >= limit {
		return bot9.QuotaExceeded(quota, limit)
	}
	return err
}

// withinPassages refuses documents that are cut into too many more passages. What makes them fewer is never refused.
func (t *tx) withinPassages(chatbot bot9.ChatbotID, more int) error {
	limit := t.store.quotas.Passages
	if limit == 0 || more <= 0 {
		return nil
	}
	count := 0
	_, err := queryRow(t, `SELECT CAST(coalesce(sum(passages), 0) AS BIGINT) FROM documents WHERE chatbot_id = $1`, []any{int64(chatbot)}, &count)
	if err == nil && count+more > limit {
		return bot9.QuotaExceeded("passages", limit)
	}
	return err
}
