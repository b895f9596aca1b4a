-- +goose Up
-- Who did what, from where: written in the transaction of the change itself, never changed, removed
-- only by the audit log's own retention.
CREATE TABLE audit (
    id         BIGINT PRIMARY KEY,
    account_id BIGINT NOT NULL,
    chatbot_id BIGINT NOT NULL, -- 0 where it concerns the account
    actor_type TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    actor_name TEXT COLLATE "C" NOT NULL,
    ip         TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    object     TEXT COLLATE "C" NOT NULL,
    changes    TEXT COLLATE "C" NOT NULL -- JSON object
);
CREATE INDEX audit_account ON audit (account_id, id);
CREATE INDEX audit_object ON audit (account_id, object, id);

-- +goose Down
DROP TABLE audit;
