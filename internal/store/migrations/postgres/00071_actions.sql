-- +goose Up
-- HTTP requests that a model may have made. The request is sealed as a whole: headers and URLs hold credentials.
CREATE TABLE custom_actions (
    id         BIGINT PRIMARY KEY,
    chatbot_id BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    settings   TEXT NOT NULL, -- JSON: what is not sealed
    sealed     BYTEA NOT NULL -- JSON: the request
);
CREATE INDEX custom_actions_chatbot ON custom_actions (chatbot_id, id);

-- Rules for the model, in categories. category_id 0 is the one that every chatbot has.
CREATE TABLE instructions (
    id          BIGINT PRIMARY KEY,
    chatbot_id  BIGINT NOT NULL,
    category_id BIGINT NOT NULL,
    version     BIGINT NOT NULL,
    name        TEXT NOT NULL,
    text        TEXT NOT NULL,
    active      INTEGER NOT NULL
);
CREATE INDEX instructions_chatbot ON instructions (chatbot_id, id);

CREATE TABLE instruction_categories (
    id          BIGINT PRIMARY KEY,
    chatbot_id  BIGINT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL
);
CREATE INDEX instruction_categories_chatbot ON instruction_categories (chatbot_id, id);

-- +goose Down
DROP TABLE instruction_categories;
DROP TABLE instructions;
DROP TABLE custom_actions;
