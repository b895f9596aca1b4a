-- +goose Up
-- What was wrong with a webhook's filter: on how many events since it was set, and on which last.
ALTER TABLE webhooks ADD COLUMN filter_errors bigint NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN filter_error_event bigint NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN filter_error_at bigint NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN filter_error_reason text NOT NULL DEFAULT '';
