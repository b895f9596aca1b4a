-- +goose Up
-- Into how many passages a document is cut, for the quota: of documents that are older, about so many.
ALTER TABLE documents ADD COLUMN passages INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET passages = 1 + length(text) / 800;
CREATE INDEX documents_passages ON documents (chatbot_id, passages);
