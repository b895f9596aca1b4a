-- +goose Up
-- Conversations are found by the integrator's own name for the session.
CREATE INDEX conversations_external ON conversations (chatbot_id, external_session_id, source, id) WHERE external_session_id <> '';

-- +goose Down
DROP INDEX conversations_external;
