# Everything that a developer or a CI job does. Needs python3 (3.11 or later), make and git; `make help` lists the targets.

PYTHON ?= python3
# Most tests wait for a local cloud rather than for the processor.
WORKERS ?= 4
VENV := .venv
BIN := $(VENV)/bin
DEMO := build/demo
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
KUBERNETES ?= builtin
LOCAL := -f flannel-cluster --cloud local

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help install demo test test-all lint format crash docs bench makespan kube-assets node-assets practice clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade 'pip>=25.1'

$(VENV)/installed: pyproject.toml | $(BIN)/python
	@echo "Installing acsctl and the local cloud ..."
	@$(PIP) install --editable '.[local,schemas]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what the tests need ..."
	@$(PIP) install --group dev
	@touch $@

install: $(VENV)/installed  ## acsctl and the local cloud in .venv

demo: $(VENV)/installed  ## apply a cluster with a web service to the local cloud, then plan again; KUBERNETES=real: a real control plane
	@rm -rf $(DEMO)
	@mkdir -p $(DEMO)
	@cp -R stacks/flannel-cluster $(DEMO)/
	@cd $(DEMO) && PATH="$(CURDIR)/$(BIN):$$PATH" && export ACSCTL_LOCAL_KUBERNETES=$(KUBERNETES) && \
		acsctl apply --yes $(LOCAL) && acsctl plan $(LOCAL) && acsctl show $(LOCAL) flannel.overlay workload.web
	@echo
	@echo 'That ran in $(DEMO), where the local cloud keeps its world. Try next:'
	@echo
	@echo '  export PATH="$(CURDIR)/$(BIN):$$PATH"; cd $(CURDIR)/$(DEMO)'
	@echo
	@echo '  acsctl apply $(LOCAL) --var nodes=5    # two more nodes'
	@echo '  acsctl apply $(LOCAL) --var tag=1.5    # another image of the web service'
	@echo '  acsctl emulator serve                            # and look into the cluster with the kubectl line that it prints'
	@echo '  acsctl destroy $(LOCAL)                # take it all away'

lint: $(VENV)/installed-dev  ## ruff and mypy
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary

format: $(VENV)/installed-dev  ## sort imports and lay out the code
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

test: lint  ## ruff, mypy and every test that is not long
	@test -e build/kube-assets/stamp || echo 'There is no real Kubernetes (make kube-assets): the tests cover the built-in one only.'
	@$(BIN)/pytest -n $(WORKERS) -m 'not long'

test-all: lint  ## everything, with many more examples of every property, and the practice
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest -n $(WORKERS)
	@$(MAKE) practice

crash: $(VENV)/installed-dev  ## kill every command at every call and run it again; goes on where it was ended; CRASH=--faults: faults instead
	@ACSCTL_LEASE=20 $(BIN)/python -m tests.crash $(CRASH)

docs: $(VENV)/installed  ## write docs/kinds.md from the schemas
	@$(BIN)/python -c 'from acsctl.kinds import registry; from acsctl.view import markdown; print(markdown.kinds(registry.schemas()), end="")' > docs/kinds.md.new
	@mv docs/kinds.md.new docs/kinds.md

bench: $(VENV)/installed-dev  ## calls, time and memory of large stacks
	@$(BIN)/python -m benchmarks

makespan: $(VENV)/installed-dev  ## minutes: how long applies take against the cloud's own longest path
	@$(BIN)/python -m benchmarks.makespan

kube-assets:  ## etcd and Kubernetes for clusters of the local cloud, built with Go (ten minutes the first time)
	@tests/kube-assets/build.sh

node-assets:  ## kubelet, kube-proxy and flanneld for real nodes of the local cloud, built with Go (ten minutes the first time)
	@tests/practice/assets/build.sh

practice: $(VENV)/installed-dev  ## from a Dockerfile to a page on real nodes and back: Linux, root, make kube-assets node-assets
	@$(BIN)/python -m tests.practice

clean:  ## remove what was made here, .venv too
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find acsctl tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
