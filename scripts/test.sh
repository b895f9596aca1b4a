#!/usr/bin/env bash
# Every test there is. bin/bot9 must have been built, since the end-to-end and browser tests start it.
set -euo pipefail
cd "$(dirname "$0")/.."
export BOT9_BIN="$PWD/bin/bot9"

step() { printf '\n== %s\n' "$1"; }

step "Form of the code"
scripts/lint.sh without-vet # go test does it below; by itself it would compile everything once more

step "Dashboard: types, lint and unit tests"
(cd ui && npm run --silent check && npm test --silent)

step "Widget: types and unit tests"
(cd widget && npm run --silent check)

step "Libraries for receivers: Go, TypeScript, Python"
sdk/test.sh

step "Server: all Go tests, with the race detector"
# Not in SQLite's own code: that is C made into Go, of which one goroutine at a time uses a connection. Watching each
# of its memory accesses makes the tests three times as long.
go test -race -vet=all -gcflags='github.com/ncruces/go-sqlite3-wasm/...=-race=false' -timeout 20m ./...

step "Deployment files"
(cd test/deploy && go vet ./... && go test -count=1 ./...) # what they read is outside their module, which Go's cache doesn't see

step "Dashboard in a real browser"
(cd test/browser && npm test --silent)

printf '\nAll tests passed.\n'
