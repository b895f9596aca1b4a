-- +goose Up
-- Anybody may ask for the public keys that the server signs with: the webhooks that have one are found by an index.
ALTER TABLE webhooks ADD COLUMN signs_publicly BIGINT NOT NULL DEFAULT 0;
CREATE INDEX webhooks_public_keys ON webhooks (id) WHERE signs_publicly = 1 AND deleted_at IS NULL;

-- +goose Down
DROP INDEX webhooks_public_keys;
ALTER TABLE webhooks DROP COLUMN signs_publicly;
