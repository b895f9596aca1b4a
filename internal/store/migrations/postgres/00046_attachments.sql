-- +goose Up
-- Files that visitors and agents send. A file is written part by part, so that no transaction is large.
CREATE TABLE attachments (
    id              BIGINT PRIMARY KEY,
    chatbot_id      BIGINT NOT NULL,
    subject         BYTEA NOT NULL,    -- whose visitor's it is; empty for an agent's
    conversation_id BIGINT NOT NULL, -- 0 until it is sent
    token_hash      BYTEA NOT NULL,    -- SHA-256
    name            TEXT COLLATE "C" NOT NULL,
    type            TEXT COLLATE "C" NOT NULL,
    size            BIGINT NOT NULL,
    url             TEXT COLLATE "C" NOT NULL,
    complete        BIGINT NOT NULL
);
CREATE INDEX attachments_chatbot ON attachments (chatbot_id, id);
CREATE INDEX attachments_conversation ON attachments (conversation_id, id);

CREATE TABLE attachment_parts (
    attachment_id BIGINT NOT NULL,
    number        BIGINT NOT NULL,
    data          BYTEA NOT NULL,
    PRIMARY KEY (attachment_id, number)
);

-- How many bytes a chatbot keeps, so that nobody has to add them up.
CREATE TABLE attachment_bytes (
    chatbot_id BIGINT PRIMARY KEY,
    bytes      BIGINT NOT NULL
);

ALTER TABLE messages ADD COLUMN attachments TEXT COLLATE "C" NOT NULL DEFAULT ''; -- JSON array; '' = none

-- +goose Down
ALTER TABLE messages DROP COLUMN attachments;
DROP TABLE attachment_bytes;
DROP TABLE attachment_parts;
DROP TABLE attachments;
