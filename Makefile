# Every task of the project, each recipe at most three lines; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install
LOCK := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
CORE := objects parse changes launcher placement quota judge policy review admission rollout inventory
comma := ,
empty :=
CORE_FILES := $(subst $(empty) $(empty),$(comma),$(foreach m,$(CORE),webhook/$(m).py webhook/$(m)/*))
QUICK := not edge and not slow and not e2e
export CUSTOM_COMPILE_COMMAND = make lock

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help venv demo cluster-up cluster-down check test fmt lint types imports layout unit
.PHONY: coverage edge e2e torture differential rendered mutants bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: .venv/.installed  ## .venv with the locked dependencies and the vm-affinity command

.venv/.locked: requirements-dev.lock
	$(PYTHON) -m venv .venv
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@touch $@

.venv/.installed: .venv/.locked setup.cfg pyproject.toml
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

demo: venv  ## the real server over TLS on a recorded cluster: what is accepted, what is not and why
	$(BIN)/python -m tests.demo

cluster-up: venv  ## a local control plane with KubeVirt, in the background; prints the KUBECONFIG line
	@$(BIN)/python -m tests.cluster up

cluster-down: venv  ## end it
	@$(BIN)/python -m tests.cluster down

check: lint types imports unit  ## what every change must pass, in at most three minutes

test: lint types imports coverage edge e2e  ## everything that gates a merge; this is what CI runs

fmt: venv  ## format, and repair what ruff can repair
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: venv  ## format, style, complexity, banned calls
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: venv  ## mypy, strict
	$(BIN)/mypy

imports: venv  ## the import contracts of setup.cfg
	$(BIN)/lint-imports

layout: venv  ## the shape of the repository
	$(BIN)/pytest tests/test_layout.py

unit: venv  ## tests of the core and of the layout
	$(BIN)/pytest -m "$(QUICK)"

coverage: venv  ## the same under branch coverage, which must be 100 % for the core
	$(BIN)/coverage run -m pytest -m "$(QUICK)"
	$(BIN)/coverage report --include="$(CORE_FILES)" --fail-under=100

edge: venv  ## tests through real servers and processes, and the slow ones
	$(BIN)/pytest -m "(edge or slow) and not e2e"

e2e: venv  ## tests on the local control plane; the first time its programs are built with Go
	$(BIN)/python -m tests.cluster build
	$(BIN)/pytest -m e2e

torture: differential rendered mutants  ## comparisons with the real programs, for minutes; results in build/torture

differential: venv  ## our verdict against the real kube-scheduler's, on random clusters
	$(BIN)/python -m tests.torture.differential

rendered: venv  ## the predicted target pods against those of the real virt-controller
	$(BIN)/python -m tests.torture.rendered

mutants: venv  ## what the unit tests notice when the verdict is broken on purpose
	$(BIN)/python -m tests.torture.mutants

bench: venv  ## ratios within one run: verdicts, ingest, admission; results in build/bench
	$(BIN)/python -m tests.bench

lock: venv  ## pin every dependency again, with hashes, within the bounds of setup.cfg
	$(LOCK) --output-file requirements.lock setup.cfg
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock setup.cfg

clean:  ## remove what the other targets made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf .coverage build dist *.egg-info
	find webhook certs tests -name __pycache__ -prune -exec rm -rf {} +
