-- +goose Up
-- How a chatbot appears on websites. A row's id is the chatbot's.
CREATE TABLE widgets (
    id       BIGINT PRIMARY KEY,
    settings TEXT COLLATE "C" NOT NULL, -- JSON: what the API shows, without what is sealed
    sealed   BYTEA NOT NULL  -- the key that proves identities
);

-- The allowed origins of all widgets, so that a browser's question before a call, which names no chatbot, can be answered.
CREATE TABLE widget_origins (
    origin     TEXT COLLATE "C" NOT NULL,
    chatbot_id BIGINT NOT NULL,
    PRIMARY KEY (origin, chatbot_id)
);
CREATE INDEX widget_origins_chatbot ON widget_origins (chatbot_id);

-- Who has talked in a widget: by the hash of their lasting secret, or of a proven external ID.
CREATE TABLE visitors (
    subject         BYTEA PRIMARY KEY,
    chatbot_id      BIGINT NOT NULL,
    end_user_id     BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL, -- the newest
    read_id         BIGINT NOT NULL  -- the newest message that was seen
);
CREATE INDEX visitors_chatbot ON visitors (chatbot_id);
CREATE INDEX visitors_conversation ON visitors (conversation_id);

-- Messages by the names that browsers gave them, so that one that is sent again is said once.
CREATE TABLE visitor_messages (
    subject         BYTEA NOT NULL,
    client_id       TEXT COLLATE "C" NOT NULL,
    message_id      BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL,
    PRIMARY KEY (subject, client_id)
);
CREATE INDEX visitor_messages_age ON visitor_messages (message_id);

ALTER TABLE end_users ADD COLUMN claimed_id TEXT COLLATE "C" NOT NULL DEFAULT ''; -- an external ID without proof
ALTER TABLE end_users ADD COLUMN attributes TEXT COLLATE "C" NOT NULL DEFAULT ''; -- JSON object; '' = none

-- +goose Down
ALTER TABLE end_users DROP COLUMN attributes;
ALTER TABLE end_users DROP COLUMN claimed_id;
DROP TABLE visitor_messages;
DROP TABLE visitors;
DROP TABLE widget_origins;
DROP TABLE widgets;
