-- +goose Up
-- How far the clock was believed when purging ran last, ms; 0 before the first time. It only grows.
CREATE TABLE purging (
    believed INTEGER NOT NULL
) STRICT;
INSERT INTO purging (believed) VALUES (0);

-- +goose Down
DROP TABLE purging;
