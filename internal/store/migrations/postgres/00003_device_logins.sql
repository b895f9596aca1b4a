-- +goose Up
-- Programs that wait for a person to give them a key (RFC 8628). A row ends when the key is collected
-- or the time is up. No key is kept here: it is made when it is collected.
CREATE TABLE device_logins (
    code_hash   BYTEA PRIMARY KEY, -- SHA-256 of the device code
    user_code   TEXT COLLATE "C" NOT NULL UNIQUE,
    client_name TEXT COLLATE "C" NOT NULL,
    address     TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    chatbot_id  BIGINT NOT NULL DEFAULT 0, -- of an approved one
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    interval_ms BIGINT NOT NULL,          -- how long to wait between two questions
    asked_at    BIGINT NOT NULL DEFAULT 0 -- the last one
);
CREATE INDEX device_logins_expiry ON device_logins (expires_at);

-- +goose Down
DROP TABLE device_logins;
