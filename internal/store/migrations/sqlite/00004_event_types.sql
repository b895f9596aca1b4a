-- +goose Up
-- Lists of one type of event: without it they walk through everything that is newer.
CREATE INDEX events_type ON events (chatbot_id, type, id);

-- +goose Down
DROP INDEX events_type;
