#!/usr/bin/env bash
# Makes what is committed but made from the code: the OpenAPI document, the event types of the
# libraries for receivers, and the generated parts of the documentation.
set -euo pipefail
cd "$(dirname "$0")/.."
go test ./internal/api -count=1 -update
(cd sdk/go && go generate ./...)
go test ./cmd/bot9 -count=1 -run TestReference -update
go test ./test/docs -count=1 -run TestGenerated -update
