-- +goose Up
-- What searches of conversations find messages and end users by: pieces of their words, as numbers made in Go, so that
-- every database finds the same. The row's ID is the message's or the end user's.
CREATE TABLE search_pieces (
    id     BIGINT PRIMARY KEY,
    pieces INTEGER[] NOT NULL
);
CREATE INDEX search_pieces_all ON search_pieces USING gin (pieces) WITH (fastupdate = off); -- a slice pays for itself, and for no other

-- Messages and end users that are to be indexed.
CREATE TABLE search_queue (
    id         BIGINT PRIMARY KEY, -- the message's or the end user's
    chatbot_id BIGINT NOT NULL,
    version    BIGINT NOT NULL DEFAULT 0 -- grows when it changes again
);
CREATE INDEX search_queue_chatbot ON search_queue (chatbot_id, id);

-- What was stored before is indexed in slices: IDs up to next are.
CREATE TABLE search_backfill (
    what  TEXT COLLATE "C" PRIMARY KEY,
    next  BIGINT NOT NULL,
    until BIGINT NOT NULL
);
INSERT INTO search_backfill (what, next, until) SELECT 'messages', 0, coalesce(max(id), 0) FROM messages;
INSERT INTO search_backfill (what, next, until) SELECT 'end_users', 0, coalesce(max(id), 0) FROM end_users;

CREATE INDEX conversations_end_user ON conversations (end_user_id, id);
DROP INDEX end_users_chatbot;
CREATE INDEX end_users_chatbot ON end_users (chatbot_id, id);

-- +goose Down
DROP INDEX end_users_chatbot;
CREATE INDEX end_users_chatbot ON end_users (chatbot_id);
DROP INDEX conversations_end_user;
DROP TABLE search_backfill;
DROP TABLE search_queue;
DROP TABLE search_pieces;
