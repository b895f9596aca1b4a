#!/usr/bin/env bash
# Makes what is committed but made from the code: the OpenAPI document, and the event types of the
# libraries for receivers.
set -euo pipefail
cd "$(dirname "$0")/.."
go test ./internal/api -count=1 -update
cd sdk/go && go generate ./...
