-- +goose Up
-- What searches of conversations find messages and end users by: pieces of their words, as numbers made in Go, so that
-- every database finds the same. The row's ID is the message's or the end user's.
CREATE VIRTUAL TABLE search_pieces USING fts5(pieces, content='', contentless_delete=1, detail='none', tokenize="ascii tokenchars '-'");

-- Messages and end users that are to be indexed.
CREATE TABLE search_queue (
    id         INTEGER PRIMARY KEY, -- the message's or the end user's
    chatbot_id INTEGER NOT NULL,
    version    INTEGER NOT NULL DEFAULT 0 -- grows when it changes again
) STRICT;
CREATE INDEX search_queue_chatbot ON search_queue (chatbot_id, id);

-- What was stored before is indexed in slices: IDs up to next are.
CREATE TABLE search_backfill (
    what  TEXT PRIMARY KEY,
    next  INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;
INSERT INTO search_backfill (what, next, until) SELECT 'messages', 0, coalesce(max(id), 0) FROM messages;
INSERT INTO search_backfill (what, next, until) SELECT 'end_users', 0, coalesce(max(id), 0) FROM end_users;

CREATE INDEX conversations_end_user ON conversations (end_user_id, id);

-- +goose Down
DROP INDEX conversations_end_user;
DROP TABLE search_backfill;
DROP TABLE search_queue;
DROP TABLE search_pieces;
