-- +goose Up
-- Deliveries of a replay that were left out: a webhook that was changed meanwhile may not want them any more.
ALTER TABLE replays ADD COLUMN canceled INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE replays DROP COLUMN canceled;
