-- +goose Up
-- A finished delivery has its last attempt in its own row. Rows from before have all of theirs in
-- attempts, and 0 here.
ALTER TABLE deliveries ADD COLUMN attempt_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN started_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN duration_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN url TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN request_headers TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN response_headers TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN response_body TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN truncated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN timing TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN first_byte_us INTEGER NOT NULL DEFAULT 0;

-- +goose Down
INSERT INTO attempts (delivery_id, number, id, started_at, duration_us, outcome, error, url, request_headers, response_status, response_headers, response_body, truncated, timing, first_byte_us)
    SELECT id, attempts, attempt_id, started_at, duration_us, outcome, error, url, request_headers, response_status, response_headers, response_body, truncated, timing, first_byte_us
    FROM deliveries WHERE attempt_id <> 0;
ALTER TABLE deliveries DROP COLUMN first_byte_us;
ALTER TABLE deliveries DROP COLUMN timing;
ALTER TABLE deliveries DROP COLUMN truncated;
ALTER TABLE deliveries DROP COLUMN response_body;
ALTER TABLE deliveries DROP COLUMN response_headers;
ALTER TABLE deliveries DROP COLUMN request_headers;
ALTER TABLE deliveries DROP COLUMN url;
ALTER TABLE deliveries DROP COLUMN outcome;
ALTER TABLE deliveries DROP COLUMN duration_us;
ALTER TABLE deliveries DROP COLUMN started_at;
ALTER TABLE deliveries DROP COLUMN attempt_id;
