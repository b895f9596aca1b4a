-- +goose Up
-- IDs are 63-bit integers that begin with the millisecond of their making, so the primary key is
-- also the order in time and no table needs a created_at beside it. Times are ms since the epoch.
-- Text is compared byte by byte, as SQLite does, whatever the database's language; only what people
-- search in keeps the database's own, for the sake of lower().
--
-- Events, deliveries and attempts grow without end. They are partitioned by ID, which is by time: the
-- program makes partitions ahead and drops those that retention has ended (internal/store/partitions.go).

-- The processes that work on the database. One that has not shown itself for the time of a lease is
-- taken for dead: its row is removed, and with it its right to what it had taken from the backlog.
CREATE TABLE nodes (
    id      INTEGER PRIMARY KEY, -- never used again
    seen_at TIMESTAMPTZ NOT NULL
);
CREATE SEQUENCE node_numbers AS INTEGER;

CREATE TABLE accounts (
    id   BIGINT PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL
);

CREATE TABLE members (
    id                BIGINT PRIMARY KEY,
    account_id        BIGINT NOT NULL,
    email             TEXT COLLATE "C" NOT NULL UNIQUE,
    name              TEXT COLLATE "C" NOT NULL,
    role              TEXT COLLATE "C" NOT NULL,
    status            TEXT COLLATE "C" NOT NULL,
    password_hash     TEXT COLLATE "C" NOT NULL,
    invite_hash       BYTEA,
    invite_expires_at BIGINT
);
CREATE INDEX members_account ON members (account_id);
CREATE UNIQUE INDEX members_invite ON members (invite_hash) WHERE invite_hash IS NOT NULL;

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    member_id  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_member ON sessions (member_id);

CREATE TABLE login_failures (
    email TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL
);
CREATE INDEX login_failures_email ON login_failures (email, at);

CREATE TABLE chatbots (
    id                BIGINT PRIMARY KEY,
    account_id        BIGINT NOT NULL,
    name              TEXT COLLATE "C" NOT NULL,
    knowledge_version BIGINT NOT NULL DEFAULT 0,
    webhooks_version  BIGINT NOT NULL DEFAULT 0, -- grows with every change of its webhooks, which nodes remember
    deleted_at        BIGINT -- the rows below it are purged in slices, later
);
CREATE INDEX chatbots_account ON chatbots (account_id);

