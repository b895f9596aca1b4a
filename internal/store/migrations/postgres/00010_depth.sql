-- +goose Up

-- Lists, statistics and purging find a webhook's or an event's waiting deliveries however many others there are. A
-- delivery that succeeds at once is never in the first two indexes: its row, if it has one, is taken from the
-- beginning. The third has no more rows than all nodes are sending at once.
CREATE INDEX backlog_waiting ON backlog (webhook_id, id) WHERE state < 2;
CREATE INDEX backlog_event ON backlog (event_id) WHERE state < 2;
CREATE INDEX backlog_taken ON backlog (webhook_id, id) WHERE state >= 2;

-- Purging finds what it removes without reading the rest.
CREATE INDEX webhooks_deleted ON webhooks (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX chatbots_deleted ON chatbots (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX login_failures_age ON login_failures (at);
CREATE INDEX key_secrets_expiry ON key_secrets (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX attempt_stats_age ON attempt_stats (minute);
CREATE INDEX backlog_samples_age ON backlog_samples (minute);
CREATE INDEX end_users_chatbot ON end_users (chatbot_id);

-- +goose Down
DROP INDEX end_users_chatbot;
DROP INDEX backlog_samples_age;
DROP INDEX attempt_stats_age;
DROP INDEX key_secrets_expiry;
DROP INDEX login_failures_age;
DROP INDEX sessions_expiry;
DROP INDEX chatbots_deleted;
DROP INDEX webhooks_deleted;
DROP INDEX backlog_taken;
DROP INDEX backlog_event;
DROP INDEX backlog_waiting;
