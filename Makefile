# `make run` and `make test` do all of their own set-up. Console scripts are never called by name: in a folder whose
# path has a space in it their first line is broken.
PYTHON ?= python3
PORT ?= 8000
VENV_PYTHON := .venv/bin/python
UV := $(VENV_PYTHON) -m uv
COMPILE := pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --universal

.DEFAULT_GOAL := help
.PHONY: help run test lint bench lock messages advisories reset clean environment development comparison
export PORT

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: environment ## Start everything: servers, migrations, demo data, web, WebSocket, worker (PORT=8000)
	@$(VENV_PYTHON) -m megacity.launch

test: development ## Run the test suite (ARGS="-k name" passes options on)
	@$(VENV_PYTHON) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: development ## Check style, types, import contracts, migrations and translations
	@sh .ci/lint

bench: comparison ## Measure, and print the ratios of docs/benchmarks.md
	@$(VENV_PYTHON) -m tests.bench $(ARGS)

lock: development ## Resolve pyproject.toml into the lock files, with hashes
	$(UV) $(COMPILE) pyproject.toml --output-file requirements.lock
	$(UV) $(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(UV) $(COMPILE) pyproject.toml --group dev --group bench --constraint requirements-dev.lock --output-file requirements-bench.lock

messages: development ## Take new strings into the catalogues and compile them
	@sh .ci/offline manage.py check_translations --update

advisories: development ## Ask databases of advisories about every component (ends with 1 on a finding, 2 unasked)
	@$(VENV_PYTHON) -m megacity.advisories $(ARGS)

reset: environment ## Delete the data of var/ (asks; CONFIRM=1 does not)
	@CONFIRM=$(CONFIRM) $(VENV_PYTHON) -m megacity.launch reset

clean: ## Delete caches and the virtual environment; the data stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path "./var/*" -prune -exec rm -rf {} +

environment:
	@$(PYTHON) -I megacity/bootstrap.py run

comparison:
	@$(PYTHON) -I megacity/bootstrap.py bench

development:
	@$(PYTHON) -I megacity/bootstrap.py dev
