# Each verb prepares what it needs in .venv; `make help` lists them.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help run test check format screenshots docs bench clean

help:
	@echo 'make run          start chat-tui (ARGS="..." are handed on)'
	@echo 'make test         run the tests'
	@echo 'make check        format, lint, types and layering'
	@echo 'make format       apply the formatter and the safe fixes'
	@echo 'make docs         regenerate what is generated from the code'
	@echo 'make screenshots  redraw screenshots/ from the running program'
	@echo 'make bench        measure, against a bare Textual app in the same run'

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'chat-tui needs Python 3.11 or newer; set PYTHON=/path/to/python3.11'; exit 2; }
	@echo 'Preparing .venv (once) …'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/created pyproject.toml constraints.txt
	@echo 'Installing chat-tui …'
	@$(PIP) install -c constraints.txt -e .
	@touch $@

.venv/dev: .venv/created pyproject.toml constraints.txt
	@echo 'Installing chat-tui and its development tools …'
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch .venv/run $@

run: .venv/run
	@$(BIN)/chat-tui $(ARGS)

test: .venv/dev
	@$(BIN)/python -m pytest -n auto --dist loadscope $(ARGS)

check: .venv/dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_layering.py

format: .venv/dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/dev
	@$(BIN)/python -m chat_tui.cli.generate

screenshots: .venv/dev
	@$(BIN)/python -m tests.screenshots
	@$(BIN)/python -m tests.gallery

bench: .venv/dev
	@$(BIN)/python -m benchmarks $(ARGS)

clean:
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
