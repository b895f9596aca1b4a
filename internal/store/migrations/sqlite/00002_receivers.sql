-- +goose Up
-- URLs of this server that show what webhooks send to them. What a receiver expects and its token
-- are sealed; the token is looked up by its hash.
CREATE TABLE receivers (
    id         INTEGER PRIMARY KEY,
    chatbot_id INTEGER NOT NULL,
    token_hash BLOB NOT NULL UNIQUE, -- SHA-256
    settings   TEXT NOT NULL, -- JSON: what the API shows, without what is sealed
    sealed     BLOB NOT NULL, -- token and secret
    expires_at INTEGER NOT NULL -- moved on by every request; 0 = never
) STRICT;
CREATE INDEX receivers_chatbot ON receivers (chatbot_id, id);
CREATE INDEX receivers_expiry ON receivers (expires_at) WHERE expires_at <> 0;

CREATE TABLE received_requests (
    id          INTEGER PRIMARY KEY,
    receiver_id INTEGER NOT NULL,
    headers     TEXT NOT NULL, -- a line each
    body        TEXT NOT NULL,
    truncated   INTEGER NOT NULL,
    verified    INTEGER NOT NULL,
    problem     TEXT NOT NULL,
    answered    INTEGER NOT NULL -- status code
) STRICT;
CREATE INDEX received_requests_receiver ON received_requests (receiver_id, id);

-- A webhook's backlog as it was when the first change of a minute began, which is what it was at
-- that minute's start. A minute without a row changed nothing: the next row, or the backlog of
-- now, holds for it too.
CREATE TABLE backlog_samples (
    webhook_id INTEGER NOT NULL,
    minute     INTEGER NOT NULL, -- minutes since the epoch
    node       INTEGER NOT NULL, -- each samples all, so that none waits for another
    backlog    INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, minute, node)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE backlog_samples;
DROP TABLE received_requests;
DROP TABLE receivers;
