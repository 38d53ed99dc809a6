# `make` alone lists what there is. Everything is installed into .venv, from the hashed locks.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PORT ?= 8420
DATA ?= ../shared/data/nlp

COMMAND = printf '\#!/bin/sh\nPYTHONPATH="%s" exec "%s/bin/python" -m goodstanding "$$@"\n' "$(CURDIR)" "$(CURDIR)/$(VENV)" > $(VENV)/bin/goodstanding && chmod +x $(VENV)/bin/goodstanding

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo serve check test quick test-ui faults fuzz bench mutants wheel model model-semantic notices docs lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.run: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(COMMAND)
	@touch $@

$(VENV)/.dev: requirements-dev.lock
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(COMMAND)
	@touch $@ $(VENV)/.run

setup: $(VENV)/.run ## install what the product needs

setup-dev: $(VENV)/.dev ## install what tests and checks need, too

demo: setup ## fill and open a running example (PORT=8420)
	$(RUN) -m goodstanding demo --port $(PORT)

serve: setup ## run the product on ./data
	$(RUN) -m goodstanding serve --data data --port $(PORT)

check: setup-dev ## format, lint, types, import contracts
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports

test: setup-dev check ## all tests, Postgres and browser included
	$(RUN) -m pytest -n 2 --dist loadfile -q

quick: setup-dev ## the fast tests
	$(RUN) -m pytest -n 2 -q -m "not slow and not browser and not postgres"

test-ui: setup-dev ## the pages in a real browser
	$(RUN) -m pytest -q -m browser

faults: setup-dev ## state machine, seeded bugs, crash points, races, a platform in trouble, kill -9: the long form
	$(RUN) -m tests.faults

fuzz: setup-dev ## 1,000,000 random and hostile strings through everything that reads a text
	$(RUN) -m tests.fuzz_understand

bench: setup-dev ## every figure, with its peers, in one run
	$(RUN) -m bench

mutants: setup-dev ## mutation testing of core and kernel
	$(RUN) -m mutmut run

wheel: setup-dev ## build the wheel into dist/
	$(RUN) -m build --no-isolation --wheel

docs: setup-dev ## renew the reference pages; show the changelog as it would be released
	$(RUN) tools/reference.py
	$(RUN) -m towncrier build --draft --version next

model: setup-dev ## fit the model of understanding again and write its card (DATA=folder of the open sets)
	$(RUN) -m model.train $(DATA)
	$(RUN) -m model.card

model-semantic: setup-dev ## fit the heads of the second opinion again, after `make model` (DATA=folder; twenty minutes at first)
	$(RUN) -m model.semantic $(DATA)

notices: setup-dev ## renew THIRD_PARTY_NOTICES
	$(RUN) tools/notices.py

lock: setup-dev ## renew the locks (needs pip-tools)
	$(RUN) -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-header --strip-extras -o requirements.lock pyproject.toml
	$(RUN) -m piptools compile -q --generate-hashes --no-emit-index-url --no-emit-trusted-host --no-header --strip-extras --allow-unsafe --extra dev -o requirements-dev.lock pyproject.toml

clean: ## remove what was built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
