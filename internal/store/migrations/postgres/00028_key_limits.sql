-- +goose Up
-- What a key is confined to. Empty: everything that a developer may, from anywhere, for ever.
ALTER TABLE keys ADD COLUMN scopes TEXT COLLATE "C" NOT NULL DEFAULT '';      -- separated by spaces
ALTER TABLE keys ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN allowed_ips TEXT COLLATE "C" NOT NULL DEFAULT ''; -- separated by spaces

-- +goose Down
ALTER TABLE keys DROP COLUMN scopes;
ALTER TABLE keys DROP COLUMN expires_at;
ALTER TABLE keys DROP COLUMN allowed_ips;
