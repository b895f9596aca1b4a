-- +goose Up
-- Of the newest events, those after tail, two things may be in no other table. A delivery that is taken as it is
-- accepted is named by its event, and gets a row of its own when it ends or has to wait. And what finds a
-- conversation's events is written for many of them at once.
ALTER TABLE events ADD COLUMN direct BLOB;

CREATE TABLE tail (
    after INTEGER NOT NULL
) STRICT;
INSERT INTO tail (after) SELECT coalesce(max(id), 0) FROM events;

CREATE TABLE conversation_events (
    conversation_id INTEGER NOT NULL,
    event_id        INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, event_id)
) STRICT, WITHOUT ROWID;
INSERT INTO conversation_events (conversation_id, event_id, sequence)
    SELECT conversation_id, id, sequence FROM events WHERE conversation_id IS NOT NULL ORDER BY conversation_id, sequence;
DROP INDEX events_conversation;

-- +goose Down
CREATE UNIQUE INDEX events_conversation ON events (conversation_id, sequence) WHERE conversation_id IS NOT NULL;
DROP TABLE conversation_events;
DROP TABLE tail;
ALTER TABLE events DROP COLUMN direct;
