-- +goose Up
-- Files that visitors and agents send. A file is written part by part, so that no transaction is large.
CREATE TABLE attachments (
    id              INTEGER PRIMARY KEY,
    chatbot_id      INTEGER NOT NULL,
    subject         BLOB NOT NULL,    -- whose visitor's it is; empty for an agent's
    conversation_id INTEGER NOT NULL, -- 0 until it is sent
    token_hash      BLOB NOT NULL,    -- SHA-256
    name            TEXT NOT NULL,
    type            TEXT NOT NULL,
    size            INTEGER NOT NULL,
    url             TEXT NOT NULL,
    complete        INTEGER NOT NULL
) STRICT;
CREATE INDEX attachments_chatbot ON attachments (chatbot_id, id);
CREATE INDEX attachments_conversation ON attachments (conversation_id, id);

CREATE TABLE attachment_parts (
    attachment_id INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    data          BLOB NOT NULL,
    PRIMARY KEY (attachment_id, number)
) STRICT, WITHOUT ROWID;

-- How many bytes a chatbot keeps, so that nobody has to add them up.
CREATE TABLE attachment_bytes (
    chatbot_id INTEGER PRIMARY KEY,
    bytes      INTEGER NOT NULL
) STRICT;

ALTER TABLE messages ADD COLUMN attachments TEXT NOT NULL DEFAULT ''; -- JSON array; '' = none

-- +goose Down
ALTER TABLE messages DROP COLUMN attachments;
DROP TABLE attachment_bytes;
DROP TABLE attachment_parts;
DROP TABLE attachments;
