-- +goose Up
-- Events whose deliveries are still to be made: too many, or with filters to be evaluated first. A chatbot's are
-- taken in the order of their events; cursor is the last webhook that was looked at.
CREATE TABLE expansions (
    account_id bigint NOT NULL,
    chatbot_id bigint NOT NULL,
    event_id   bigint NOT NULL,
    cursor     bigint NOT NULL,
    PRIMARY KEY (account_id, chatbot_id, event_id)
);
CREATE INDEX expansions_chatbot ON expansions (chatbot_id);
