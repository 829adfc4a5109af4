# Second Look: `make run` and `make test` do all that they need on a bare machine with Python 3.11 and make.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := $(shell grep '^torch==' requirements.lock)
TORCH_FROM = $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL))
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
PYTEST_ARGS ?=
TEST_WORKERS ?= 2
export PIP_ROOT_USER_ACTION = ignore

.PHONY: run test lint bench bench-readme soak screenshots clean lock install install-test system browser

run: install system ## everything, at http://127.0.0.1:$PORT
	@exec $(BIN)/python manage.py up $(UP_ARGS)

test: install-test system browser ## lint, types, then the whole suite, in TEST_WORKERS processes
	@status=0; \
	$(MAKE) --no-print-directory lint || status=$$?; \
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile $(PYTEST_ARGS) || status=$$?; \
	exit $$status

lint: install ## ruff and mypy --strict
	@status=0; \
	$(BIN)/ruff check . || status=$$?; \
	$(BIN)/mypy --strict scoring console workers || status=$$?; \
	exit $$status

bench: install ## measure; BENCH="name ..." for some only
	@$(BIN)/python -m tests.bench $(BENCH)

bench-readme: install ## measure, keep the figures, and write all that are kept into the README; BENCH= as above
	@$(BIN)/python -m tests.bench $(BENCH) --save --readme

soak: install ## the long fault runs
	@$(BIN)/python -m pytest -m soak $(PYTEST_ARGS)

screenshots: install browser ## ADDRESS=, LOGIN= and PASSWORD= of a running installation; ADMIN= and ADMIN_PASSWORD= for the pages of admins
	@$(BIN)/python -m tests.e2e.screenshots --address "$(or $(ADDRESS),http://127.0.0.1:8000)" --user "$(or $(LOGIN),lena)" --password "$(PASSWORD)" \
	  --admin "$(or $(ADMIN),ada)" --admin-password "$(ADMIN_PASSWORD)" --out screenshots

# The environment. Both steps show pip's own progress; a second run finds the stamp and goes on at once.
install: $(STAMP)

$(STAMP): requirements.lock
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON to its path." >&2; exit 1; }
	@[ -x $(BIN)/python ] || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get -qq update && apt-get -qq install -y python3-venv >/dev/null && $(PYTHON) -m venv $(VENV); } \
	  || { echo "Python cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2; exit 1; }; }; }
	@echo "Installing packages (about 2 GB on disk; the first time takes some minutes) ..."
	@$(PIP) install --progress-bar on $(TORCH_FROM) "$(TORCH)"
	@$(PIP) install --progress-bar on -r requirements.lock
	@touch $@

# What only the tests need, and needs a compiler.
install-test: $(STAMP)-test

$(STAMP)-test: requirements-test.lock $(STAMP)
	@command -v c++ >/dev/null || $(call apt,g++ python3-dev) || echo "There is no C++ compiler (Debian: apt-get install g++ python3-dev)."
	@$(PIP) install --progress-bar on -r requirements-test.lock
	@touch $@

# Parts from the system: installed where we may (root on Debian), named in one line elsewhere.
system:
	@command -v tesseract >/dev/null || $(call apt,tesseract-ocr) || echo "Tesseract is not installed: text inside pictures and videos will not be read (Debian: apt-get install tesseract-ocr)."

browser:
	@command -v chromium >/dev/null || $(call apt,chromium) || echo "Chromium is not installed: the browser tests will fail and say so (Debian: apt-get install chromium)."

apt = { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing $(1) ..." && { apt-get -qq install -y --no-install-recommends $(1) >/dev/null 2>&1 \
	|| { apt-get -qq update && apt-get -qq install -y --no-install-recommends $(1) >/dev/null; } 2>/dev/null; }; }

lock: ## write requirements.lock from the environment as it is
	@{ head -n 1 requirements.lock; grep ' ; ' requirements.lock; $(PIP) freeze --all | grep -viE '^(pip|wheel|pdqhash)==' | sed -E 's/^(torch==[0-9.]+)\+.*$$/\1/'; } > requirements.lock.new && mv requirements.lock.new requirements.lock

clean: ## caches and the environment; the data in var/ stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis screenshots
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
