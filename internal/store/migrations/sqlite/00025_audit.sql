-- +goose Up
-- Who did what, from where: written in the transaction of the change itself, never changed, removed
-- only by the audit log's own retention.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    chatbot_id INTEGER NOT NULL, -- 0 where it concerns the account
    actor_type TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    ip         TEXT NOT NULL,
    action     TEXT NOT NULL,
    object     TEXT NOT NULL,
    changes    TEXT NOT NULL -- JSON object
) STRICT;
CREATE INDEX audit_account ON audit (account_id, id);
CREATE INDEX audit_object ON audit (account_id, object, id);

-- +goose Down
DROP TABLE audit;
