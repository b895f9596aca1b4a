-- +goose Up
-- IDs are 63-bit integers that begin with the millisecond of their making, so the primary key is
-- also the order in time and no table needs a created_at beside it. Times are ms since the epoch.

CREATE TABLE accounts (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE members (
    id                INTEGER PRIMARY KEY,
    account_id        INTEGER NOT NULL,
    email             TEXT NOT NULL UNIQUE,
    name              TEXT NOT NULL,
    role              TEXT NOT NULL,
    status            TEXT NOT NULL,
    password_hash     TEXT NOT NULL,
    invite_hash       BLOB,
    invite_expires_at INTEGER
) STRICT;
CREATE INDEX members_account ON members (account_id);
CREATE UNIQUE INDEX members_invite ON members (invite_hash) WHERE invite_hash IS NOT NULL;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    member_id  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_member ON sessions (member_id);

CREATE TABLE login_failures (
    email TEXT NOT NULL,
    at    INTEGER NOT NULL
) STRICT;
CREATE INDEX login_failures_email ON login_failures (email, at);

CREATE TABLE chatbots (
    id                INTEGER PRIMARY KEY,
    account_id        INTEGER NOT NULL,
    name              TEXT NOT NULL,
    knowledge_version INTEGER NOT NULL DEFAULT 0,
    deleted_at        INTEGER -- the rows below it are purged in slices, later
) STRICT;
CREATE INDEX chatbots_account ON chatbots (account_id);

CREATE TABLE keys (
    id           INTEGER PRIMARY KEY,
    chatbot_id   INTEGER NOT NULL,
    name         TEXT NOT NULL,
    hint         TEXT NOT NULL,
    last_used_at INTEGER NOT NULL DEFAULT 0,
    rotated_at   INTEGER NOT NULL DEFAULT 0,
    grace_until  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX keys_chatbot ON keys (chatbot_id);

CREATE TABLE key_secrets (
    hash       BLOB PRIMARY KEY, -- SHA-256 of the secret
    key_id     INTEGER NOT NULL,
    expires_at INTEGER -- NULL for the current secret
) STRICT, WITHOUT ROWID;
CREATE INDEX key_secrets_key ON key_secrets (key_id);

CREATE TABLE end_users (
    id          INTEGER PRIMARY KEY,
    chatbot_id  INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    email_id    TEXT NOT NULL,
    phone       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX end_users_external ON end_users (chatbot_id, external_id) WHERE external_id <> '';

CREATE TABLE conversations (
    id                  INTEGER PRIMARY KEY,
    chatbot_id          INTEGER NOT NULL,
    end_user_id         INTEGER NOT NULL,
    status              TEXT NOT NULL,
    source              TEXT NOT NULL,
    external_session_id TEXT NOT NULL,
    agent_id            TEXT NOT NULL,
    agent_name          TEXT NOT NULL,
    tags                TEXT NOT NULL, -- JSON array
    score               INTEGER NOT NULL,
    message_count       INTEGER NOT NULL,
    last_message        TEXT NOT NULL,
    last_sequence       INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL
) STRICT;
CREATE INDEX conversations_chatbot ON conversations (chatbot_id, id);
CREATE INDEX conversations_status ON conversations (chatbot_id, status, id);

CREATE TABLE messages (
    id              INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    chat_user       TEXT NOT NULL,
    text            TEXT NOT NULL,
    in_reply_to     INTEGER NOT NULL,
    agent_id        TEXT NOT NULL,
    rating          INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_conversation ON messages (conversation_id, id);

CREATE TABLE documents (
    id         INTEGER PRIMARY KEY,
    chatbot_id INTEGER NOT NULL,
    title      TEXT NOT NULL,
    text       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX documents_chatbot ON documents (chatbot_id, id);

CREATE TABLE events (
    id              INTEGER PRIMARY KEY,
    chatbot_id      INTEGER NOT NULL,
    conversation_id INTEGER, -- NULL outside a conversation, as is sequence
    sequence        INTEGER,
    type            TEXT NOT NULL,
    data            TEXT NOT NULL -- JSON object
) STRICT;
CREATE INDEX events_chatbot ON events (chatbot_id, id);
CREATE UNIQUE INDEX events_conversation ON events (conversation_id, sequence) WHERE conversation_id IS NOT NULL;

CREATE TABLE webhooks (
    id         INTEGER PRIMARY KEY,
    chatbot_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    settings   TEXT NOT NULL, -- JSON: what the API shows, without what is sealed
    sealed     BLOB NOT NULL, -- secrets and header values
    health     TEXT NOT NULL, -- JSON
    deleted_at INTEGER
) STRICT;
CREATE INDEX webhooks_chatbot ON webhooks (chatbot_id);

-- Deliveries that are not finished. The table stays small while endpoints answer, which is what
-- keeps committing cheap; what is finished moves to deliveries.
CREATE TABLE backlog (
    id              INTEGER PRIMARY KEY,
    webhook_id      INTEGER NOT NULL,
    event_id        INTEGER NOT NULL,
    lane            INTEGER NOT NULL, -- the conversation, or the delivery's own ID where nothing waits for it
    state           INTEGER NOT NULL, -- 0 waits behind its lane's head, 1 ready at due_at, 2 taken by the dispatcher
    due_at          INTEGER NOT NULL,
    low             INTEGER NOT NULL, -- 1: part of a replay, goes behind live deliveries
    replay_id       INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    set_aside       INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    error           TEXT NOT NULL
) STRICT;
CREATE INDEX backlog_lane ON backlog (webhook_id, lane, id);
CREATE INDEX backlog_replay ON backlog (replay_id) WHERE replay_id <> 0;
CREATE INDEX backlog_ready ON backlog (webhook_id, low, due_at, id) WHERE state = 1;

-- Deliveries that are finished.
CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY,
    chatbot_id      INTEGER NOT NULL,
    webhook_id      INTEGER NOT NULL,
    event_id        INTEGER NOT NULL,
    conversation_id INTEGER, -- this, sequence and event_type repeat the event's, so that lists need no join
    sequence        INTEGER,
    event_type      TEXT NOT NULL,
    replay_id       INTEGER NOT NULL,
    status          TEXT NOT NULL,
    attempts        INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    error           TEXT NOT NULL,
    finished_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_chatbot ON deliveries (chatbot_id, id);
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_unsuccessful ON deliveries (chatbot_id, status, id) WHERE status <> 'succeeded';

CREATE TABLE attempts (
    delivery_id      INTEGER NOT NULL,
    number           INTEGER NOT NULL,
    id               INTEGER NOT NULL,
    started_at       INTEGER NOT NULL,
    duration_us      INTEGER NOT NULL,
    outcome          TEXT NOT NULL,
    error            TEXT NOT NULL,
    url              TEXT NOT NULL,
    request_headers  TEXT NOT NULL, -- a line each
    response_status  INTEGER NOT NULL,
    response_headers TEXT NOT NULL, -- a line each
    response_body    TEXT NOT NULL,
    truncated        INTEGER NOT NULL,
    timing           TEXT NOT NULL, -- JSON, "" for a reused connection
    first_byte_us    INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, number, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE replays (
    id          INTEGER PRIMARY KEY,
    webhook_id  INTEGER NOT NULL,
    chatbot_id  INTEGER NOT NULL,
    filter      TEXT NOT NULL, -- JSON
    status      TEXT NOT NULL,
    cursor      INTEGER NOT NULL, -- the last event that was looked at
    until       INTEGER NOT NULL, -- the last event to look at
    queued      INTEGER NOT NULL DEFAULT 0,
    succeeded   INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    exhausted   INTEGER NOT NULL DEFAULT 0, -- 1: every event was looked at
    finished_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX replays_webhook ON replays (webhook_id, id);
CREATE INDEX replays_running ON replays (id) WHERE status = 'running';

-- Running totals, one row a node, so that nodes never wait for each other; the backlog is
-- enqueued - finished over all of them.
CREATE TABLE endpoint_counts (
    webhook_id INTEGER NOT NULL,
    node       INTEGER NOT NULL,
    enqueued   INTEGER NOT NULL,
    finished   INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt_stats (
    webhook_id INTEGER NOT NULL,
    minute     INTEGER NOT NULL, -- minutes since the epoch
    node       INTEGER NOT NULL,
    succeeded  INTEGER NOT NULL,
    failed     INTEGER NOT NULL,
    latency    BLOB NOT NULL, -- histogram
    PRIMARY KEY (webhook_id, minute, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    scope       INTEGER NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    answer      BLOB, -- sealed; NULL until the call was answered
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- +goose Down
DROP TABLE idempotency;
DROP TABLE attempt_stats;
DROP TABLE endpoint_counts;
DROP TABLE replays;
DROP TABLE attempts;
DROP TABLE deliveries;
DROP TABLE backlog;
DROP TABLE webhooks;
DROP TABLE events;
DROP TABLE documents;
DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE end_users;
DROP TABLE key_secrets;
DROP TABLE keys;
DROP TABLE chatbots;
DROP TABLE login_failures;
DROP TABLE sessions;
DROP TABLE members;
DROP TABLE accounts;
