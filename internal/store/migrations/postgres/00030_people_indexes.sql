-- +goose Up
-- People's sessions and accounts are listed by ID, and the newest session is found at the start: none of it may walk
-- through everybody's.
CREATE INDEX sessions_newest ON sessions (id);
DROP INDEX sessions_person;
CREATE INDEX sessions_person ON sessions (person_id, id);
DROP INDEX members_of_person;
CREATE INDEX members_of_person ON members (person_id, id);

-- +goose Down
DROP INDEX members_of_person;
CREATE INDEX members_of_person ON members (person_id);
DROP INDEX sessions_person;
CREATE INDEX sessions_person ON sessions (person_id);
DROP INDEX sessions_newest;
