-- +goose Up
-- URLs of this server that show what webhooks send to them. What a receiver expects and its token
-- are sealed; the token is looked up by its hash.
CREATE TABLE receivers (
    id         BIGINT PRIMARY KEY,
    chatbot_id BIGINT NOT NULL,
    token_hash BYTEA NOT NULL UNIQUE, -- SHA-256
    settings   TEXT COLLATE "C" NOT NULL, -- JSON: what the API shows, without what is sealed
    sealed     BYTEA NOT NULL, -- token and secret
    expires_at BIGINT NOT NULL -- moved on by every request; 0 = never
);
CREATE INDEX receivers_chatbot ON receivers (chatbot_id, id);
CREATE INDEX receivers_expiry ON receivers (expires_at) WHERE expires_at <> 0;

CREATE TABLE received_requests (
    id          BIGINT PRIMARY KEY,
    receiver_id BIGINT NOT NULL,
    headers     TEXT COLLATE "C" NOT NULL, -- a line each
    body        TEXT COLLATE "C" NOT NULL,
    truncated   INTEGER NOT NULL,
    verified    INTEGER NOT NULL,
    problem     TEXT COLLATE "C" NOT NULL,
    answered    INTEGER NOT NULL -- status code
);
CREATE INDEX received_requests_receiver ON received_requests (receiver_id, id);

-- A webhook's backlog as it was when the first change of a minute began, which is what it was at
-- that minute's start. A minute without a row changed nothing: the next row, or the backlog of
-- now, holds for it too.
CREATE TABLE backlog_samples (
    webhook_id BIGINT NOT NULL,
    minute     BIGINT NOT NULL, -- minutes since the epoch
    node       INTEGER NOT NULL, -- each samples all, so that none waits for another
    backlog    BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, minute, node)
);

-- +goose Down
DROP TABLE backlog_samples;
DROP TABLE received_requests;
DROP TABLE receivers;
