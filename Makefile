# Nostro: everything a developer runs. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PY := .venv/bin/python
# Checks look at code, not at data: no database is started for them.
NOWHERE := DATABASE_URL=postgresql://127.0.0.1:1/none

.PHONY: help demo migrate test check lint bench campaign shots docs clean

help: ## List what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.venv/.ready: pyproject.toml uv.lock .python-version
	@.ci/prepare
	@touch $@

demo: .venv/.ready ## Start the demo brokerage (PORT=8000)
	@exec .venv/bin/nostro demo

migrate: .venv/.ready ## Bring the database to this version
	@.venv/bin/nostro migrate

test: .venv/.ready ## Run every test, two processes at once, journeys in a real browser
	@.ci/prepare browser
	@.ci/prepare mariadb
	@.ci/prepare quickfix
	$(PY) -m pytest -n 2 --ignore=tests/journeys
	$(PY) -m pytest tests/journeys

check: .venv/.ready lint ## Types, architecture, migrations, and the rules of the house
	$(NOWHERE) .venv/bin/mypy
	.venv/bin/lint-imports
	$(NOWHERE) DJANGO_SETTINGS_MODULE=nostro.site.settings $(PY) -W ignore -m django makemigrations --check --dry-run
	$(NOWHERE) $(PY) -m pytest tests/test_house.py

lint: .venv/.ready ## Style and format
	.venv/bin/ruff check
	.venv/bin/ruff format --check

bench: .venv/.ready ## Measure this machine; figures as JSON
	@.venv/bin/nostro bench --json --write docs/benchmarks.md

campaign: .venv/.ready ## Move money through broken lines, 10,000 times (TRANSFERS) a platform
	NOSTRO_CAMPAIGN=$(or $(TRANSFERS),10000) $(PY) -m pytest tests/test_busy_campaign.py

shots: .venv/.ready ## Walk the journeys and keep pictures of every page in shots/
	@.ci/prepare browser
	NOSTRO_SHOTS=$(CURDIR)/shots $(PY) -m pytest tests/journeys

docs: .venv/.ready ## Write docs/catalogue.md: every operation, query, event
	@$(NOWHERE) $(PY) -W ignore -m nostro.site.catalogue > docs/catalogue.md

clean: ## Remove what was built; data in .nostro stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis shots
