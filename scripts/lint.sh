#!/usr/bin/env bash
# The form of the code: formatted, vetted, and only importing what the house rules allow (that last
# one is a Go test, internal/app/architecture_test.go). golangci-lint says more where it is installed.
# lint.sh without-vet leaves vetting to whoever calls it.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 gofmt -l)
if [ -n "$unformatted" ]; then
  echo "not formatted (run gofmt -w):" >&2
  echo "$unformatted" >&2
  exit 1
fi
[ "${1:-}" = without-vet ] || go vet ./...
if command -v golangci-lint >/dev/null 2>&1; then
  golangci-lint run ./...
fi
