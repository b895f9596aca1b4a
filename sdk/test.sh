#!/usr/bin/env bash
# Tests the three receiver libraries: ./test.sh [go|typescript|python ...], all without arguments.
# It installs what the tests need into sdk/typescript/node_modules and sdk/python/.venv, shows the
# test runners' closing lines, and their whole output where something fails. Nothing is skipped: a
# tool that is missing or too old is a failure.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=()

fail() {
  echo "FAIL: $*" >&2
  return 1
}

need() { # need TOOL WHAT-FOR
  command -v "$1" >/dev/null || fail "$1 is not installed; the $2 library's tests need it"
}

# run COMMAND... keeps the output in the log and shows it if the command fails.
run() {
  "$@" >"$log" 2>&1 || { cat "$log"; fail "$*"; }
}

# changed STAMP FILE... tells whether the files differ from those that the stamp was made of.
changed() {
  local stamp=$1
  shift
  [[ "$(cat "$stamp" 2>/dev/null)" != "$(cat "$@" | cksum)" ]]
}

test_go() {
  need go Go || return
  local module
  for module in go go/crosscheck; do
    (cd "$module" && run go vet ./... && run go test -count=1 ./... && cat "$log") || return
  done
}

test_typescript() {
  need node TypeScript && need npm TypeScript || return
  node --eval 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
    fail "Node $(node --version) is too old; the TypeScript library's tests need 20" || return
  cd typescript || return
  local stamp=node_modules/.installed
  if changed "$stamp" package.json package-lock.json; then
    run npm ci || return
    cat package.json package-lock.json | cksum >"$stamp"
  fi
  run npm test || return
  grep -E '^(#|ℹ) (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ' "$log"
}

test_python() {
  need python3 Python || return
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$(python3 --version) is too old; the Python library's tests need 3.10 (the library itself 3.9)" || return
  cd python || return
  local python=.venv/bin/python stamp=.venv/installed
  if changed "$stamp" requirements-dev.txt; then
    run python3 -m venv --clear .venv || return
    run "$python" -m pip install --quiet --requirement requirements-dev.txt || return
    cat requirements-dev.txt | cksum >"$stamp"
  fi
  run "$python" -m mypy src tests/typed_use.py && cat "$log" || return
  run "$python" -m pytest -q || return
  tail -n 1 "$log"
}

libraries=("$@")
((${#libraries[@]})) || libraries=(go typescript python)
for library in "${libraries[@]}"; do
  case $library in
    go | typescript | python) ;;
    *) fail "there is no library $library"; exit 2 ;;
  esac
  echo "== sdk/$library"
  ("test_$library") || failed+=("$library")
done

if ((${#failed[@]})); then
  fail "sdk: ${failed[*]}"
  exit 1
fi
