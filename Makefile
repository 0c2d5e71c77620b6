# What people and CI call. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PROGRAMS := runner gateway operator

help: ## Show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/ready ## Make the virtual environment with the pinned dependencies

$(PY):
	@echo "== virtual environment ($(VENV))"
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11 to 3.13 is needed, {sys.executable} is {v.major}.{v.minor}; set PYTHON=python3.12, say")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "installing python3-venv"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/ready: requirements/dev.txt pyproject.toml | $(PY)
	@echo "== pinned dependencies into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(PY) ## From nothing to a webhook's step results on a real cluster
	@$(PY) examples/demo.py

check: setup ## Read-only: format, lint, types, import contracts, drift of generated files
	@echo "== ruff format"; $(VENV)/bin/ruff format --check .
	@echo "== ruff"; $(VENV)/bin/ruff check .
	@echo "== mypy --strict, tests and test bed too"; $(VENV)/bin/mypy
	@echo "== import contracts"; $(VENV)/bin/lint-imports
	@echo "== generated CRDs"; $(VENV)/bin/penstock-crds --check
	@echo "== generated rules of admission"; $(PY) -m penstock_core.manifests.allow_list --check
	@echo "== generated reference and cookbook"; $(PY) -m reference --check

fix: setup ## Format, apply safe lint fixes, regenerate the CRDs, the rules of admission and the reference
	@$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .
	@$(VENV)/bin/penstock-crds
	@$(PY) -m penstock_core.manifests.allow_list
	@$(PY) -m reference

test: setup ## Everything: unit, integration, e2e on a real cluster
	@$(PY) -m tests.support.everything

test-unit: setup ## Unit tests alone: no input or output, seconds
	@$(PY) -m pytest tests/unit -q -n 2

test-integration: setup ## Integration tests alone: a real Postgres
	@$(PY) -m testbed packages
	@$(PY) -m pytest tests/integration -q -n 2

test-e2e: setup cluster-up images ## E2e tests alone, on the test bed as it stands
	@$(PY) -m pytest tests/e2e -q -n 6

bench: setup cluster-up images ## Measure; results in build/bench.json
	@$(PY) -m tests.bench

cluster-up: setup ## Start the test bed (kind where Docker answers, else a node in namespaces)
	@$(PY) -m testbed up

cluster-down: ## Stop the test bed and remove its state
	@$(if $(wildcard $(PY)),$(PY),$(PYTHON)) -m testbed down

images: setup ## Build the images, load them into the cluster, and write what is in them (build/sbom)
	@$(PY) -m testbed images
	@$(PY) -m testbed sboms

audit: setup ## Known vulnerabilities of what is pinned; asks PyPI's advisories, so it needs the internet
	@$(PY) -m venv build/audit
	@build/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@for set in $(PROGRAMS); do echo "== $$set"; \
	  build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements/$$set.txt || exit 1; done

lock: setup ## Resolve requirements/*.in again into pinned, hashed *.txt
	@for set in dev go audit $(PROGRAMS); do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --no-header --no-annotate $$([[ $$set =~ ^(dev|go)$$ ]] || echo --constraint requirements/dev.txt) \
	    --output-file requirements/$$set.txt requirements/$$set.in || exit 1; done

clean: ## Remove the test bed, what it built, and everything made in the checkout
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@$(PYTHON) -B -m testbed down --purge
	@echo "clean"

.PHONY: help setup demo check fix test test-unit test-integration test-e2e bench cluster-up cluster-down images audit lock clean
