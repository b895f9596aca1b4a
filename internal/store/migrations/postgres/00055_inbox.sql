-- +goose Up
-- waiting_id: made when the conversation began to wait for a human, so that it tells the time and sorts the queue; 0 = it
-- waits for none. last_user_message: the end user's newest message, which members have read or not.
ALTER TABLE conversations ADD COLUMN waiting_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN last_user_message BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN last_speaker TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Of what was there before, those wait that no human has answered. Their own IDs put them in order.
UPDATE conversations SET waiting_id = id WHERE status = 'needs_review'
    AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = conversations.id AND m.chat_user = 'humanagent');
CREATE INDEX conversations_waiting ON conversations (chatbot_id, waiting_id) WHERE waiting_id <> 0;
CREATE INDEX conversations_agent ON conversations (chatbot_id, agent_id, status, id) WHERE agent_id <> '';
CREATE INDEX conversations_silent ON conversations (chatbot_id, updated_at) WHERE status <> 'closed';

-- How far a member has read a conversation.
CREATE TABLE conversation_reads (
    conversation_id BIGINT NOT NULL,
    member_id       BIGINT NOT NULL,
    message_id      BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, member_id)
);

-- Private notes: never among the messages.
CREATE TABLE notes (
    id              BIGINT PRIMARY KEY,
    conversation_id BIGINT NOT NULL,
    author_id       TEXT COLLATE "C" NOT NULL,
    author_name     TEXT NOT NULL,
    text            TEXT NOT NULL
);
CREATE INDEX notes_conversation ON notes (conversation_id, id);

CREATE TABLE canned_replies (
    id         BIGINT PRIMARY KEY,
    chatbot_id BIGINT NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    text       TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX canned_replies_chatbot ON canned_replies (chatbot_id, id);
CREATE UNIQUE INDEX canned_replies_name ON canned_replies (chatbot_id, name);

-- How a chatbot's conversations are handed to people; the defaults hold for one without a row.
CREATE TABLE inboxes (
    chatbot_id  BIGINT PRIMARY KEY,
    assignment  TEXT COLLATE "C" NOT NULL,
    agents      TEXT COLLATE "C" NOT NULL, -- IDs of members, joined by spaces
    close_after BIGINT NOT NULL, -- minutes; 0 = never
    last_agent  BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX inboxes_closing ON inboxes (chatbot_id) WHERE close_after > 0;

-- +goose Down
DROP TABLE inboxes;
DROP TABLE canned_replies;
DROP TABLE notes;
DROP TABLE conversation_reads;
DROP INDEX conversations_silent;
DROP INDEX conversations_agent;
DROP INDEX conversations_waiting;
ALTER TABLE conversations DROP COLUMN last_speaker;
ALTER TABLE conversations DROP COLUMN last_user_message;
ALTER TABLE conversations DROP COLUMN waiting_id;
