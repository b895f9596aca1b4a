-- +goose Up
-- Programs that wait for a person to give them a key (RFC 8628). A row ends when the key is collected
-- or the time is up. No key is kept here: it is made when it is collected.
CREATE TABLE device_logins (
    code_hash   BLOB PRIMARY KEY, -- SHA-256 of the device code
    user_code   TEXT NOT NULL UNIQUE,
    client_name TEXT NOT NULL,
    address     TEXT NOT NULL,
    status      TEXT NOT NULL,
    chatbot_id  INTEGER NOT NULL DEFAULT 0, -- of an approved one
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    interval_ms INTEGER NOT NULL,          -- how long to wait between two questions
    asked_at    INTEGER NOT NULL DEFAULT 0 -- the last one
) STRICT, WITHOUT ROWID;
CREATE INDEX device_logins_expiry ON device_logins (expires_at);

-- +goose Down
DROP TABLE device_logins;
