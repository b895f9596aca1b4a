-- +goose Up
-- Only what comes later in the same conversation has to wait behind an event whose deliveries are still to be made.
ALTER TABLE expansions ADD COLUMN conversation_id BIGINT NOT NULL DEFAULT 0; -- 0: none
UPDATE expansions SET conversation_id = coalesce((SELECT e.conversation_id FROM events e WHERE e.id = expansions.event_id), 0);
CREATE INDEX expansions_conversation ON expansions (conversation_id);
