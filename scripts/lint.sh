#!/usr/bin/env bash
# The form of the code: formatted by gofumpt, vetted, checked by staticcheck, and only importing what the
# house rules allow (that last one is a Go test, internal/app/architecture_test.go). The two programs are
# pinned in tools/go.mod, apart from the product's modules. golangci-lint says more where it is installed.
# lint.sh without-vet leaves vetting to its caller.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh tools
unformatted=$(git ls-files -z --cached --others --exclude-standard '*.go' | xargs -0 bin/tools/gofumpt -l)
if [ -n "$unformatted" ]; then
  echo "not formatted (run bin/tools/gofumpt -w):" >&2
  echo "$unformatted" >&2
  exit 1
fi
[ "${1:-}" = without-vet ] || go vet ./...
bin/tools/staticcheck ./...
if command -v golangci-lint >/dev/null 2>&1; then
  golangci-lint run ./...
fi
