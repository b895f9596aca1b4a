-- +goose Up
-- How a chatbot answers, one row for each that doesn't go by the defaults alone. The id is the chatbot's.
CREATE TABLE answering (
    id       INTEGER PRIMARY KEY,
    version  INTEGER NOT NULL,
    settings TEXT NOT NULL, -- JSON: what the API shows
    sealed   BLOB -- the keys of models; NULL if there are none
) STRICT;

-- How a bot's reply came about, JSON: its usage, actions; '' for other messages.
ALTER TABLE messages ADD COLUMN answer TEXT NOT NULL DEFAULT '';

-- Tokens that a chatbot and its conversations have used on a day (days since the epoch, UTC). scope is the chatbot's or
-- the conversation's id.
CREATE TABLE token_usage (
    scope         INTEGER NOT NULL,
    day           INTEGER NOT NULL,
    chatbot_id    INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    PRIMARY KEY (scope, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_usage_day ON token_usage (day);
CREATE INDEX token_usage_chatbot ON token_usage (chatbot_id);

-- +goose Down
DROP TABLE token_usage;
ALTER TABLE messages DROP COLUMN answer;
DROP TABLE answering;
