-- +goose Up
-- A finished delivery has its last attempt in its own row. Rows from before have all of theirs in
-- attempts, and 0 here.
ALTER TABLE deliveries
    ADD COLUMN attempt_id BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN started_at BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN duration_us BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN outcome TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN url TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN request_headers TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN response_headers TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN response_body TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN truncated INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN timing TEXT COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN first_byte_us BIGINT NOT NULL DEFAULT 0;

-- +goose Down
INSERT INTO attempts (delivery_id, number, id, started_at, duration_us, outcome, error, url, request_headers, response_status, response_headers, response_body, truncated, timing, first_byte_us)
    SELECT id, attempts, attempt_id, started_at, duration_us, outcome, error, url, request_headers, response_status, response_headers, response_body, truncated, timing, first_byte_us
    FROM deliveries WHERE attempt_id <> 0;
ALTER TABLE deliveries
    DROP COLUMN first_byte_us,
    DROP COLUMN timing,
    DROP COLUMN truncated,
    DROP COLUMN response_body,
    DROP COLUMN response_headers,
    DROP COLUMN request_headers,
    DROP COLUMN url,
    DROP COLUMN outcome,
    DROP COLUMN duration_us,
    DROP COLUMN started_at,
    DROP COLUMN attempt_id;
