# The two that a newcomer needs: make run, make test. Everything else is a part of them.

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GO_FLAGS := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

.PHONY: run test build dashboard widget lint bench screenshots setup setup-ui setup-widget setup-model setup-model-required setup-browser setup-postgres setup-languages setup-tools generate clean

## run: set up, build, and start a server with a demo chatbot and a receiver that shows its webhooks
run: build
	bin/bot9 quickstart

## test: set up, and pass every test: Go with the race detector, the dashboard, the libraries for receivers, the browser
test: setup-model-required build setup-browser setup-postgres setup-languages
	scripts/test.sh

## build: bin/bot9, with the dashboard, the widget and the model of meaning inside
build: dashboard widget setup-model
	CGO_ENABLED=0 go build $(GO_FLAGS) -o bin/bot9 ./cmd/bot9

dashboard: setup-ui
	cd ui && npm run --silent build

setup: setup-ui setup-widget setup-model setup-browser setup-postgres setup-languages setup-tools

widget: setup-widget
	cd widget && npm run --silent build

setup-widget:
	scripts/setup.sh widget

setup-ui:
	scripts/setup.sh ui

setup-model:
	scripts/setup.sh model

setup-model-required:
	scripts/setup.sh model required

setup-browser:
	scripts/setup.sh browser

setup-postgres:
	scripts/setup.sh postgres

setup-languages:
	scripts/setup.sh languages

setup-tools:
	scripts/setup.sh tools

## lint: what CI checks of the code's form: gofumpt, go vet, staticcheck; golangci-lint where it is installed
lint:
	scripts/lint.sh

## bench: print the table of docs/performance.md, and how well the built-in engine answers; BENCH="-duration 10s -only 'fan-out 1 saturated'" chooses
bench: setup-model-required build
	CGO_ENABLED=0 go build -o bin/bench ./bench
	bin/bench $(BENCH)
	CGO_ENABLED=0 go run ./bench/answers

## screenshots: every page of the dashboard, light and dark, wide and phone-sized, into screenshots/; the README's into docs/images
screenshots: build setup-browser
	cd test/browser && npm run --silent screenshots

## generate: what is made from the code and committed: api/openapi.yaml, the libraries' event types, parts of docs
generate:
	scripts/generate.sh

clean:
	rm -rf bin ui/node_modules widget/node_modules test/browser/node_modules sdk/typescript/node_modules sdk/python/.venv
	find ui/dist widget/dist -mindepth 1 ! -name .gitkeep -delete
