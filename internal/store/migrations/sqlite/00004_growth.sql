-- +goose Up
-- Lists of one type of event walk through everything that is newer without these; so do those of a
-- webhook's failures, among the failures of all others.
CREATE INDEX events_type ON events (chatbot_id, type, id);
CREATE INDEX deliveries_type ON deliveries (chatbot_id, event_type, id);
CREATE INDEX deliveries_unsuccessful_webhook ON deliveries (webhook_id, status, id) WHERE status <> 'succeeded';

-- +goose Down
DROP INDEX deliveries_unsuccessful_webhook;
DROP INDEX deliveries_type;
DROP INDEX events_type;
