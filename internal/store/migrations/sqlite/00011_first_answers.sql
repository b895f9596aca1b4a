-- +goose Up
-- An idempotent request's answer is recorded with its effect. Of one that asks a question, which is answered in a
-- second transaction, the question is noted. The answer belongs to who asked: principal is the key or member, 0 where
-- an older version recorded it.
ALTER TABLE idempotency ADD COLUMN principal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE idempotency ADD COLUMN question INTEGER NOT NULL DEFAULT 0;

-- Questions that are stored and not answered yet. Whoever finds one whose owner is no more tells that it failed.
CREATE TABLE owed_answers (
    question   INTEGER PRIMARY KEY, -- the message
    chatbot_id INTEGER NOT NULL,
    owner      INTEGER NOT NULL     -- -1: a process that is no more
) STRICT;

-- +goose Down
DROP TABLE owed_answers;
ALTER TABLE idempotency DROP COLUMN question;
ALTER TABLE idempotency DROP COLUMN principal;
