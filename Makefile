.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
VENDOR := flowpilot/web/static/vendor

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed $(VENDOR)/.copied ## Make .venv with everything FlowPilot needs, and the flowpilot command in .venv/bin

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || scripts/apt-install python3-venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENDOR)/.copied: package-lock.json
	@command -v npm >/dev/null || scripts/apt-install nodejs npm
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p $(VENDOR)
	cp node_modules/swagger-ui-dist/swagger-ui-bundle.js node_modules/swagger-ui-dist/swagger-ui.css $(VENDOR)/
	@touch $@

demo: setup ## Start FlowPilot with demo data and print where to log in
	$(BIN)/flowpilot demo

test: setup lint ## Run every test (lint and types included)
	@command -v redis-server >/dev/null || scripts/apt-install redis-server
	$(BIN)/pytest

lint: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## Measure every report and print the figures
	$(BIN)/python -m benchmarks

lock: ## Pin the newest allowed versions into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra ai --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --upgrade -o requirements.lock

.PHONY: help setup demo test lint bench lock
