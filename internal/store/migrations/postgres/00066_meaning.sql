-- +goose Up
-- What documents mean: the vectors of their texts, one after the other, a byte for each value. The id is the document's.
CREATE TABLE document_vectors (
    id         BIGINT PRIMARY KEY,
    chatbot_id BIGINT NOT NULL,
    updated_at BIGINT NOT NULL, -- of the state of the document that they are of
    encoder    TEXT COLLATE "C" NOT NULL,
    dimensions INTEGER NOT NULL,
    vectors    BYTEA NOT NULL
);
CREATE INDEX document_vectors_chatbot ON document_vectors (chatbot_id, id);
CREATE INDEX document_vectors_encoder ON document_vectors (encoder);

-- Documents whose vectors are still to be made. Whoever takes one has it until the time given, and longer if they say so.
CREATE TABLE encoding (
    id          BIGINT PRIMARY KEY,
    chatbot_id  BIGINT NOT NULL,
    account_id  BIGINT NOT NULL,
    taken_until BIGINT NOT NULL
);
CREATE INDEX encoding_account ON encoding (account_id, id);
CREATE INDEX encoding_chatbot ON encoding (chatbot_id);
INSERT INTO encoding (id, chatbot_id, account_id, taken_until)
    SELECT d.id, d.chatbot_id, c.account_id, 0 FROM documents d JOIN chatbots c ON c.id = d.chatbot_id;

-- +goose Down
DROP TABLE encoding;
DROP TABLE document_vectors;
