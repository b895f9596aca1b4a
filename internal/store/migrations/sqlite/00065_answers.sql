-- +goose Up
-- Documents say what else they are asked as, and replies what they were made from.
ALTER TABLE documents ADD COLUMN kind TEXT NOT NULL DEFAULT 'document';
ALTER TABLE documents ADD COLUMN url TEXT NOT NULL DEFAULT '';
ALTER TABLE documents ADD COLUMN questions TEXT NOT NULL DEFAULT ''; -- JSON array; '' = none
ALTER TABLE messages ADD COLUMN sources TEXT NOT NULL DEFAULT '';     -- JSON array; '' = none
ALTER TABLE messages ADD COLUMN suggestions TEXT NOT NULL DEFAULT ''; -- JSON array; '' = none

-- +goose Down
ALTER TABLE messages DROP COLUMN suggestions;
ALTER TABLE messages DROP COLUMN sources;
ALTER TABLE documents DROP COLUMN questions;
ALTER TABLE documents DROP COLUMN url;
ALTER TABLE documents DROP COLUMN kind;
