-- +goose Up
-- Which master key the sealed values of this database need, by its fingerprint: one row.
CREATE TABLE master_key (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    fingerprint TEXT NOT NULL
) STRICT;

-- What a receiver got before may show credentials that webhooks carry; it is for looking at only.
DELETE FROM received_requests;

-- +goose Down
DROP TABLE master_key;
