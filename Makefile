# Holdfast's commands. `make` alone lists them.

PYTHON := .venv/bin/python
WORKERS ?= 2
TESTS ?= tests
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-quick check format clean lock openapi bench soak

help: ## lists these commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

setup: ## installs everything into this folder and starts nothing
	@scripts/setup

demo: setup ## starts the whole product with sample data; Ctrl-C ends it
	@exec .venv/bin/holdfast demo

test: setup ## runs every test (TESTS=tests/inventory for some, WORKERS=4 for more at once)
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal $(TESTS)
	@if [ -e frontend/package.json ]; then cd frontend && npm run --silent check; fi

test-quick: ## runs the tests that are not slow, without looking at the set-up
	$(PYTHON) -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(TESTS)

check: ## lint, format, types and import layers
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

format: ## formats the Python code and sorts its imports
	.venv/bin/ruff check --fix-only .
	.venv/bin/ruff format .

clean: ## forgets the demo's data (the folder HOLDFAST_DATA, .holdfast by default)
	@scripts/clean

lock: ## resolves the dependencies again and pins them with their hashes
	@scripts/lock

openapi: ## writes the HTTP API, generated from the code, to docs/openapi.json
	@.venv/bin/holdfast openapi > docs/openapi.json

bench: setup ## measures ingestion and posting; results go to bench-results/
	@mkdir -p bench-results
	.venv/bin/holdfast bench webhooks --output bench-results/webhooks.json
	.venv/bin/holdfast bench ledger --output bench-results/ledger.json

soak: setup ## walks a vendor's whole year, calm and killed, then the slow tests again and again (TIMES=20)
	@mkdir -p bench-results
	.venv/bin/holdfast bench year --output bench-results/year.json
	.venv/bin/holdfast bench year --kill --like bench-results/year.json \
		--output bench-results/year-killed.json
	@for time in $$(seq $${TIMES:-20}); do \
		echo "==> $$time"; $(PYTHON) -m pytest -q -n $(WORKERS) tests/stories || exit 1; done
