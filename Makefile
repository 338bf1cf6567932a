.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Some images set it. The tests start hundreds of processes, each of which would compile all of FlowPilot again.
unexport PYTHONDONTWRITEBYTECODE
VENDOR := flowpilot/web/static/vendor
# Icons that the pages show, by their names in Tabler's outline set.
ICONS := activity alert-circle alert-triangle arrow-back-up arrow-down arrow-left arrow-right arrow-up bell bolt book \
	building chart-bar chart-line check checklist chevron-down chevron-right circle-check circle-x clock clock-pause \
	clock-play copy database-export device-desktop dots download edit external-link eye file-text filter flag git-compare \
	hand-grab help-circle history home hourglass info-circle key language list logout mail menu-2 message moon note pencil \
	phone player-pause player-play player-stop plus refresh route search send settings shield-check sitemap star sun \
	template ticket trash user user-check user-plus users versions webhook world x

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed $(VENDOR)/.copied ## Make .venv with everything FlowPilot needs, and the flowpilot command in .venv/bin

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || scripts/apt-install python3-venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENDOR)/.copied: package-lock.json Makefile
	@command -v npm >/dev/null || scripts/apt-install nodejs npm
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p $(VENDOR)/icons
	cp node_modules/swagger-ui-dist/swagger-ui-bundle.js node_modules/swagger-ui-dist/swagger-ui.css \
		node_modules/@tabler/core/dist/css/tabler.min.css node_modules/htmx.org/dist/htmx.min.js \
		node_modules/echarts/dist/echarts.min.js node_modules/idiomorph/dist/idiomorph.esm.js $(VENDOR)/
	@cp $(ICONS:%=node_modules/@tabler/icons/icons/outline/%.svg) $(VENDOR)/icons/
	@touch $@

demo: setup ## Start FlowPilot with demo data and print where to log in
	$(BIN)/flowpilot demo

test: setup ## Run every test (lint and types included)
	@command -v redis-server >/dev/null || scripts/apt-install redis-server
	@command -v node >/dev/null || scripts/apt-install nodejs
	@command -v chromium-headless-shell >/dev/null || scripts/apt-install chromium-headless-shell || \
		command -v chromium >/dev/null || scripts/apt-install chromium
	@test -e /usr/share/request-tracker5/libexec/rt-server -a -e /usr/share/perl5/Starlet.pm || \
		scripts/apt-install --no-install-recommends request-tracker5 rt5-db-sqlite rt5-standalone dbconfig-no-thanks \
			$$(command -v sendmail >/dev/null || echo msmtp-mta)
	@test -d /usr/share/redmine && ruby -rsqlite3 -rwebrick -e "" 2>/dev/null || \
		scripts/apt-install --no-install-recommends redmine redmine-sqlite ruby-webrick dbconfig-no-thanks
	@$(MAKE) --no-print-directory --jobs 2 lint pytest

exact: setup ## Compare reports over sums of days with their rows in random histories, for half an hour
	FLOWPILOT_TEST_HISTORIES=40 $(BIN)/pytest --numprocesses 2 tests/analytics/summed tests/analytics/records tests/analytics/escalations/days

# Beside lint, whose type checker uses one processor only.
pytest: setup
	$(BIN)/pytest --numprocesses auto

check: setup lint ## Check style, types, house rules and the tests beside what has changed since main, but for long ones
	tests=$$($(BIN)/python scripts/changed_tests.py) && \
		$(BIN)/pytest --numprocesses auto -m "not long" tests/architecture tests/docs $$tests

lint: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## Measure every report, imports and pages at 200,000 sessions: ten minutes
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.grown --requests 10

bench-quick: setup ## Measure reports and imports at 20,000 sessions, to judge a change by its ratios: two minutes
	$(BIN)/python -m benchmarks --sessions 20000 --accounts 4 --requests 30 --cases 1000 --no-texts

bench-rates: setup ## Measure steps and claims a second, beside pgbench: two minutes
	$(BIN)/python -m benchmarks.rates

bench-large: setup ## Measure them at 1,000,000 sessions
	$(BIN)/python -m benchmarks --sessions 1000000 --accounts 100 --cases 25000
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.grown --sessions 1000000

reliability: setup ## Kill the server while sessions are posted, and count what arrives in each ticket system
	$(BIN)/python -m benchmarks.reliability arrivals --write
	$(BIN)/python -m benchmarks.reliability slowness --write

lock: ## Pin the newest allowed versions into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra ai --extra meaning --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --upgrade -o requirements.lock

.PHONY: help setup demo test exact pytest check lint bench bench-quick bench-rates bench-large reliability lock
