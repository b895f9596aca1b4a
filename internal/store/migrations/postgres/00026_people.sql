-- +goose Up
-- A person logs in and may be a member of several accounts. An invitation reserves no address: only a
-- person has one to themself. The person of a member that was there before has the member's number.
CREATE TABLE people (
    id            BIGINT PRIMARY KEY,
    email         TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    verified_at   BIGINT NOT NULL DEFAULT 0
);
INSERT INTO people (id, email, name, password_hash) SELECT id, email, name, password_hash FROM members WHERE status = 'active';

CREATE TABLE members_new (
    id                BIGINT PRIMARY KEY,
    account_id        BIGINT NOT NULL,
    person_id         BIGINT NOT NULL, -- 0 until the invitation is taken up
    email             TEXT COLLATE "C" NOT NULL,    -- that the invitation is for; the person's own counts after it
    role              TEXT COLLATE "C" NOT NULL,
    status            TEXT COLLATE "C" NOT NULL,
    invite_hash       BYTEA,
    invite_expires_at BIGINT
);
INSERT INTO members_new SELECT id, account_id, CASE status WHEN 'active' THEN id ELSE 0 END, email, role, status, invite_hash, invite_expires_at FROM members;
DROP TABLE members;
ALTER TABLE members_new RENAME TO members;
CREATE INDEX members_account ON members (account_id);
CREATE UNIQUE INDEX members_person ON members (person_id, account_id) WHERE person_id <> 0;
CREATE UNIQUE INDEX members_invite ON members (invite_hash) WHERE invite_hash IS NOT NULL;

-- Everybody logs in again: nothing is known of where the sessions of before came from.
DROP TABLE sessions;
CREATE TABLE sessions (
    token_hash   BYTEA PRIMARY KEY, -- SHA-256
    id           BIGINT NOT NULL,
    person_id    BIGINT NOT NULL,
    member_id    BIGINT NOT NULL, -- the membership that it acts in
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    agent        TEXT COLLATE "C" NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id);
CREATE INDEX sessions_member ON sessions (member_id);

-- Devices that a person has logged in from.
CREATE TABLE devices (
    token_hash   BYTEA PRIMARY KEY, -- SHA-256
    person_id    BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL
);
CREATE INDEX devices_person ON devices (person_id, last_used_at);

-- One-time links.
CREATE TABLE person_tokens (
    token_hash BYTEA PRIMARY KEY, -- SHA-256
    person_id  BIGINT NOT NULL,
    purpose    TEXT COLLATE "C" NOT NULL,
    email      TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX person_tokens_person ON person_tokens (person_id);

DROP TABLE login_failures;
CREATE TABLE login_failures (
    email  TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL, -- an IP address, or a known device
    at     BIGINT NOT NULL
);
CREATE INDEX login_failures_source ON login_failures (source, email, at);

ALTER TABLE accounts ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- Purging finds what it removes without reading the rest.
CREATE INDEX members_of_person ON members (person_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_idle ON sessions (last_used_at);
CREATE INDEX devices_idle ON devices (last_used_at);
CREATE INDEX person_tokens_expiry ON person_tokens (expires_at);
CREATE INDEX login_failures_age ON login_failures (at);

-- +goose Down
SELECT 1 / 0; -- accounts of several people can't be told apart any more
