# The one place that knows how to set up, try, test and check mathmill.
# Every target sets up what it needs in .venv first and does nothing twice. `make` alone lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
# PYTHON: the interpreter that makes .venv; default: the first of these that is 3.11 or newer.
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
# TORCH: what to install as PyTorch, with any options of pip; default: what the package index gives.
TORCH ?=
# ARGS: further arguments for pytest, such as ARGS="-k warc".
ARGS ?=
# JOBS: processes of the test suite.
JOBS ?= 2
# BENCHMARKS: which of benchmarks/ to run; all of them take about five hours.
BENCHMARKS ?= peer_environments small_model archives charsets matrix extraction mathml glyphs cascade corpus classifier gates dedup site_lines decontamination selection harvest plan engines engine_queries store_requests logprob sampling sft forgetting verifier harness

CREATED := $(VENV)/.created
INSTALLED := $(VENV)/.installed
INSTALLED_BENCH := $(VENV)/.installed-bench
TORCH_CHOSEN := $(VENV)/.torch

.PHONY: help setup demo test test-all lint bench clean distclean

help:
	@echo "make setup      virtual environment in $(VENV) with everything for work on mathmill"
	@echo "make demo       the whole job on a small made-up web, in about a minute"
	@echo "make test       the tests, without the slow ones"
	@echo "make test-all   all tests"
	@echo "make lint       format, lint and types"
	@echo "make bench      ours beside its peers; prints the tables of docs/results.md"
	@echo "make clean      remove caches and the demo's run; distclean removes $(VENV) too"

setup: $(INSTALLED)
ifneq ($(strip $(TORCH)),)
	@if [ "$$(cat $(TORCH_CHOSEN) 2>/dev/null)" != '$(TORCH)' ]; then \
	  echo "Replacing torch by: $(TORCH)"; \
	  $(PIP) uninstall --yes torch && $(PIP) install --constraint constraints.txt $(TORCH) \
	  && echo '$(TORCH)' > $(TORCH_CHOSEN); \
	fi
endif
	@echo "Everything is set up in $(VENV)."

demo: $(INSTALLED)
	@echo "Running the demo: a made-up web into runs/demo, and a corpus out of it."
	@$(BIN)/mathmill demo run

test: $(INSTALLED)
	@echo "Running the tests on $(JOBS) processes (the slow ones: make test-all)."
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow" $(ARGS)

test-all: $(INSTALLED)
	@echo "Running all tests on $(JOBS) processes."
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: $(INSTALLED)
	@echo "Checking format, lint and types."
	@$(BIN)/ruff format --check src tests benchmarks
	@$(BIN)/ruff check src tests benchmarks
	@$(BIN)/mypy

bench: $(INSTALLED_BENCH)
	@set -e; for name in $(BENCHMARKS); do \
	  echo "Running benchmarks/$$name.py."; $(BIN)/python -m benchmarks.$$name; \
	done

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist runs/demo
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV) src/mathmill.egg-info

# Not the interpreter but a mark made after it: an interrupted set-up starts again.
$(CREATED):
	@found=; old=; \
	for python in $(PYTHONS); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	  old="$$old$$("$$python" -c 'import sys; print(" %d.%d" % sys.version_info[:2])' 2>/dev/null || true)"; \
	done; \
	if [ -z "$$found" ]; then \
	  if [ -n "$$old" ]; then echo "mathmill needs Python 3.11 or newer; found only$$old." >&2; \
	  else echo "mathmill needs Python 3.11 or newer; none of these runs: $(PYTHONS)." >&2; fi; \
	  echo "Install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name one: make setup PYTHON=/path/to/python3" >&2; \
	  exit 1; \
	fi; \
	if ! "$$found" -c 'import venv, ensurepip' 2>/dev/null; then \
	  echo "$$found cannot make virtual environments: it lacks the venv module." >&2; \
	  echo "Install it (Debian, Ubuntu: apt-get install python3-venv) and run make again." >&2; \
	  exit 1; \
	fi; \
	echo "Making a virtual environment in $(VENV) with $$("$$found" --version)."; \
	"$$found" -m venv --clear $(VENV)
	@touch $@

$(INSTALLED): $(CREATED) pyproject.toml constraints.txt
ifneq ($(strip $(TORCH)),)
	@echo "Installing torch as: $(TORCH)"
	@$(PIP) install --constraint constraints.txt $(TORCH)
	@echo '$(TORCH)' > $(TORCH_CHOSEN)
endif
	@echo "Installing mathmill and what it needs (some minutes the first time; torch alone is hundreds of megabytes)."
	@$(PIP) install --constraint constraints.txt --editable '.[dev,train]'
	@touch $@

$(INSTALLED_BENCH): $(INSTALLED)
	@echo "Installing the peers that the benchmarks compare with."
	@$(PIP) install --constraint constraints.txt --editable '.[bench,dev,train]'
	@touch $@
