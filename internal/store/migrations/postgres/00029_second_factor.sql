-- +goose Up
-- The second factor of a person: codes by time (RFC 6238), and codes for when the device is lost.
ALTER TABLE people ADD COLUMN sealed BYTEA;                            -- the secret; NULL if there is none
ALTER TABLE people ADD COLUMN factor_since BIGINT NOT NULL DEFAULT 0; -- 0: not confirmed, so not asked for
ALTER TABLE people ADD COLUMN factor_step BIGINT NOT NULL DEFAULT 0;  -- the newest that was used: none works twice
ALTER TABLE people ADD COLUMN recovery TEXT COLLATE "C" NOT NULL DEFAULT '';       -- SHA-256 of the codes that are left, in hex, separated by spaces
ALTER TABLE accounts ADD COLUMN factor_required BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE people DROP COLUMN sealed;
ALTER TABLE people DROP COLUMN factor_since;
ALTER TABLE people DROP COLUMN factor_step;
ALTER TABLE people DROP COLUMN recovery;
ALTER TABLE accounts DROP COLUMN factor_required;