CREATE TABLE keys (
    id           BIGINT PRIMARY KEY,
    chatbot_id   BIGINT NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    hint         TEXT COLLATE "C" NOT NULL,
    last_used_at BIGINT NOT NULL DEFAULT 0,
    rotated_at   BIGINT NOT NULL DEFAULT 0,
    grace_until  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX keys_chatbot ON keys (chatbot_id);

CREATE TABLE key_secrets (
    hash       BYTEA PRIMARY KEY, -- SHA-256 of the secret
    key_id     BIGINT NOT NULL,
    expires_at BIGINT -- NULL for the current secret
);
CREATE INDEX key_secrets_key ON key_secrets (key_id);

CREATE TABLE end_users (
    id          BIGINT PRIMARY KEY,
    chatbot_id  BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    email_id    TEXT NOT NULL,
    phone       TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX end_users_external ON end_users (chatbot_id, external_id) WHERE external_id <> '';

CREATE TABLE conversations (
    id                  BIGINT PRIMARY KEY,
    chatbot_id          BIGINT NOT NULL,
    end_user_id         BIGINT NOT NULL,
    status              TEXT COLLATE "C" NOT NULL,
    source              TEXT COLLATE "C" NOT NULL,
    external_session_id TEXT COLLATE "C" NOT NULL,
    agent_id            TEXT COLLATE "C" NOT NULL,
    agent_name          TEXT COLLATE "C" NOT NULL,
    tags                TEXT COLLATE "C" NOT NULL, -- JSON array
    score               INTEGER NOT NULL,
    message_count       BIGINT NOT NULL,
    last_message        TEXT COLLATE "C" NOT NULL,
    last_sequence       BIGINT NOT NULL, -- of its newest event, whose ID is beside it, so that no partition is asked
    last_event_id       BIGINT NOT NULL DEFAULT 0,
    updated_at          BIGINT NOT NULL
) WITH (fillfactor = 70); -- every event moves last_sequence on, in place while the page has room
CREATE INDEX conversations_chatbot ON conversations (chatbot_id, id);
CREATE INDEX conversations_status ON conversations (chatbot_id, status, id);

CREATE TABLE messages (
    id              BIGINT PRIMARY KEY,
    conversation_id BIGINT NOT NULL,
    chat_user       TEXT COLLATE "C" NOT NULL,
    text            TEXT NOT NULL,
    in_reply_to     BIGINT NOT NULL,
    agent_id        TEXT COLLATE "C" NOT NULL,
    rating          INTEGER NOT NULL
);
CREATE INDEX messages_conversation ON messages (conversation_id, id);

CREATE TABLE documents (
    id         BIGINT PRIMARY KEY,
    chatbot_id BIGINT NOT NULL,
    title      TEXT COLLATE "C" NOT NULL,
    text       TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX documents_chatbot ON documents (chatbot_id, id);

CREATE TABLE events (
    id              BIGINT PRIMARY KEY,
    chatbot_id      BIGINT NOT NULL,
    conversation_id BIGINT, -- NULL outside a conversation, as is sequence
    sequence        BIGINT,
    type            TEXT COLLATE "C" NOT NULL,
    data            TEXT COLLATE "C" NOT NULL -- JSON object
) PARTITION BY RANGE (id);
CREATE INDEX events_chatbot ON events (chatbot_id, id);
CREATE INDEX events_type ON events (chatbot_id, type, id);
CREATE INDEX events_conversation ON events (conversation_id, id) WHERE conversation_id IS NOT NULL; -- in the order of sequence

CREATE TABLE webhooks (
    id         BIGINT PRIMARY KEY,
    chatbot_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    settings   TEXT COLLATE "C" NOT NULL, -- JSON: what the API shows, without what is sealed
    sealed     BYTEA NOT NULL, -- secrets and header values
    health     TEXT COLLATE "C" NOT NULL, -- JSON
    deleted_at BIGINT
);
CREATE INDEX webhooks_chatbot ON webhooks (chatbot_id);

-- Deliveries that are not finished. The table stays small while endpoints answer, which is what
-- keeps committing cheap; what is finished moves to deliveries.
CREATE TABLE backlog (
    id              BIGINT PRIMARY KEY,
    webhook_id      BIGINT NOT NULL,
    event_id        BIGINT NOT NULL,
    lane            BIGINT NOT NULL, -- the conversation, or the delivery's own ID where nothing waits for it
    state           INTEGER NOT NULL, -- 0 waits behind its lane's head, 1 ready at due_at, 2 + n taken by node n
    due_at          BIGINT NOT NULL,
    low             INTEGER NOT NULL, -- 1: part of a replay, goes behind live deliveries
    replay_id       BIGINT NOT NULL,
    attempts        INTEGER NOT NULL,
    set_aside       INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    error           TEXT COLLATE "C" NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0); -- every row of it is soon a dead one
CREATE INDEX backlog_lane ON backlog (webhook_id, lane, id);
CREATE INDEX backlog_low ON backlog (webhook_id, lane) WHERE low = 1;
CREATE INDEX backlog_replay ON backlog (replay_id) WHERE replay_id <> 0;
CREATE INDEX backlog_ready ON backlog (webhook_id, low, due_at, id) WHERE state = 1;

-- Deliveries that are finished.
CREATE TABLE deliveries (
    id              BIGINT PRIMARY KEY,
    chatbot_id      BIGINT NOT NULL,
    webhook_id      BIGINT NOT NULL,
    event_id        BIGINT NOT NULL,
    conversation_id BIGINT, -- this, sequence and event_type repeat the event's, so that lists need no join
    sequence        BIGINT,
    event_type      TEXT COLLATE "C" NOT NULL,
    replay_id       BIGINT NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    attempts        INTEGER NOT NULL,
    response_status INTEGER NOT NULL,
    error           TEXT COLLATE "C" NOT NULL,
    finished_at     BIGINT NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX deliveries_chatbot ON deliveries (chatbot_id, id);
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_type ON deliveries (chatbot_id, event_type, id);
CREATE INDEX deliveries_unsuccessful ON deliveries (chatbot_id, status, id) WHERE status <> 'succeeded';
CREATE INDEX deliveries_unsuccessful_webhook ON deliveries (webhook_id, status, id) WHERE status <> 'succeeded';

CREATE TABLE attempts (
    delivery_id      BIGINT NOT NULL,
    number           INTEGER NOT NULL,
    id               BIGINT NOT NULL,
    started_at       BIGINT NOT NULL,
    duration_us      BIGINT NOT NULL,
    outcome          TEXT COLLATE "C" NOT NULL,
    error            TEXT COLLATE "C" NOT NULL,
    url              TEXT COLLATE "C" NOT NULL,
    request_headers  TEXT COLLATE "C" NOT NULL, -- a line each
    response_status  INTEGER NOT NULL,
    response_headers TEXT COLLATE "C" NOT NULL, -- a line each
    response_body    TEXT COLLATE "C" NOT NULL,
    truncated        INTEGER NOT NULL,
    timing           TEXT COLLATE "C" NOT NULL, -- JSON, "" for a reused connection
    first_byte_us    BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, number, id)
) PARTITION BY RANGE (delivery_id);

CREATE TABLE replays (
    id          BIGINT PRIMARY KEY,
    webhook_id  BIGINT NOT NULL,
    chatbot_id  BIGINT NOT NULL,
    filter      TEXT COLLATE "C" NOT NULL, -- JSON
    status      TEXT COLLATE "C" NOT NULL,
    cursor      BIGINT NOT NULL, -- the last event that was looked at
    until       BIGINT NOT NULL, -- the last event to look at
    queued      BIGINT NOT NULL DEFAULT 0,
    succeeded   BIGINT NOT NULL DEFAULT 0,
    failed      BIGINT NOT NULL DEFAULT 0,
    exhausted   INTEGER NOT NULL DEFAULT 0, -- 1: every event was looked at
    finished_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX replays_webhook ON replays (webhook_id, id);
CREATE INDEX replays_running ON replays (id) WHERE status = 'running';

-- Running totals, one row a node, so that nodes never wait for each other; the backlog is
-- enqueued - finished over all of them.
CREATE TABLE endpoint_counts (
    webhook_id BIGINT NOT NULL,
    node       INTEGER NOT NULL,
    enqueued   BIGINT NOT NULL,
    finished   BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, node)
);

CREATE TABLE attempt_stats (
    webhook_id BIGINT NOT NULL,
    minute     BIGINT NOT NULL, -- minutes since the epoch
    node       INTEGER NOT NULL,
    succeeded  BIGINT NOT NULL,
    failed     BIGINT NOT NULL,
    latency    BYTEA NOT NULL, -- histogram
    PRIMARY KEY (webhook_id, minute, node)
);

CREATE TABLE idempotency (
    scope       BIGINT NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    fingerprint BYTEA NOT NULL,
    answer      BYTEA, -- sealed; NULL until the call was answered
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (created_at);

-- +goose Down
DROP SEQUENCE node_numbers;
DROP TABLE nodes;
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
