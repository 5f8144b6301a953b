# SpeakDesk. `make run` and `make test` do everything on a fresh machine; a second call is quick.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup run test check bench package lock clean

help:
	@echo "make run      open SpeakDesk in the practice room (no key, no network, no account)"
	@echo "make test     run all the tests"
	@echo "make check    ruff, mypy, layers"
	@echo "make bench    measure it against a plain Pipecat pipeline, one JSON line per figure"
	@echo "make setup    only create $(VENV) and install what is locked"

$(STAMP): requirements.lock pyproject.toml .ci/environment
	@.ci/environment $(VENV)
	@touch $(STAMP)

setup: $(STAMP)

run: $(STAMP)
	@.ci/system-libraries window
	@$(BIN)/speakdesk

test: $(STAMP)
	@.ci/system-libraries test
	@$(BIN)/python -m tests.run

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_layers.py

bench: $(STAMP)
	@.ci/system-libraries test
	@$(BIN)/python -m tests.bench

package: $(STAMP)
	@echo "Not yet: the PyInstaller build comes with its own issue. Until then, \`make run\` starts SpeakDesk from source."

lock: $(STAMP)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header pyproject.toml --group dev -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
