-- +goose Up
-- What is retried or set aside is met among a million that wait for the first attempt. The rows of a delivery that
-- succeeds at once are never in it.
CREATE INDEX backlog_tried ON backlog (webhook_id, id) WHERE attempts > 0;

-- +goose Down
DROP INDEX backlog_tried;
